from storage import migrations


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateTable(
            "product-listing",
            hash_key=migrations.Key("facet"),
            range_key=migrations.Key("name_key"),
            indexes=(
                migrations.LocalIndex(
                    "newest-index",
                    hash_key=migrations.Key("facet"),
                    range_key=migrations.Key("newest_key"),
                ),
                migrations.LocalIndex(
                    "price-index",
                    hash_key=migrations.Key("facet"),
                    range_key=migrations.Key("price_key"),
                ),
            ),
            kinds={
                "ListingItem": migrations.Kind(
                    {
                        "facet": migrations.Attribute("S"),
                        "name_key": migrations.Attribute("S"),
                        "price_key": migrations.Attribute("S", null=True),
                        "newest_key": migrations.Attribute("S", null=True),
                        "card": migrations.Attribute("S", null=True),
                        "text": migrations.Attribute("S", null=True),
                        "label": migrations.Attribute("S", null=True),
                        "children": migrations.Attribute("SS", null=True),
                    },
                ),
            },
        ),
        migrations.CreateTable(
            "products",
            hash_key=migrations.Key("id"),
            indexes=(migrations.GlobalIndex("sku_gsi", hash_key=migrations.Key("sku")),),
            kinds={
                "ProductItem": migrations.Kind(
                    {
                        "id": migrations.Attribute("S"),
                        "org_id": migrations.Attribute("S"),
                        "sku": migrations.Attribute("S"),
                        "name": migrations.Attribute("S"),
                        "description": migrations.Attribute("S", null=True),
                        "brand": migrations.Attribute("S", null=True),
                        "price": migrations.Attribute("N"),
                        "currency": migrations.Attribute("S"),
                        "category": migrations.Attribute("L", null=True),
                        "image_url": migrations.Attribute("S", null=True),
                        "gtin": migrations.Attribute("S", null=True),
                        "stock": migrations.Attribute("S"),
                        "status": migrations.Attribute("S"),
                        "created_at": migrations.Attribute("S"),
                        "updated_at": migrations.Attribute("S"),
                        "published_at": migrations.Attribute("S", null=True),
                        "version": migrations.Attribute("N", null=True, version=True),
                    },
                ),
                "SkuMarker": migrations.Kind(
                    {"id": migrations.Attribute("S"), "product_id": migrations.Attribute("S")},
                    prefix="sku#",
                ),
            },
        ),
    ]
