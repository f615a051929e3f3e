"""Set-based counting of a quarter: one temporary table, one grouping statement per kind of figure."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import translation

from cultivation import editions
from cultivation.models import Tier
from portal.reports.closed import Quarter
from portal.reports.words import EditionWords
from tenancy.models import Region

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: an enterprise lacking at most so many elements is nearly qualified
NEAR = 3

_COUNTED = """
CREATE TEMPORARY TABLE counted ON COMMIT DROP AS
WITH latest AS (
     -- One pass over the regions; enterprise by enterprise the planner could read a whole region for each.
     SELECT DISTINCT ON (enterprise_id, region_id) *
       FROM cultivation_evaluation
      WHERE region_id = ANY(%(paths)s) AND tier = %(tier)s AND NOT review AND judged_on <= %(ends)s
      ORDER BY enterprise_id, region_id, judged_on DESC, year DESC, id DESC)
SELECT e.region_id, e.id, e.uscc, e.name, e.state,
       CASE WHEN e.little_giant_valid_until >= %(ends)s THEN 'little_giant'
            WHEN e.specialised_valid_until >= %(ends)s THEN 'specialised'
            WHEN e.innovative_valid_until >= %(ends)s THEN 'innovative'
            WHEN e.tech_sme_valid_until >= %(ends)s THEN 'tech_sme' END AS tier,
       coalesce(substr(e.industry_code, 1, 1), '?') AS section,
       v.edition_id, v.judged_on, v.score::int, v.score_max::int, v.missing, v.lacking, v.missing_count, v.unknown,
       coalesce(nullif(v.size_class, ''), 'open') AS size,
       CASE WHEN v.outcome = 'fail' AND v.missing_count BETWEEN 1 AND %(near)s
                 AND NOT v.missing && %(entry)s::varchar[] THEN 'near'
            ELSE v.outcome END AS grp
  FROM enterprises_enterprise e
  LEFT JOIN latest v ON v.enterprise_id = e.id AND v.region_id = e.region_id
 WHERE e.region_id = ANY(%(paths)s)
"""

# name of the figure → (statement giving region, key, count); a NULL key means the figure itself
_GROUPS = {
    "states": "SELECT region_id, state, count(*) FROM counted GROUP BY 1, 2",
    "tiers": "SELECT region_id, coalesce(tier, 'none'), count(*) FROM counted "
    "WHERE state = 'active' GROUP BY 1, 2",
    "sizes": "SELECT region_id, size, count(*) FROM counted WHERE state = 'active' GROUP BY 1, 2",
    "industries": "SELECT region_id, section, count(*) FROM counted WHERE state = 'active' GROUP BY 1, 2",
    "judging": "SELECT region_id, coalesce(grp, 'not_judged'), count(*) FROM counted "
    "WHERE state = 'active' GROUP BY 1, 2",
    "lacked": "SELECT region_id, code, count(*) FROM counted, unnest(lacking) AS code "
    "WHERE state = 'active' AND grp = 'near' GROUP BY 1, 2",
    "unknown_facts": "SELECT region_id, code, count(*) FROM counted, unnest(unknown) AS code "
    "WHERE state = 'active' AND grp = 'unknown' GROUP BY 1, 2",
    "editions": "SELECT counted.region_id, x.code, count(*) FROM counted "
    "JOIN cultivation_edition x ON x.id = edition_id WHERE state = 'active' GROUP BY 1, 2",
}

_IMPORTS = """
SELECT region_id,
       count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state IN ('kept_out', 'refused')),
       coalesce(sum((counts->>'rows')::int) FILTER (WHERE state = 'done'), 0),
       coalesce(sum(coalesce(counts->>'total_created', counts->>'created')::int) FILTER (WHERE state = 'done'), 0),
       coalesce(sum(coalesce(counts->>'total_updated', counts->>'updated')::int) FILTER (WHERE state = 'done'), 0),
       coalesce(sum((counts->>'unchanged')::int) FILTER (WHERE state = 'done'), 0),
       coalesce(sum((counts->>'failed')::int) FILTER (WHERE state = 'done'), 0)
  FROM enterprises_importbatch
 WHERE region_id = ANY(%(paths)s) AND kind = 'workbook' AND state IN ('done', 'kept_out', 'refused')
   AND coalesce(finished_at, created_at) >= %(from)s AND coalesce(finished_at, created_at) < %(to)s
 GROUP BY 1
