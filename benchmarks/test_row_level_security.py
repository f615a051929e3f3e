"""List, count and detail under row-level security against the same query with an explicit condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.conftest import login, side_by_side
from tests.conftest import _owner_connect

PLACES = {"county": "65/6527/652701/", "prefecture": "65/6527/", "region": "65/", "nation": ""}
_FIELDS = "id, public_id, name, uscc, updated_at"
QUERIES = {
    "list of 50": f"SELECT {_FIELDS} FROM enterprises_enterprise WHERE state = 'active'{{and_scope}} "
    "ORDER BY updated_at DESC, id DESC LIMIT 50",
    "count": "SELECT count(*) FROM enterprises_enterprise WHERE state = 'active'{and_scope}",
    "detail": f"SELECT {_FIELDS} FROM enterprises_enterprise WHERE public_id = %(id)s{{and_scope}}",
}


def _in_context(cursor: Any, role: str, path: str) -> None:
    cursor.execute(
        "SELECT set_config('role', %s, true), set_config('app.lo', %s, true), set_config('app.hi', %s, true)",
        [role, path, path + "~"],
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("query", QUERIES)
def test_policies_against_an_explicit_condition(place: str, query: str, million: str) -> None:
    path = PLACES[place]
    under = (
        login("TIDU_WEB_URL", "tidu_web", million)
        if path
        else login("TIDU_WORKER_URL", "tidu_worker", million)
    )
    plain = _owner_connect(million)
    with plain.cursor() as cursor:
        cursor.execute(
            "SELECT public_id FROM enterprises_enterprise WHERE region_id >= %s AND region_id < %s LIMIT 1",
            [path, path + "~"],
        )
        (public_id,) = cursor.fetchone()
    values = {"lo": path, "hi": path + "~", "id": public_id}

    def ours() -> None:
        cursor.execute(QUERIES[query].format(and_scope=""), values)
        cursor.fetchall()

    def theirs() -> None:
        scope = " AND region_id >= %(lo)s AND region_id < %(hi)s" if path else ""
        other.execute(QUERIES[query].format(and_scope=scope), values)
        other.fetchall()

    run: Callable[[], None] = ours
    with under.cursor() as cursor, plain.cursor() as other:
        _in_context(cursor, "app_office" if path else "app_nation", path)
        side_by_side(
            f"{query}, {place}, a million rows: policies / condition", (run, theirs), rounds=41, bound=1.25
        )
    under.close()
    plain.close()
