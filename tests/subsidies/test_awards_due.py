"""Histories brought in, and what is due: compared with a second calculation, to the fen."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enterprises.models import Enterprise
from subsidies.models import AwardEvent
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, HONGQI, JINGHE

from . import naive

pytestmark = pytest.mark.django_db
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
#: county → the rules that hold there
PLACES = {
    "652701": naive.XINJIANG + naive.BORTALA,
    "650105": naive.XINJIANG + naive.SHUIMOGOU,
    "410702": naive.XINXIANG,
    "540102": [],
}
CLAIMS = ("board", "ipo_filing", "ipo_application", "talent_platform", "talent_institute", "prize", "national_lab",
          "equipment")  # fmt: skip
TITLES = ("specialised", "little_giant", "key_little_giant", "city_tech_giant", "hnte", "platform_national",
          "platform_provincial")  # fmt: skip
#: days around which something changes
EDGES = [date(2017, 1, 1), date(2020, 12, 31), date(2022, 1, 28), date(2023, 1, 1), date(2025, 12, 31)]


def _code(n: int) -> str:
    return f"91{'650105'}MA{n:07d}{_ALPHABET[n % 31]}"


def _day(draw: random.Random) -> date:
    if draw.random() < 0.4:
        return draw.choice(EDGES) + timedelta(draw.randint(-1, 1))
    return date(2016, 6, 1) + timedelta(draw.randint(0, 4000))


def _event(draw: random.Random, n: int) -> dict[str, Any]:
    on = _day(draw)
    event: dict[str, Any] = {
        "id": f"e{n}", "on": on, "revoked_on": None, "other_policy": draw.choice([None, None, "ours", "other"]),
        "decided": None, "received": None, "project": "", "prize": "", "how": "",
    }  # fmt: skip
    if draw.random() < 0.6:
        event |= {
            "kind": "recognition",
            "title": draw.choice(TITLES),
            "how": draw.choice(["new", "new", "renewal"]),
        }
        if draw.random() < 0.2:
            event["revoked_on"] = on + timedelta(draw.randint(0, 900))
    else:
        event |= {"kind": "claim", "title": draw.choice(CLAIMS)}
        edge = draw.choice(["500000", "1000000", "2000000", "20000000", "700000"])
        if draw.random() < 0.8:
            event["decided"] = Decimal(edge) + draw.choice([Decimal("-0.01"), Decimal(0), Decimal("0.01")])
        event["received"] = Decimal(draw.randint(1, 10**9)) / 100
        event["project"] = draw.choice(["甲", "乙"])
        event["prize"] = draw.choice(["1", "2", "3"])
    return event


def _line(uscc: str, region: str, events: list[dict[str, Any]]) -> str:
    def shown(event: dict[str, Any]) -> dict[str, Any]:
        said = {k: v for k, v in event.items() if v not in (None, "")}
        for key in ("on", "revoked_on"):
            if key in said:
                said[key] = said[key].isoformat()
        for key in ("decided", "received"):
            if key in said:
                said[key] = f"{said[key]:.2f}"
        if "prize" in said:
            said["prize"] = int(said["prize"])
        return said

    return json.dumps(
        {"uscc": uscc, "region": region, "events": [shown(e) for e in events]}, ensure_ascii=False
    )


def run(name: str, *args: str) -> Any:
    out = StringIO()
    import sys

    before, sys.stdout = sys.stdout, out
    try:
        call_command(name, *args, "--json")
    except SystemExit:
        pass
    finally:
        sys.stdout = before
    return json.loads(out.getvalue())


@pytest.fixture
def bringer(person: Any) -> Actor:
    """Somebody with a posting in each of the regions."""
    from tenancy.models import Posting

    first = person("bringer", "region", "65/")
    with nation():
        for path in ("41/", "54/"):
            Posting.objects.create(officer_id=first.officer_id, role="region", region_id=path)
    return first


def test_three_thousand_random_histories_agree_with_a_second_calculation(
    bringer: Actor, tmp_path: Path
) -> None:
    draw = random.Random(20261127)
    histories = {}
    for n in range(3_000):
        place = draw.choice(list(PLACES))
        histories[_code(n)] = (place, [_event(draw, k) for k in range(draw.randint(1, 9))])
    file = tmp_path / "history.jsonl"
    file.write_text("\n".join(_line(u, p, e) for u, (p, e) in histories.items()), encoding="utf-8")
    told = run("load_history", str(file), "--by", "bringer")
    assert (told["created"], told["problems"]) == (3_000, [])
    for on in (date(2019, 7, 1), date(2025, 12, 31), date(2026, 11, 27)):
        answers = [
            a for code in ("65", "41", "54") for a in run("awards_due", "--region", code, "--on", str(on))
        ]
        assert [a["uscc"] for a in answers if a["uscc"] in histories] and len(answers) == 3_000
        for answer in answers:
            place, events = histories[answer["uscc"]]
            due, no = naive.expected(PLACES[place], events, on)
            money = {
                (d["event"], d["scheme"], None if d["amount"] is None else Decimal(d["amount"]))
                for d in answer["due"]
            }
            assert money == due, (answer, events)
            assert {(r["event"], r["scheme"], r["reason"]) for r in answer["refused"]} == no, (answer, events)
            for d in answer["due"]:
                whole = sum((Decimal(s) for s in d["shares"].values()), Decimal(0))
                assert whole == (Decimal(d["amount"]) if d["amount"] else 0)
                assert not d["amount"] or list(d["shares"]) == [naive.LEVEL[d["scheme"][0]]]


def test_a_second_run_changes_nothing_and_another_content_replaces_the_event(
    bringer: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "h.jsonl"
    event = {"id": "e1", "kind": "recognition", "title": "specialised", "on": "2024-05-01", "how": "new"}
    file.write_text(json.dumps({"uscc": _code(1), "region": "652701", "events": [event]}))
    first = run("load_history", str(file), "--by", "bringer")
    assert (first["created"], first["new"]) == (1, 1)
    again = run("load_history", str(file), "--by", "bringer")
    assert (again["created"], again["new"], again["changed"], again["unchanged"]) == (0, 0, 0, 1)
    file.write_text(
        json.dumps({"uscc": _code(1), "region": "652701", "events": [event | {"revoked_on": "2025-01-01"}]})
    )
    assert run("load_history", str(file), "--by", "bringer")["changed"] == 1
    with nation():
        assert Enterprise.objects.get().name == _code(1)
        assert AwardEvent.objects.get().revoked_on == date(2025, 1, 1)
        assert AuditEntry.objects.filter(action="awards.record").count() == 2


@pytest.mark.parametrize(
    ("change", "where", "code"),
    [
        ({"kind": "gift"}, "events[0].kind", "kind"),
        ({"title": "giant"}, "events[0].title", "title"),
        ({"on": "2024-02-30"}, "events[0].on", "day"),
        ({"on": None}, "events[0].on", "day"),
        ({"how": "again"}, "events[0].how", "how"),
        ({"revoked_on": "2023-01-01"}, "events[0].revoked_on", "before"),
        ({"decided": "0"}, "events[0].decided", "money"),
        ({"decided": "0.005"}, "events[0].decided", "money"),
        ({"decided": "-1.00"}, "events[0].decided", "money"),
        ({"decided": "1e18"}, "events[0].decided", "money"),
        ({"decided": "１００"}, "events[0].decided", "money"),
        ({"decided": "1,000.00"}, "events[0].decided", "money"),
        ({"decided": "壹佰"}, "events[0].decided", "money"),
        ({"decided": True}, "events[0].decided", "money"),
        ({"id": ""}, "events[0].id", "text"),
        ({"id": "a" * 65}, "events[0].id", "text"),
        ({"prize": "gold"}, "events[0].prize", "prize"),
        ({"other_policy": "both"}, "events[0].other_policy", "other_policy"),
    ],
)
def test_a_wrong_value_is_named_by_line_and_place_and_nothing_is_written(
    bringer: Actor, tmp_path: Path, change: dict[str, Any], where: str, code: str
) -> None:
    good = {"id": "e1", "kind": "recognition", "title": "specialised", "on": "2024-05-01", "how": "new"}
    file = tmp_path / "h.jsonl"
    rows = [
        {"uscc": _code(1), "region": "652701", "events": [good]},
        {"uscc": _code(2), "region": "652701", "events": [good | change]},
    ]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    told = run("load_history", str(file), "--by", "bringer")
    assert [(p["line"], p["where"], p["code"]) for p in told["problems"]] == [(2, where, code)]
    with nation():
        assert not Enterprise.objects.exists() and not AwardEvent.objects.exists()


def test_lines_that_are_none_and_places_that_are_not_ones_own_are_told(
    bringer: Actor, county_bole: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "h.jsonl"
    file.write_text("{\n[]\n" + json.dumps({"uscc": "1", "region": "652701", "events": []}))
    told = run("load_history", str(file), "--by", "bringer")
    assert [p["code"] for p in told["problems"]] == ["not_json", "not_an_object", "code"]
    file.write_text(json.dumps({"uscc": _code(1), "region": "652722", "events": []}))
    told = run("load_history", str(file), "--by", county_bole.username)
    assert [p["code"] for p in told["problems"]] == ["not_allowed"]
    with pytest.raises(CommandError):
        call_command("load_history", str(file), "--by", "nobody")
    with pytest.raises(CommandError):
        call_command("load_history", str(tmp_path / "none"), "--by", "bringer")


def test_a_code_that_is_registered_elsewhere_stops_the_file(
    bringer: Actor, county_bole: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "h.jsonl"
    file.write_text(json.dumps({"uscc": _code(1), "region": "410702", "events": []}))
    assert run("load_history", str(file), "--by", "bringer")["created"] == 1
    file.write_text(json.dumps({"uscc": _code(1), "region": "652701", "events": []}))
    told = run("load_history", str(file), "--by", county_bole.username)
    assert [p["code"] for p in told["problems"]] == ["registered_elsewhere"]


def test_events_are_the_enterprises_file_and_no_neighbours(
    bringer: Actor, county_bole: Actor, county_jinghe: Actor, person: Any, tmp_path: Path
) -> None:
    file = tmp_path / "h.jsonl"
    event = {"id": "e1", "kind": "recognition", "title": "specialised", "on": "2024-05-01", "how": "new"}
    file.write_text(json.dumps({"uscc": _code(1), "region": "652701", "events": [event]}))
    run("load_history", str(file), "--by", "bringer")
    with acting(county_jinghe):
        assert not AwardEvent.objects.exists()
    with acting(county_bole):
        own = AwardEvent.objects.get().enterprise_id
    for pk, seen in ((own, 1), (own + 1, 0)):
        with acting(person(f"of{pk}", "enterprise", BOLE, enterprise_id=pk)):
            assert AwardEvent.objects.count() == seen
    with nation():
        Enterprise.objects.update(region_id=HONGQI)
        assert AwardEvent.objects.get().region_id == HONGQI


def test_the_questions_do_not_grow_with_the_histories(bringer: Actor, tmp_path: Path) -> None:
    asked = []
    event = {"id": "e1", "kind": "recognition", "title": "specialised", "on": "2024-05-01", "how": "new"}
    for numbers in (range(1, 4), range(4, 64)):
        file = tmp_path / "h.jsonl"
        file.write_text(
            "\n".join(json.dumps({"uscc": _code(n), "region": "652701", "events": [event]}) for n in numbers)
        )
        with CaptureQueriesContext(connection) as queries:
            run("load_history", str(file), "--by", "bringer")
            run("awards_due", "--region", "652701", "--on", "2025-01-01")
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 40
    assert JINGHE
