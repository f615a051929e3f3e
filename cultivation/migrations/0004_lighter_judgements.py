from django.db import migrations


class Migration(migrations.Migration):
    """An evaluation's and a look's enterprise is checked together with its region, which the enterprise's own
    key proves to exist: a second proof for each row waits for the commit of every run."""

    dependencies = [("cultivation", "0003_applications")]

    operations = [
        migrations.RunSQL(
            """
            DO $$ DECLARE child text; found text; BEGIN
              FOREACH child IN ARRAY ARRAY['cultivation_evaluation', 'cultivation_lastjudged'] LOOP
                FOR found IN SELECT conname FROM pg_constraint
                              WHERE conrelid = child::regclass AND contype = 'f'
                                AND confrelid = 'tenancy_region'::regclass LOOP
                  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', child, found);
                END LOOP;
              END LOOP;
            END $$
            """,
            migrations.RunSQL.noop,
        ),
    ]
