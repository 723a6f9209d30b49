from storage import migrations


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateTable(
            "audit",
            hash_key=migrations.Key("subject"),
            range_key=migrations.Key("at"),
            indexes=(
                migrations.GlobalIndex(
                    "actor-index",
                    hash_key=migrations.Key("actor_id"),
                    range_key=migrations.Key("at"),
                ),
            ),
            kinds={
                "AuditItem": migrations.Kind(
                    {
                        "subject": migrations.Attribute("S"),
                        "at": migrations.Attribute("S"),
                        "actor_id": migrations.Attribute("S"),
                        "actor_name": migrations.Attribute("S", null=True),
                        "action": migrations.Attribute("S"),
                        "changes": migrations.Attribute("S", null=True),
                    },
                ),
            },
        ),
        migrations.CreateTable(
            "ephemeral",
            hash_key=migrations.Key("key"),
            kinds={
                "EphemeralItem": migrations.Kind(
                    {
                        "key": migrations.Attribute("S"),
                        "expires_at": migrations.Attribute("N"),
                        "attempts": migrations.Attribute("N", null=True),
                        "revision": migrations.Attribute("N", null=True),
                        "document": migrations.Attribute("S", null=True),
                        "content": migrations.Attribute("B", null=True),
                    },
                ),
            },
            expires_by="expires_at",
        ),
        migrations.CreateTable(
            "migrations",
            hash_key=migrations.Key("app"),
            range_key=migrations.Key("name"),
            kinds={
                "MigrationItem": migrations.Kind(
                    {
                        "app": migrations.Attribute("S"),
                        "name": migrations.Attribute("S"),
                        "at": migrations.Attribute("S", null=True),
                        "by": migrations.Attribute("S", null=True),
                        "checksum": migrations.Attribute("S", null=True),
                        "summary": migrations.Attribute("S", null=True),
                        "token": migrations.Attribute("S", null=True),
                        "expires_at": migrations.Attribute("N", null=True),
                        "position": migrations.Attribute("S", null=True),
                        "done": migrations.Attribute("BOOL", null=True),
                    },
                ),
            },
        ),
    ]
