from storage import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_profile_and_own_sessions")]

    operations = [
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "storeIds",
            migrations.Attribute("SS", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "deactivatedAt",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "tokensEndedAt",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "removedWith",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "lastLoginAt",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "secondFactorRequired",
            migrations.Attribute("BOOL", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "secondFactorSince",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "totpSecret",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "totpStep",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "recoveryCodes",
            migrations.Attribute("SS", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "roleId",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "storeId",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "tokenId",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "invitationId",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "name",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "description",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "permissions",
            migrations.Attribute("SS", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "number",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "address",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "openingHours",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "active",
            migrations.Attribute("BOOL", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "digest",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "invitedBy",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "expiresAt",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "lastUsedAt",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "tokenCount",
            migrations.Attribute("N", null=True),
        ),
        migrations.AddAttribute(
            "accounts",
            "AccountItem",
            "job",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "sessions",
            "SessionItem",
            "refresh_digest",
            migrations.Attribute("S", null=True),
        ),
        migrations.AddAttribute(
            "sessions",
            "SessionItem",
            "credential_digest",
            migrations.Attribute("S", null=True),
        ),
    ]
