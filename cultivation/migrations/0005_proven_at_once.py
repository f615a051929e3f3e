from django.db import migrations, models

from tenancy.rls import TenantKeyOfStatement

_EDITIONS = """
CREATE FUNCTION cultivation_edition_exists() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT edition_id FROM new_rows) n
              WHERE NOT EXISTS (SELECT FROM cultivation_edition e WHERE e.id = n.edition_id)) THEN
    RAISE EXCEPTION 'there is no such edition' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER edition_exists AFTER INSERT ON cultivation_evaluation
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION cultivation_edition_exists();
CREATE TRIGGER refuse_removal BEFORE DELETE OR UPDATE OF id ON cultivation_edition
  FOR EACH ROW EXECUTE FUNCTION tidu_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON cultivation_edition
  FOR EACH STATEMENT EXECUTE FUNCTION tidu_refuse_change()
"""


class Migration(migrations.Migration):
    """The enterprise, region and edition of judgements are proven once for each statement of a run. Editions stay
    for good, so nothing has to guard their side."""

    dependencies = [("cultivation", "0004_lighter_judgements"), ("enterprises", "0007_figures_of_a_statement")]

    operations = [
        TenantKeyOfStatement("cultivation_evaluation", "enterprise_id", "enterprises_enterprise", follow=False),
        TenantKeyOfStatement("cultivation_lastjudged", "enterprise_id", "enterprises_enterprise"),
        migrations.RunSQL(_EDITIONS, migrations.RunSQL.noop),
        migrations.AlterField(
            "evaluation",
            "edition",
            models.ForeignKey(
                "cultivation.edition", models.PROTECT, related_name="+", db_index=False, db_constraint=False
            ),
        ),
    ]
