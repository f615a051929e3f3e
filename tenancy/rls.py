"""Row-level security as migration operations, so that a table and its protection are born together.

The range form of the policy, and a role of its own for the widest level, keep the indexes usable
(see docs/decisions/0002-row-level-security.md). Every path ends with '/', so `path~` is the upper end
of everything below `path`.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import RunSQL

OFFICE, ENTERPRISE, PUBLIC, NATION = "app_office", "app_enterprise", "app_public", "app_nation"
OWNER, DEFINER, WEB, WORKER = "tidu_owner", "tidu_definer", "tidu_web", "tidu_worker"

_IN_SCOPE = "region_id >= current_setting('app.lo', true) AND region_id < current_setting('app.hi', true)"
_OWN = "(SELECT nullif(current_setting('app.enterprise', true), '')::bigint)"
_ANCESTOR = "region_id = ANY (string_to_array(current_setting('app.ancestors', true), ','))"

REFUSE_CHANGE = """
CREATE FUNCTION tidu_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""

#: for what is append-only and belongs to a file that moves along with its enterprise
ONLY_MOVE = """
CREATE FUNCTION tidu_only_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'region_id' = to_jsonb(OLD) - 'region_id' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""


class Protect(RunSQL):
    """ENABLE and FORCE row-level security on a tenant table, with policies and grants.

    `enterprise_column` names the column that an enterprise's own user is compared with (read only).
    `append_only` grants no UPDATE or DELETE and lets a trigger refuse them, also to the owner; with `moves`
    a foreign key may still carry the row to another region (`ONLY_MOVE` makes its function).
    `published` lets regions below read the rows of an ancestor.
    `definer` lets the SECURITY DEFINER functions of `tidu_definer` read the table.
    `sign_in` lets the bare logins read the table before there is a context.
    `public` names the columns that anybody may read, also without signing in.
    """

    def __init__(
        self,
        table: str,
        *,
        enterprise_column: str | None = None,
        append_only: bool = False,
        moves: bool = False,
        published: bool = False,
        definer: bool = False,
        sign_in: bool = False,
        public: str = "",
    ) -> None:
        verbs = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
        sql: list[Any] = [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"REVOKE ALL ON {table} FROM PUBLIC",
            f"GRANT {verbs} ON {table} TO {OFFICE}, {NATION}",
            f"CREATE POLICY scope ON {table} TO {OFFICE} USING ({_IN_SCOPE}) WITH CHECK ({_IN_SCOPE})",
            f"CREATE POLICY whole ON {table} TO {NATION} USING (true) WITH CHECK (true)",
            f"CREATE POLICY migrate ON {table} TO {OWNER} USING (true) WITH CHECK (true)",
        ]
        if enterprise_column:
            sql += [
                f"GRANT SELECT ON {table} TO {ENTERPRISE}",
                f"CREATE POLICY own ON {table} FOR SELECT TO {ENTERPRISE} USING ({enterprise_column} = {_OWN})",
            ]
        if published:
            sql.append(f"CREATE POLICY published ON {table} FOR SELECT TO {OFFICE} USING ({_ANCESTOR})")
        if definer:
            sql += [
                f"GRANT SELECT ON {table} TO {DEFINER}",
                f"CREATE POLICY definer ON {table} FOR SELECT TO {DEFINER} USING (true)",
            ]
        if sign_in:
            sql += [
                f"GRANT SELECT ON {table} TO {WEB}, {WORKER}",
                f"CREATE POLICY sign_in ON {table} FOR SELECT TO {WEB}, {WORKER} USING (true)",
            ]
        if public:
            sql += [
                f"GRANT SELECT ({public}) ON {table} TO {PUBLIC}",
                f"CREATE POLICY public ON {table} FOR SELECT TO {PUBLIC} USING (true)",
            ]
        if append_only:
            sql += [
                f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {'tidu_only_move' if moves else 'tidu_refuse_change'}()",
                f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION tidu_refuse_change()",
            ]
        self.table = table
        super().__init__(sql, reverse_sql=RunSQL.noop)


class Reference(RunSQL):
    """A table that is no tenant's: everybody reads it, only the owner writes it."""

    def __init__(self, *tables: str) -> None:
        readers = ", ".join((OFFICE, ENTERPRISE, PUBLIC, NATION, WEB, WORKER, DEFINER))
        super().__init__(
            [f"GRANT SELECT ON {table} TO {readers}" for table in tables], reverse_sql=RunSQL.noop
        )


