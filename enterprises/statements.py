"""The statements that apply the staging tables of an import (`enterprises.staging`) to the registry.

They are put together from the field vocabulary alone, never from what a file says; values travel as
parameters or through COPY.
"""
# ruff: noqa: S608

from __future__ import annotations

from enterprises.rules.fields import ENTERPRISE_FIELDS, FIGURE_FIELDS

_ENTERPRISE = tuple(f.code for f in ENTERPRISE_FIELDS if f.code != "name")
_FIGURES = tuple(f.code for f in FIGURE_FIELDS)
_KEYS = ("name", "name_key", "pinyin", "initials")

_LIST = ", ".join(_ENTERPRISE)
_STAGED = ", ".join(f"i.{code}" for code in _ENTERPRISE)

INSERT_NEW = f"""
WITH new AS (
  INSERT INTO enterprises_enterprise (
    public_id, uscc, region_id, name, name_key, pinyin, initials, {_LIST}, established_month_only, state,
    import_batch_id, source_file, source_sheet, source_row,
    created_at, created_by_id, updated_at, updated_by_id, version)
  SELECT left(replace(gen_random_uuid()::text, '-', ''), 26), i.uscc, coalesce(i.region_id, %(region)s),
    i.name, i.name_key, i.pinyin, i.initials, {_STAGED}, coalesce(i.established_month_only, false), 'active',
    %(batch)s, %(file)s, i.source_sheet, i.source_row, now(), %(by)s, now(), %(by)s, 1
  FROM in_enterprise i
  WHERE NOT EXISTS (SELECT FROM in_match m WHERE m.n = i.n)
  ORDER BY i.n
  ON CONFLICT (uscc) DO NOTHING
  RETURNING id, uscc, region_id)
INSERT INTO in_match (n, id, region_id, created)
SELECT i.n, new.id, new.region_id, true FROM new JOIN in_enterprise i USING (uscc)
"""

LOCK_EXISTING = """
INSERT INTO in_match (n, id, region_id, created)
SELECT i.n, e.id, e.region_id, false
FROM in_enterprise i JOIN enterprises_enterprise e ON e.uscc = i.uscc
WHERE NOT EXISTS (SELECT FROM in_match m WHERE m.n = i.n)
ORDER BY e.id FOR UPDATE OF e
"""

_FORMER = (
    "EXISTS (SELECT FROM enterprises_namehistory h WHERE h.enterprise_id = e.id AND h.name_key = i.name_key)"
)
_RENAMED = f"(i.name_key <> e.name_key AND NOT {_FORMER})"

FINDINGS = (
    (
        "region_differs",
        """
        SELECT m.n, jsonb_build_object('registered', r.name)
        FROM in_match m JOIN in_enterprise i USING (n) JOIN tenancy_region r ON r.path = m.region_id
        WHERE NOT m.created AND i.region_id IS NOT NULL AND i.region_id <> m.region_id ORDER BY m.n
        """,
    ),
    (
        "former_name",
        f"""
        SELECT m.n, jsonb_build_object('name', e.name)
        FROM in_match m JOIN in_enterprise i USING (n) JOIN enterprises_enterprise e ON e.id = m.id
        WHERE NOT m.created AND i.name_key <> e.name_key AND {_FORMER} ORDER BY m.n
        """,
    ),
    (
        "enterprise_closed",
        """
        SELECT m.n, jsonb_build_object('state', e.state)
        FROM in_match m JOIN enterprises_enterprise e ON e.id = m.id
        WHERE NOT m.created AND e.state <> 'active' ORDER BY m.n
        """,
    ),
    (
        "name_registered",
        """
        SELECT m.n, jsonb_build_object('uscc', min(e.uscc))
        FROM in_match m JOIN in_enterprise i USING (n)
        JOIN enterprises_enterprise e ON e.name_key = i.name_key AND e.id <> m.id
        WHERE m.created GROUP BY m.n ORDER BY m.n
        """,
    ),
)

KEEP_OLD_NAMES = f"""
INSERT INTO enterprises_namehistory
  (enterprise_id, region_id, name, name_key, initials, until_on, recorded_at, recorded_by_id)
SELECT e.id, e.region_id, e.name, e.name_key, e.initials, current_date, now(), %(by)s
FROM in_match m JOIN in_enterprise i USING (n) JOIN enterprises_enterprise e ON e.id = m.id
WHERE NOT m.created AND {_RENAMED}
ON CONFLICT (enterprise_id, name) DO NOTHING
"""


