from storage import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AddAttribute(
            "products",
            "ProductItem",
            "withheld",
            migrations.Attribute("S", null=True),
        ),
    ]