class SignIn(RunSQL):
    """A table of sign-in (sessions, second factors, …): for the bare logins, no context can read it."""

    def __init__(self, *tables: str) -> None:
        super().__init__(
            [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {WEB}, {WORKER}" for table in tables],
            reverse_sql=RunSQL.noop,
        )


class TenantForeignKey(RunSQL):
    """A foreign key that carries the tenant: (child.column, child.region_id) → (parent.id, parent.region_id).

    `follow` moves the child along when the parent moves to another region (its file); without it the
    child stays where the act was done, and the pair is checked by a trigger at the insert only. With `above`
    the parent lies in the child's region or in one above it (and is `published` there).
    """

    def __init__(
        self, table: str, column: str, parent: str, *, follow: bool = True, above: bool = False
    ) -> None:
        name = f"{table}_{column}_tenant"
        sql: list[Any]
        if above:
            sql = [
                # Names of tables and columns out of our own migrations.
                f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF NEW.{column} IS NOT NULL AND NOT EXISTS
                     (SELECT 1 FROM {parent} p
                       WHERE p.id = NEW.{column} AND starts_with(NEW.region_id, p.region_id)) THEN
                    RAISE EXCEPTION '{table}: not below its {parent}' USING ERRCODE = 'foreign_key_violation';
                  END IF;
                  RETURN NEW;
                END $$""",  # noqa: S608
                f"CREATE TRIGGER region_above_{column} BEFORE INSERT OR UPDATE OF {column} ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}()",
            ]
        elif follow:
            sql = [
                f"CREATE UNIQUE INDEX IF NOT EXISTS {parent}_id_region ON {parent} (id, region_id)",
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, region_id) "
                f"REFERENCES {parent} (id, region_id) ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE",
            ]
        else:
            sql = [
                # Names of tables and columns out of our own migrations.
                f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF NEW.{column} IS NOT NULL AND NOT EXISTS
                     (SELECT 1 FROM {parent} p WHERE p.id = NEW.{column} AND p.region_id = NEW.region_id) THEN
                    RAISE EXCEPTION '{table}: row of another region' USING ERRCODE = 'foreign_key_violation';
                  END IF;
                  RETURN NEW;
                END $$""",  # noqa: S608
                f"CREATE TRIGGER same_region_{column} BEFORE INSERT ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}()",
            ]
        super().__init__(sql, reverse_sql=RunSQL.noop)


class TenantKeyOfStatement(RunSQL):
    """What TenantForeignKey promises, proven once for each INSERT instead of once for each of its rows.

    For tables that a run fills with a hundred thousand rows; it takes the place of the key made before. With
    `follow` a parent's move to another region carries its children along and a parent with children is not
    deleted. The proof locks the parents as a foreign key does (FOR KEY SHARE), so a move or deletion at the
    same time waits for it, or it waits for them and then fails. In READ COMMITTED, as all writing here.
    """

    def __init__(self, table: str, column: str, parent: str, *, follow: bool = True) -> None:
        name, moved = f"{table}_{column}_by_statement", f"{table}_{column}_follows"
        lock = "FOR KEY SHARE OF p" if follow else ""
        old = f"{table}_{column}_tenant"
        # Names of tables and columns out of our own migrations.
        sql: list[Any] = [
            f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE strays bigint;
            BEGIN
              IF TG_OP = 'UPDATE' THEN
                PERFORM FROM {parent} p WHERE p.id = NEW.{column} AND p.region_id = NEW.region_id {lock};
                strays := CASE WHEN FOUND OR NEW.{column} IS NULL THEN 0 ELSE 1 END;
              ELSE
                WITH wanted AS (
                  SELECT DISTINCT {column} AS id, region_id FROM new_rows WHERE {column} IS NOT NULL
                ), found AS (
                  SELECT p.id FROM {parent} p JOIN wanted w ON w.id = p.id AND w.region_id = p.region_id {lock}
                )
                SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM found) INTO strays;
              END IF;
              IF strays <> 0 THEN
                RAISE EXCEPTION '{table}: row of another region' USING ERRCODE = 'foreign_key_violation';
              END IF;
              RETURN NULL;
            END $$""",  # noqa: S608
            f"CREATE TRIGGER same_region_{column}_of_all AFTER INSERT ON {table} "
            f"REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ]
        if follow:
            sql += [
                f"ALTER TABLE {table} DROP CONSTRAINT {old}",
                f"CREATE TRIGGER same_region_{column}_still AFTER UPDATE OF {column}, region_id ON {table} "
                f"FOR EACH ROW WHEN (NEW.{column} IS DISTINCT FROM OLD.{column} OR NEW.region_id <> OLD.region_id) "
                f"EXECUTE FUNCTION {name}()",
                f"""CREATE FUNCTION {moved}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF TG_OP = 'UPDATE' THEN
                    UPDATE {table} SET {column} = NEW.id, region_id = NEW.region_id WHERE {column} = OLD.id;
                  ELSIF EXISTS (SELECT FROM {table} c WHERE c.{column} = OLD.id) THEN
                    RAISE EXCEPTION '{parent}: {table} still has rows of it'
                      USING ERRCODE = 'foreign_key_violation';
                  END IF;
                  RETURN NULL;
                END $$""",  # noqa: S608
                f"CREATE TRIGGER {moved} AFTER UPDATE OF id, region_id ON {parent} FOR EACH ROW "
                f"WHEN (NEW.id <> OLD.id OR NEW.region_id <> OLD.region_id) EXECUTE FUNCTION {moved}()",
                f"CREATE TRIGGER {moved}_deleted AFTER DELETE ON {parent} FOR EACH ROW EXECUTE FUNCTION {moved}()",
            ]
        else:
            sql += [f"DROP TRIGGER same_region_{column} ON {table}", f"DROP FUNCTION {old}()"]
        super().__init__(sql, reverse_sql=RunSQL.noop)


class DefinerFunction(RunSQL):
    """A SECURITY DEFINER function of `tidu_definer`, for questions that must see past the policies.

    `signature` is `name(argument types)`; `body` the full CREATE FUNCTION statement with
    `SECURITY DEFINER SET search_path = pg_catalog, public`. EXECUTE is granted by name.
    """

    def __init__(self, signature: str, body: str, *, to: tuple[str, ...] = (OFFICE, NATION)) -> None:
        super().__init__(
            [
                body,
                # Rights first: once it is given away, the migrating owner can no longer take any back.
                f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION {signature} TO {', '.join(to)}",
                f"ALTER FUNCTION {signature} OWNER TO {DEFINER}",
            ],
            reverse_sql=RunSQL.noop,
        )
