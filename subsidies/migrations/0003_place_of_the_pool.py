from django.db import migrations


class Migration(migrations.Migration):
    """An entry's place is its pool's, which is a known one: it need not be looked up, and its row locked, for each entry."""

    dependencies = [("subsidies", "0002_ledger")]

    operations = [
        migrations.RunSQL(
            """
            DO $$ DECLARE c text; BEGIN
              FOR c IN SELECT conname FROM pg_constraint
                        WHERE conrelid = 'subsidies_entry'::regclass AND contype = 'f'
              LOOP EXECUTE format('ALTER TABLE subsidies_entry DROP CONSTRAINT %I', c); END LOOP;
            END $$
            """,
            migrations.RunSQL.noop,
        ),
    ]
