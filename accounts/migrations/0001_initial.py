from storage import migrations


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateTable(
            "accounts",
            hash_key=migrations.Key("hashKey"),
            range_key=migrations.Key("rangeKey"),
            indexes=(
                migrations.GlobalIndex(
                    "itemTypeIdIndex",
                    hash_key=migrations.Key("itemType"),
                    range_key=migrations.Key("id"),
                ),
            ),
            kinds={
                "AccountItem": migrations.Kind(
                    {
                        "hashKey": migrations.Attribute("S"),
                        "rangeKey": migrations.Attribute("S"),
                        "itemType": migrations.Attribute("S", null=True),
                        "id": migrations.Attribute("S", null=True),
                        "orgId": migrations.Attribute("S", null=True),
                        "orgName": migrations.Attribute("S", null=True),
                        "userId": migrations.Attribute("S", null=True),
                        "username": migrations.Attribute("S", null=True),
                        "email": migrations.Attribute("S", null=True),
                        "password": migrations.Attribute("S", null=True),
                        "credentialStamp": migrations.Attribute("S", null=True),
                        "roles": migrations.Attribute("SS", null=True),
                        "language": migrations.Attribute("S", null=True),
                        "createdAt": migrations.Attribute("N", null=True),
                        "updatedAt": migrations.Attribute("N", null=True),
                        "deletedAt": migrations.Attribute("N", null=True),
                        "version": migrations.Attribute("N", null=True, version=True),
                    },
                ),
            },
        ),
        migrations.CreateTable(
            "sessions",
            hash_key=migrations.Key("session_key"),
            kinds={
                "SessionItem": migrations.Kind(
                    {
                        "session_key": migrations.Attribute("S"),
                        "session_data": migrations.Attribute("S"),
                        "expires_at": migrations.Attribute("N"),
                    },
                ),
            },
            expires_by="expires_at",
        ),
    ]
