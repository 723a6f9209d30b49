from storage import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "timeZone",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "theme",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "sessions",
            "SessionItem",
            "user",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "sessions",
            "SessionItem",
            "created_at",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "sessions",
            "SessionItem",
            "last_seen",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "sessions",
            "SessionItem",
            "device",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "sessions",
            "SessionItem",
            "public_id",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddIndex(
            "sessions",
            migrations.GlobalIndex(
                "user-index",
                hash_key=migrations.Key("user"),
                range_key=migrations.Key("created_at", "N"),
                projection="KEYS_ONLY",
            ),
        ),
    ]
