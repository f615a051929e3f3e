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
  SELECT i.public_id, i.uscc, coalesce(i.region_id, %(region)s),
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

#: the two sides of a question, as the page shows them next to each other
_SIDES = """jsonb_build_object(
    'uscc', e.uscc, 'name', e.name, 'id', e.public_id, 'state', e.state, 'place', r.name,
    'legal_representative', e.legal_representative, 'established_on', e.established_on,
    'own', jsonb_build_object('uscc', i.uscc, 'name', i.name, 'place', own.name,
      'legal_representative', i.legal_representative, 'established_on', i.established_on))"""
_BOTH = (
    "JOIN tenancy_region r ON r.path = e.region_id "
    "LEFT JOIN tenancy_region own ON own.path = coalesce(i.region_id, %(region)s)"
)
#: registered before this import: what an earlier chunk of the same file has brought is no other enterprise.
#: OFFSET keeps the planner from computing keys of the rows that are left out.
_BEFORE = (
    "(SELECT * FROM enterprises_enterprise r WHERE NOT EXISTS (SELECT FROM in_created c WHERE c.id = r.id) "
    "OFFSET 0) e"
)
_IS_NEW = "NOT EXISTS (SELECT FROM in_match m WHERE m.n = i.n)"
#: what a name is without its legal form and without brackets: two spellings of one firm share it
_CORE = (
    "regexp_replace(regexp_replace({0}.name_key, '[()]', '', 'g'), "
    "'(有限责任公司|股份有限公司|集团有限公司|有限公司|公司|集团)$', '')"
)
_OWN_CORE, _CORE = _CORE.format("i"), _CORE.format("e")

#: What the registry says about the staged rows, asked before anything is written: of known codes, …
FINDINGS_OF_KNOWN = (
    (
        "region_differs",
        """
        SELECT m.n, jsonb_build_object('registered', r.name)
        FROM in_match m JOIN in_enterprise i USING (n) JOIN tenancy_region r ON r.path = m.region_id
        WHERE i.region_id IS NOT NULL AND i.region_id <> m.region_id ORDER BY m.n
        """,
    ),
    (
        "former_name",
        f"""
        SELECT m.n, jsonb_build_object('name', e.name)
        FROM in_match m JOIN in_enterprise i USING (n) JOIN enterprises_enterprise e ON e.id = m.id
        WHERE i.name_key <> e.name_key AND {_FORMER} ORDER BY m.n
        """,
    ),
    (
        "enterprise_closed",
        f"""
        SELECT m.n, {_SIDES}
        FROM in_match m JOIN in_enterprise i USING (n) JOIN enterprises_enterprise e ON e.id = m.id {_BOTH}
        WHERE e.state <> 'active' ORDER BY m.n
        """,
    ),
)
#: … and of new ones
FINDINGS_OF_NEW = (
    (
        "name_registered",
        f"""
        SELECT DISTINCT ON (i.n) i.n, {_SIDES}
        FROM in_enterprise i JOIN {_BEFORE} ON e.name_key = i.name_key {_BOTH}
        WHERE {_IS_NEW} AND e.uscc <> i.uscc ORDER BY i.n, e.id
        """,
    ),
    (
        "same_organisation",
        f"""
        SELECT DISTINCT ON (i.n) i.n, {_SIDES}
        FROM in_enterprise i JOIN {_BEFORE} ON substr(e.uscc, 9, 9) = substr(i.uscc, 9, 9) {_BOTH}
        WHERE {_IS_NEW} AND length(i.uscc) = 18 AND e.uscc <> i.uscc AND e.name_key <> i.name_key
        ORDER BY i.n, e.id
        """,
    ),
    (
        "name_alike",
        f"""
        SELECT DISTINCT ON (i.n) i.n, {_SIDES}
        FROM in_enterprise i JOIN {_BEFORE} ON {_CORE} = {_OWN_CORE} {_BOTH}
        WHERE {_IS_NEW} AND length({_OWN_CORE}) >= 4 AND e.uscc <> i.uscc AND e.name_key <> i.name_key
          AND substr(e.uscc, 9, 9) <> substr(i.uscc, 9, 9)
        ORDER BY i.n, e.id
        """,
    ),
)