def _row(alias: str, codes: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{code}" for code in codes)


def _merged(codes: tuple[str, ...], old: str, new: str) -> str:
    """What each fact becomes: 清除 erases, an empty cell keeps, a value replaces."""
    return ", ".join(
        f"CASE WHEN '{code}' = ANY ({new}.clears) THEN NULL "
        f"ELSE coalesce({new}.{code}, {old}.{code}) END AS {code}"
        for code in codes
    )


_PLAIN = tuple(code for code in _ENTERPRISE if code != "established_on")
#: a month alone does not blur the day that is already known
_SAME_MONTH = (
    "(coalesce(i.established_month_only, false) AND "
    "date_trunc('month', e.established_on)::date = i.established_on)"
)
_ALL = (*_KEYS, *_PLAIN, "established_on", "established_month_only")

UPDATE_EXISTING = f"""
WITH wanted AS (
  SELECT m.n, m.id, i.source_sheet, i.source_row,
    {", ".join(f"CASE WHEN {_RENAMED} THEN i.{key} ELSE e.{key} END AS {key}" for key in _KEYS)},
    {_merged(_PLAIN, "e", "i")},
    CASE WHEN 'established_on' = ANY (i.clears) THEN NULL WHEN {_SAME_MONTH} THEN e.established_on
         ELSE coalesce(i.established_on, e.established_on) END AS established_on,
    CASE WHEN 'established_on' = ANY (i.clears) THEN false
         WHEN i.established_on IS NULL OR {_SAME_MONTH} THEN e.established_month_only
         ELSE coalesce(i.established_month_only, false) END AS established_month_only
  FROM in_match m JOIN in_enterprise i USING (n) JOIN enterprises_enterprise e ON e.id = m.id
  WHERE NOT m.created),
changed AS (
  UPDATE enterprises_enterprise e SET
    {", ".join(f"{code} = w.{code}" for code in _ALL)},
    import_batch_id = %(batch)s, source_file = %(file)s, source_sheet = w.source_sheet,
    source_row = w.source_row, updated_at = now(), updated_by_id = %(by)s, version = e.version + 1
  FROM wanted w
  WHERE e.id = w.id
    AND ({_row("e", _ALL)}) IS DISTINCT FROM ({_row("w", _ALL)})
  RETURNING w.n)
UPDATE in_match SET changed = true WHERE n IN (SELECT n FROM changed)
"""

UPDATE_FIGURES = f"""
WITH wanted AS (
  SELECT m.n, f.id, i.source_sheet, i.source_row, {_merged(_FIGURES, "f", "g")}
  FROM in_match m JOIN in_enterprise i USING (n) JOIN in_figures g USING (n)
  JOIN enterprises_annualfigures f ON f.enterprise_id = m.id AND f.year = g.year
  WHERE NOT m.created),
changed AS (
  UPDATE enterprises_annualfigures f SET
    {", ".join(f"{code} = w.{code}" for code in _FIGURES)},
    import_batch_id = %(batch)s, source_file = %(file)s, source_sheet = w.source_sheet,
    source_row = w.source_row, updated_at = now(), updated_by_id = %(by)s, version = f.version + 1
  FROM wanted w
  WHERE f.id = w.id
    AND ({_row("f", _FIGURES)}) IS DISTINCT FROM ({_row("w", _FIGURES)})
  RETURNING w.n)
UPDATE in_match SET changed = true WHERE n IN (SELECT n FROM changed)
"""

INSERT_FIGURES = f"""
WITH added AS (
  INSERT INTO enterprises_annualfigures
    (enterprise_id, region_id, year, {", ".join(_FIGURES)}, import_batch_id, source_file, source_sheet,
     source_row, created_at, updated_at, updated_by_id, version)
  SELECT m.id, m.region_id, g.year, {", ".join(f"g.{code}" for code in _FIGURES)}, %(batch)s, %(file)s,
    i.source_sheet, i.source_row, now(), now(), %(by)s, 1
  FROM in_match m JOIN in_enterprise i USING (n) JOIN in_figures g USING (n)
  WHERE num_nonnulls({", ".join(f"g.{code}" for code in _FIGURES)}) > 0
  ORDER BY g.n, g.year
  ON CONFLICT (enterprise_id, year) DO NOTHING
  RETURNING enterprise_id)
UPDATE in_match SET changed = true WHERE id IN (SELECT enterprise_id FROM added)
"""
