"""The award rules once more, written out by hand from the policies, to be compared with the arbiter. Plain dicts, yuan as
Decimal, no vocabulary shared with `subsidies.rules`."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")


def _end(day: date) -> date:
    return date(day.year + 3, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def _held(events: list[dict[str, Any]], title: str, day: date) -> bool:
    for e in events:
        if e["kind"] != "recognition" or e["title"] != title or e["on"] > day:
            continue
        if title != "city_tech_giant" and day > _end(e["on"]):
            continue
        if e["revoked_on"] and e["revoked_on"] <= day:
            continue
        return True
    return False


def _row(code: str, title: str, how: str = "", money: Any = None, **more: Any) -> dict[str, Any]:
    return {"code": code, "title": title, "how": how, "money": money, **more}


XINJIANG = [
    _row("A-11", "key_little_giant", "new", 500000, first=date(2023, 1, 1), last=date(2025, 12, 31)),
    _row("A-12", "little_giant", "new", 1000000, first=date(2023, 1, 1), last=date(2025, 12, 31)),
    _row("A-13", "specialised", "new", 250000, first=date(2023, 1, 1), last=date(2025, 12, 31)),
    _row("A-21", "talent_platform", money=("0.01", 2000000), each=True),
    _row("A-22", "talent_institute", money=("0.01", 20000000), each=True),
    _row("A-51", "board", money=200000),
    _row("A-56", "ipo_filing", money=(500000, 1000000), needs="specialised"),
    _row("A-57", "ipo_application", money=(500000, 1000000), needs="specialised"),
]
BORTALA = [_row("B-16", "little_giant", repeats=True), _row("B-17", "specialised", repeats=True)]
_C = {"first": date(2017, 1, 1), "last": date(2020, 12, 31), "dead": date(2020, 12, 31)}
SHUIMOGOU = [
    _row("C-36", "city_tech_giant", "new", 100000, **_C),
    _row("C-37", "hnte", "new", 200000, **_C),
    _row("C-38", "hnte", "renewal", 50000, **_C),
    _row("C-39", "national_lab", money=200000, by="project", **_C),
]
_D = {"first": date(2022, 1, 28), "last": date(2025, 12, 31), "dead": date(2025, 12, 31), "choose": True}
XINXIANG = [
    _row("D-09", "little_giant", "new", 500000, top=True, **_D),
    _row("D-10", "specialised", "new", 300000, top=True, **_D),
    _row("D-11", "equipment", money="quarter", each=True, needs="little_giant", **_D),
    _row("D-34", "platform_national", "new", 300000, top=True, **_D),
    _row("D-35", "platform_provincial", "new", 200000, top=True, **_D),
    _row("D-38", "prize", money={"1": 200000, "2": 100000, "3": 50000}, by="year", top=True, **_D),
]
LEVEL = {"A": "region", "C": "county", "D": "prefecture"}


def expected(rows: list[dict[str, Any]], events: list[dict[str, Any]], on: date) -> tuple[set[Any], set[Any]]:
    """({(event, scheme, amount or None)}, {(event, scheme, reason)})."""
    events = sorted((e for e in events if e["on"] <= on), key=lambda e: (e["on"], e["id"]))
    due: list[tuple[dict[str, Any], dict[str, Any], Any]] = []
    no: set[Any] = set()
    for row in rows:
        done: list[Any] = []
        for e in events:
            if e["title"] != row["title"]:
                continue
            name = (e["id"], row["code"])
            if row.get("repeats"):
                no.add((*name, "repeats_region"))
                continue
            fits = e["kind"] == "claim" or e["how"] == row["how"]
            mark = {"project": e["project"], "year": e["on"].year}.get(row.get("by", ""), "once")
            before = fits and not row.get("each") and mark in done
            if fits:
                done.append(mark)
            if "first" in row and not row["first"] <= e["on"] <= row["last"] or on > row.get("dead", on):
                no.add((*name, "window"))
            elif not fits:
                no.add((*name, "not_first"))
            elif before:
                no.add((*name, "once_per_title"))
            elif e["kind"] == "recognition" and e["revoked_on"] and e["revoked_on"] <= on:
                no.add((*name, "revoked"))
            elif e["kind"] == "recognition" and not _held(events, e["title"], on):
                no.add((*name, "expired"))
            elif row.get("needs") and not _held(events, row["needs"], e["on"]):
                no.add((*name, "no_title"))
            elif row.get("choose") and e["other_policy"] == "other":
                no.add((*name, "same_matter"))
            else:
                money = row["money"]
                if isinstance(money, dict):
                    money = money[e["prize"]]
                elif money == "quarter":
                    money = (e["received"] / 4).quantize(CENT, ROUND_HALF_UP)
                elif isinstance(money, tuple):
                    if e["decided"] is not None and not Decimal(money[0]) <= e["decided"] <= Decimal(
                        money[1]
                    ):
                        no.add((*name, "out_of_range"))
                        continue
                    money = e["decided"]
                due.append((row, e, None if money is None else Decimal(money)))
    for year in {e["on"].year for _row_, e, _m in due}:
        rivals = [d for d in due if d[0].get("top") and d[1]["on"].year == year]
        rivals.sort(key=lambda d: (-d[2], d[1]["on"], d[1]["id"], d[0]["code"]))
        for loser in rivals[1:]:
            no.add((loser[1]["id"], loser[0]["code"], "highest_only"))
            due.remove(loser)
    return {(e["id"], row["code"], money) for row, e, money in due}, no