#: rows whose question nobody has answered yet are not written
HOLD_BACK = (
    "DELETE FROM in_figures WHERE n = ANY (%(held)s)",
    "DELETE FROM in_match WHERE n = ANY (%(held)s)",
    "DELETE FROM in_enterprise WHERE n = ANY (%(held)s)",
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


def _merged(codes: tuple[str, ...], old: str, new: str, *, only_empty: bool) -> str:
    """What each fact becomes: 清除 erases, an empty cell keeps, a value replaces (or fills a gap alone)."""
    if only_empty:
        return ", ".join(f"coalesce({old}.{code}, {new}.{code}) AS {code}" for code in codes)
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

#: from level above, only gaps are filled: a name stands, and so does every known date
_DATES_FROM_ABOVE = """
    coalesce(e.established_on, i.established_on) AS established_on,
    CASE WHEN e.established_on IS NULL THEN coalesce(i.established_month_only, false)
         ELSE e.established_month_only END AS established_month_only"""
_DATES = f"""
    CASE WHEN 'established_on' = ANY (i.clears) THEN NULL WHEN {_SAME_MONTH} THEN e.established_on
         ELSE coalesce(i.established_on, e.established_on) END AS established_on,
    CASE WHEN 'established_on' = ANY (i.clears) THEN false
         WHEN i.established_on IS NULL OR {_SAME_MONTH} THEN e.established_month_only
         ELSE coalesce(i.established_month_only, false) END AS established_month_only"""


def _differences(codes: tuple[str, ...]) -> str:
    """The pairs of `was` and `now` (rows as jsonb) that differ, as [code, year, before, after]."""
    listed = ", ".join(f"'{code}'" for code in codes)
    return f"""(
      SELECT jsonb_agg(jsonb_build_array(o.key, c.year, o.value, n.value) ORDER BY o.key)
      FROM jsonb_each_text(c.was) o JOIN jsonb_each_text(c.now) n USING (key)
      WHERE o.key IN ({listed}) AND o.value IS DISTINCT FROM n.value)"""


_SOURCE = """import_batch_id = %(batch)s, source_file = %(file)s, source_sheet = w.source_sheet,
    source_row = w.source_row, updated_at = now(), updated_by_id = %(by)s"""


def update_existing(*, only_empty: bool) -> str:
    """Writes what differs on the enterprises themselves, and notes before and after in `in_change`."""
    keys = (
        ", ".join(f"e.{key}" for key in _KEYS)
        if only_empty
        else ", ".join(f"CASE WHEN {_RENAMED} THEN i.{key} ELSE e.{key} END AS {key}" for key in _KEYS)
    )
    return f"""
WITH wanted AS (
  SELECT m.n, m.id, i.source_sheet, i.source_row, {keys}, {_merged(_PLAIN, "e", "i", only_empty=only_empty)},
    {_DATES_FROM_ABOVE if only_empty else _DATES}
  FROM in_match m JOIN in_enterprise i USING (n) JOIN enterprises_enterprise e ON e.id = m.id
  WHERE NOT m.created),
changed AS (
  UPDATE enterprises_enterprise e SET
    {", ".join(f"{code} = w.{code}" for code in _ALL)}, {_SOURCE}, version = e.version + 1
  FROM wanted w
  WHERE e.id = w.id
    AND ({_row("e", _ALL)}) IS DISTINCT FROM ({_row("w", _ALL)})
  RETURNING w.n, NULL::smallint AS year, to_jsonb(old) AS was, to_jsonb(new) AS now),
marked AS (UPDATE in_match SET changed = true WHERE n IN (SELECT n FROM changed))
INSERT INTO in_change SELECT c.n, c.year, {_differences(("name", *_ENTERPRISE))} FROM changed c
"""


def update_figures(*, only_empty: bool) -> str:
    """As `update_existing`, for the figures of each year."""
    return f"""
WITH wanted AS (
  SELECT m.n, f.id, i.source_sheet, i.source_row, {_merged(_FIGURES, "f", "g", only_empty=only_empty)}
  FROM in_match m JOIN in_enterprise i USING (n) JOIN in_figures g USING (n)
  JOIN enterprises_annualfigures f ON f.enterprise_id = m.id AND f.year = g.year
  WHERE NOT m.created),
changed AS (
  UPDATE enterprises_annualfigures f SET
    {", ".join(f"{code} = w.{code}" for code in _FIGURES)}, {_SOURCE}, version = f.version + 1
  FROM wanted w
  WHERE f.id = w.id
    AND ({_row("f", _FIGURES)}) IS DISTINCT FROM ({_row("w", _FIGURES)})
  RETURNING w.n, new.year, to_jsonb(old) AS was, to_jsonb(new) AS now),
marked AS (UPDATE in_match SET changed = true WHERE n IN (SELECT n FROM changed))
INSERT INTO in_change SELECT c.n, c.year, {_differences(_FIGURES)} FROM changed c
"""


#: the figures of enterprises that have just been created: nothing can be there before them
INSERT_FIRST_FIGURES = f"""
  INSERT INTO enterprises_annualfigures
    (enterprise_id, region_id, year, {", ".join(_FIGURES)}, import_batch_id, source_file, source_sheet,
     source_row, created_at, updated_at, updated_by_id, version)
  SELECT m.id, m.region_id, g.year, {", ".join(f"g.{code}" for code in _FIGURES)}, %(batch)s, %(file)s,
    i.source_sheet, i.source_row, now(), now(), %(by)s, 1
  FROM in_match m JOIN in_enterprise i USING (n) JOIN in_figures g USING (n)
  WHERE num_nonnulls({", ".join(f"g.{code}" for code in _FIGURES)}) > 0
  ORDER BY g.n, g.year"""

INSERT_FIGURES = f"""
WITH added AS ({INSERT_FIRST_FIGURES}
  ON CONFLICT (enterprise_id, year) DO NOTHING
  RETURNING enterprise_id, year),
marked AS (
  UPDATE in_match m SET changed = true FROM added a WHERE NOT m.created AND m.id = a.enterprise_id)
INSERT INTO in_change
SELECT g.n, g.year, (
  SELECT jsonb_agg(jsonb_build_array(v.key, g.year, NULL, v.value) ORDER BY v.key)
  FROM jsonb_each_text(to_jsonb(g)) v WHERE v.value IS NOT NULL AND v.key NOT IN ('n', 'year', 'clears'))
FROM added a JOIN in_match m ON NOT m.created AND m.id = a.enterprise_id
JOIN in_figures g ON g.n = m.n AND g.year = a.year
"""

#: one line for each enterprise that changed, in the order of the file
CHANGES = """
SELECT c.n, i.uscc, i.name, jsonb_path_query_array(jsonb_agg(c.changes ORDER BY c.year DESC NULLS FIRST), '$[*][*]')
FROM in_change c JOIN in_enterprise i USING (n) GROUP BY c.n, i.uscc, i.name ORDER BY c.n LIMIT %(most)s
"""


def _pairs(codes: tuple[str, ...], old: str, new: str) -> str:
    return ", ".join(
        f"('{code}', {old}.{code}::text, {new}.{code}::text, '{code}' = ANY ({new}.clears))" for code in codes
    )


_ESTABLISHED = (
    "('established_on', to_char(e.established_on, CASE WHEN e.established_month_only THEN 'YYYY-MM' "
    f"ELSE 'YYYY-MM-DD' END), CASE WHEN NOT coalesce({_SAME_MONTH}, false) THEN to_char(i.established_on, "
    "CASE WHEN i.established_month_only THEN 'YYYY-MM' ELSE 'YYYY-MM-DD' END) END, "
    "'established_on' = ANY (i.clears))"
)

#: values from above that differ from the county's: (n, enterprise, region, year, field, before, value)
PROPOSE = f"""
CREATE TEMP TABLE in_proposal ON COMMIT DROP AS
SELECT m.n, m.id, m.region_id, d.year, d.field, d.before, CASE WHEN d.clear THEN NULL ELSE d.value END AS value
FROM in_match m JOIN in_enterprise i USING (n) JOIN enterprises_enterprise e ON e.id = m.id
CROSS JOIN LATERAL (
  SELECT NULL::smallint AS year, v.* FROM (VALUES {_pairs(_PLAIN, "e", "i")}, {_ESTABLISHED},
    ('name', e.name, CASE WHEN {_RENAMED} THEN i.name END, false)) AS v (field, before, value, clear)
  UNION ALL
  SELECT g.year, v.* FROM in_figures g
  JOIN enterprises_annualfigures f ON f.enterprise_id = m.id AND f.year = g.year
  CROSS JOIN LATERAL (VALUES {_pairs(_FIGURES, "f", "g")}) AS v (field, before, value, clear)
  WHERE g.n = m.n) d
WHERE NOT m.created AND d.before IS NOT NULL
  AND (d.clear OR d.value IS NOT NULL AND d.value <> d.before)
"""

PROPOSED = """
SELECT p.n, jsonb_build_object('field', p.field, 'year', p.year, 'before', p.before, 'value', p.value, 'place', r.name)
FROM in_proposal p JOIN tenancy_region r ON r.path = p.region_id ORDER BY p.n, p.year DESC NULLS FIRST, p.field
"""

#: A newer value takes the place of an open one; what the county declined is not asked again.
KEEP_PROPOSALS = """
INSERT INTO enterprises_proposal AS kept (region_id, enterprise_id, year, field, before, value, batch_id,
  source_file, source_sheet, source_row, proposed_at, proposed_by_id, state, reason)
SELECT p.region_id, p.id, p.year, p.field, p.before, p.value, %(batch)s, %(file)s, i.source_sheet,
  i.source_row, now(), %(by)s, 'open', ''
FROM in_proposal p JOIN in_enterprise i USING (n)
WHERE NOT EXISTS (
  SELECT FROM enterprises_proposal d
  WHERE d.enterprise_id = p.id AND d.year IS NOT DISTINCT FROM p.year AND d.field = p.field
    AND NOT d.own AND d.state = 'declined' AND d.before = p.before AND d.value IS NOT DISTINCT FROM p.value)
ON CONFLICT (enterprise_id, year, field, own) WHERE state = 'open' DO UPDATE SET
  before = excluded.before, value = excluded.value, batch_id = excluded.batch_id,
  source_file = excluded.source_file, source_sheet = excluded.source_sheet, source_row = excluded.source_row,
  proposed_at = excluded.proposed_at, proposed_by_id = excluded.proposed_by_id
WHERE kept.value IS DISTINCT FROM excluded.value
"""
