from django.db import migrations


class Migration(migrations.Migration):
    """A region's path is a permanent label, so no region goes and none is renamed; `valid_until` ends one."""

    dependencies = [("tenancy", "0002_sign_in")]

    operations = [
        migrations.RunSQL(
            [
                "CREATE TRIGGER refuse_change BEFORE DELETE ON tenancy_region "
                "FOR EACH ROW EXECUTE FUNCTION tidu_refuse_change()",
                "CREATE TRIGGER refuse_new_path BEFORE UPDATE OF path ON tenancy_region "
                "FOR EACH ROW WHEN (NEW.path <> OLD.path) EXECUTE FUNCTION tidu_refuse_change()",
                "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tenancy_region "
                "FOR EACH STATEMENT EXECUTE FUNCTION tidu_refuse_change()",
            ],
            migrations.RunSQL.noop,
        ),
    ]
