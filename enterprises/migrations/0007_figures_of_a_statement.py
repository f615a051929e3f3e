from django.db import migrations

from tenancy.rls import TenantKeyOfStatement


class Migration(migrations.Migration):
    """The figures' enterprise and region are proven once for each statement of an import."""

    dependencies = [("enterprises", "0006_newest_behind")]

    operations = [
        TenantKeyOfStatement("enterprises_annualfigures", "enterprise_id", "enterprises_enterprise")
    ]
