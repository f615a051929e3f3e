from django.db import migrations

_CHECK = """
CREATE FUNCTION enterprises_region_exists() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT NEW.region_id INTO missing
     WHERE NOT EXISTS (SELECT FROM tenancy_region r WHERE r.path = NEW.region_id);
  ELSE
    SELECT n.region_id INTO missing FROM (SELECT DISTINCT region_id FROM new_rows) n
     WHERE NOT EXISTS (SELECT FROM tenancy_region r WHERE r.path = n.region_id) LIMIT 1;
  END IF;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'there is no region %', missing USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER region_exists AFTER INSERT ON enterprises_enterprise
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION enterprises_region_exists();
CREATE TRIGGER new_region_exists BEFORE UPDATE OF region_id ON enterprises_enterprise
  FOR EACH ROW WHEN (NEW.region_id <> OLD.region_id) EXECUTE FUNCTION enterprises_region_exists()
"""

_DROP_KEYS = """
DO $$ DECLARE found text; BEGIN
  FOR found IN SELECT conname FROM pg_constraint
                WHERE conrelid = 'enterprises_enterprise'::regclass AND contype = 'f'
                  AND confrelid = 'tenancy_region'::regclass LOOP
    EXECUTE format('ALTER TABLE enterprises_enterprise DROP CONSTRAINT %I', found);
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    """An enterprise's region is looked up once for each statement, not once for each of fifty thousand rows at
    the commit. Regions stay for good (tenancy 0003), so nothing has to guard the other side."""

    dependencies = [("enterprises", "0004_fewer_indexes"), ("tenancy", "0003_regions_for_good")]

    operations = [
        migrations.RunSQL(_CHECK, migrations.RunSQL.noop),
        migrations.RunSQL(_DROP_KEYS, migrations.RunSQL.noop),
    ]