"""

_ANNEX = """
SELECT region_id, uscc, name, section, size, tier, grp, score, score_max, missing_count, missing, lacking,
       unknown, judged_on
  FROM counted WHERE state = 'active' ORDER BY region_id, uscc
"""


@translation.override("zh-hans")
def own_figures(paths: list[str], quarter: Quarter) -> dict[str, dict[str, Any]]:
    """Figures, list and (Chinese) words of what lies in exactly each of these regions."""
    standards = [each for each in editions.everywhere() if each.tier == Tier.INNOVATIVE]
    entry = sorted({c.code for each in standards for c in each.conditions if c.group == "entry"})
    blank: dict[str, Any] = {"enterprises": 0, **{name: {} for name in _GROUPS}, "imports": {}}
    found = {path: {"figures": json.loads(json.dumps(blank)), "annex": []} for path in paths}
    start = dt.datetime.combine(quarter.starts_on, dt.time(), SHANGHAI)
    end = dt.datetime.combine(quarter.shift(1).starts_on, dt.time(), SHANGHAI)
    words = EditionWords()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS counted")
        cursor.execute(
            _COUNTED,
            {
                "ends": quarter.ends_on,
                "near": NEAR,
                "entry": entry,
                "tier": Tier.INNOVATIVE.value,
                "paths": paths,
            },
        )
        for name, statement in _GROUPS.items():
            cursor.execute(statement)
            for path, key, count in cursor.fetchall():
                found[path]["figures"][name][key] = count
        cursor.execute(_IMPORTS, {"paths": paths, "from": start, "to": end})
        keys = ("batches", "refused", "rows", "created", "updated", "unchanged", "failed")
        for path, *counts in cursor.fetchall():
            found[path]["figures"]["imports"] = dict(zip(keys, map(int, counts), strict=True))
        names = dict(Region.objects.filter(path__in=paths).values_list("path", "name"))
        cursor.execute(_ANNEX)
        for row in cursor.fetchall():
            found[row[0]]["annex"].append(_annex_row(row, names[row[0]], words))
        cursor.execute("DROP TABLE counted")
    for each in found.values():
        figures = each["figures"]
        figures["enterprises"] = figures["states"].get("active", 0)
        judging = figures["judging"]
        judging["judged"] = sum(judging.get(key, 0) for key in ("pass", "near", "fail", "unknown"))
        each["legend"] = {
            "elements": {code: words.element(code) for code in figures["lacked"]},
            "facts": {code: words.fact(code) for code in figures["unknown_facts"]},
            "editions": sorted(words.edition(code) for code in figures.pop("editions")),
        }
    return found


def _annex_row(row: tuple[Any, ...], place: str, words: EditionWords) -> dict[str, Any]:
    (
        _path,
        uscc,
        name,
        section,
        size,
        tier,
        group,
        score,
        score_max,
        count,
        missing,
        lacking,
        unknown,
        on,
    ) = row
    if group == "unknown":
        lacks = [words.fact(code) for code in unknown]
    elif group in ("near", "fail"):
        lacks = [words.element(code) for code in (*(c for c in missing if c in words.entry), *lacking)]
    else:
        lacks = []
    return {
        "uscc": uscc,
        "name": name,
        "place": place,
        "section": section,
        "size": size,
        "tier": tier,
        "group": group,
        "score": score,
        "score_max": score_max,
        "missing_count": count,
        "lacks": lacks,
        "judged_on": on.isoformat() if on else None,
    }
