"""The database itself keeps the neighbours apart (A-01, A-04, A-09…A-11, A-14…A-16)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from tenancy import audit
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Job, TenantModel
from tests.conftest import BOLE, BORTALA, JINGHE, XINJIANG

pytestmark = pytest.mark.django_db

#: tables that are nobody's or belong to sign-in; every other table must be protected
OUTSIDE = {
    "tenancy_region": "the tree of places is public",
    "tenancy_regionname": "the tree of places is public",
    "tenancy_officer": "sign-in; a context reads four columns only",
    "tenancy_mailsetting": "sign-in; where a person wants mail is read by no context",
    "tenancy_mail": "sign-in; a person's digest, of all postings together",
    "django_session": "sign-in",
    "account_emailaddress": "sign-in",
    "account_emailconfirmation": "sign-in",
    "mfa_authenticator": "sign-in",
    "socialaccount_socialaccount": "sign-in",
    "socialaccount_socialapp": "sign-in",
    "socialaccount_socialtoken": "sign-in",
    "axes_accessattempt": "sign-in",
    "axes_accessattemptexpiration": "sign-in",
    "axes_accessfailurelog": "sign-in",
    "axes_accesslog": "sign-in",
    "auth_group": "unused table of a library, granted to nobody",
    "auth_group_permissions": "unused table of a library, granted to nobody",
    "auth_permission": "unused table of a library, granted to nobody",
    "pghistory_context": "the pieces of history without data of their own",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
}


def _tables() -> list[tuple[str, bool, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1"
        )
        return cursor.fetchall()


def test_every_table_is_protected_or_named_here_with_its_reason_a14_a15() -> None:
    naked = [name for name, enabled, forced in _tables() if not (enabled and forced) and name not in OUTSIDE]
    assert naked == []


def test_every_protected_table_has_a_scope_policy_in_the_indexable_form() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, qual FROM pg_policies WHERE policyname = 'scope'")
        scope = dict(cursor.fetchall())
    protected = [name for name, enabled, _forced in _tables() if enabled]
    assert protected
    for name in protected:
        assert name in scope, name
        assert "region_id" in scope[name]
        assert "app.lo" in scope[name]
        assert "app.hi" in scope[name]


def test_every_tenant_model_carries_the_region_itself() -> None:
    for model in apps.get_models():
        if issubclass(model, TenantModel):
            assert model._meta.get_field("region").column == "region_id"


def test_no_view_and_no_materialized_view_goes_round_the_policies_a14() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND relkind IN ('v', 'm') "
            "AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)"
        )
        assert cursor.fetchall() == []


#: asked without signing in: what somebody who has the secret of a receipt may know
FOR_ANYBODY = {"cultivation_objection_told"}


def test_definer_functions_pin_their_search_path_and_are_not_public_a14() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.proconfig, r.rolname, has_function_privilege('app_public', p.oid, 'EXECUTE') "
            "FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner "
            "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname = 'public'"
        )
        for name, config, owner, public in cursor.fetchall():
            assert any(c.startswith("search_path=") for c in config or []), name
            assert owner == "tidu_definer", name
            assert public == (name in FOR_ANYBODY), name


def _note(path: str) -> None:
    with nation():
        audit.record(by=system_actor(path), action="test", region=path)


def test_without_a_context_nothing_can_be_read_a01() -> None:
    _note(BOLE)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.count()


def test_a_county_sees_its_own_rows_and_no_neighbours_a02(county_bole: Actor) -> None:
    _note(BOLE)
    _note(JINGHE)
    with acting(county_bole):
        assert set(AuditEntry.objects.values_list("region_id", flat=True)) == {BOLE}


def test_a_prefecture_sees_every_county_below_and_none_beside_a03(prefecture_bortala: Actor) -> None:
    for path in (BOLE, JINGHE, "65/6501/650105/"):
        _note(path)
    with acting(prefecture_bortala):
        assert set(AuditEntry.objects.values_list("region_id", flat=True)) == {BOLE, JINGHE}


def test_writing_a_neighbours_row_is_refused_by_the_database_a13(county_bole: Actor) -> None:
    with acting(county_bole), pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.create(region_id=JINGHE, action="test")


def test_moving_a_row_to_a_neighbour_is_refused(county_bole: Actor) -> None:
    with acting(county_bole):
        job = Job.objects.create(region_id=BOLE, kind="x", role="county", scope=BOLE)
        with pytest.raises(DatabaseError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(region_id=JINGHE)


def test_a_nested_context_puts_the_outer_one_back(county_bole: Actor, county_jinghe: Actor) -> None:
    _note(BOLE)
    _note(JINGHE)
    with acting(county_bole):
        with acting(county_jinghe):
            assert set(AuditEntry.objects.values_list("region_id", flat=True)) == {JINGHE}
        assert set(AuditEntry.objects.values_list("region_id", flat=True)) == {BOLE}


def test_a_database_error_in_a_nested_context_surfaces_as_itself(county_bole: Actor) -> None:
    with acting(county_bole):
        with pytest.raises(DatabaseError, match="division by zero"), acting(county_bole):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        assert AuditEntry.objects.count() == 0


def test_after_an_error_inside_the_context_nothing_is_left_a10(county_bole: Actor) -> None:
    with pytest.raises(ZeroDivisionError), acting(county_bole):
        raise ZeroDivisionError
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('app.lo', true)")
        user, low = cursor.fetchone()
    assert user == "tidu_web"
    assert not low


def test_interleaved_contexts_never_show_a_foreign_row_a09_a11(
    county_bole: Actor, county_jinghe: Actor
) -> None:
    _note(BOLE)
    _note(JINGHE)
    for _round in range(200):
        for actor, path in ((county_bole, BOLE), (county_jinghe, JINGHE)):
            with acting(actor):
                assert set(AuditEntry.objects.values_list("region_id", flat=True)) == {path}


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE tenancy_job",
        "ALTER TABLE tenancy_job DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE loot (id int)",
        "DROP POLICY scope ON tenancy_job",
        "UPDATE tenancy_auditentry SET action = 'x'",
        "DELETE FROM tenancy_auditentry",
        "SELECT password FROM tenancy_officer",
        "SELECT * FROM django_session",
        "INSERT INTO tenancy_region (path, code, name, full_name, kind, is_tenant, source) "
        "VALUES ('x/', 'x', 'x', 'x', 'county', false, '')",
    ],
)
def test_the_role_of_an_office_cannot_go_beyond_rows_a16(county_bole: Actor, statement: str) -> None:
    with (
        acting(county_bole),
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_switching_row_security_off_is_an_error_and_not_a_view_of_all_a16(county_bole: Actor) -> None:
    with (
        acting(county_bole),
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL row_security = off")
        cursor.execute("SELECT * FROM tenancy_job")


def test_the_web_login_is_a_member_of_no_role_wider_than_an_office_a16() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role('tidu_web', r, 'MEMBER') FROM unnest(ARRAY['app_nation', 'tidu_owner', 'tidu_definer', "
            "'tidu_worker']) AS r"
        )
        assert [row[0] for row in cursor.fetchall()] == [False] * 4
        cursor.execute("SELECT rolsuper, rolbypassrls, rolinherit FROM pg_roles WHERE rolname = 'tidu_web'")
        assert cursor.fetchone() == (False, False, False)


def test_region_totals_are_the_sum_of_the_counties_a05(region_xinjiang: Actor) -> None:
    for path in (BOLE, BOLE, JINGHE, BORTALA, XINJIANG):
        _note(path)
    with acting(region_xinjiang):
        assert AuditEntry.objects.filter(action="test").count() == 5


#: written by one database function alone, which takes the region from the pool itself (docs/decisions/0018)
BY_FUNCTION = {"subsidies_entry.pool_id", "subsidies_entry.reverses_id"}


def test_foreign_keys_between_tenant_tables_carry_the_tenant_a13() -> None:
    # A batch of a prefecture lies above the county rows that came out of it, so those keep a plain id.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, a.attname FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) "
            "WHERE c.contype = 'f' AND cardinality(c.conkey) = 2"
        )
        carried = set(cursor.fetchall())
        cursor.execute(
            "SELECT tgrelid::regclass::text, regexp_replace(tgname, '^(same_region|region_above)_|_of_all$', '', 'g') "
            "FROM pg_trigger WHERE tgname ~ '^(same_region|region_above)_'"
        )
        carried |= set(cursor.fetchall())
    naked = [
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for field in model._meta.fields
        if field.many_to_one and issubclass(field.related_model, TenantModel)
        if (model._meta.db_table, field.column) not in carried
    ]
    assert set(naked) == BY_FUNCTION
    with connection.cursor() as cursor:
        for role in ("app_office", "app_nation", "app_enterprise"):
            cursor.execute("SELECT has_table_privilege(%s, 'subsidies_entry', 'INSERT')", [role])
            assert cursor.fetchone() == (False,)
