"""One line of a history (an enterprise with its events), read out of JSON; every fault names its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from subsidies.rules.schemes import CLAIMS, TITLES

_MONEY = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?")
_PRIZES = {"1": "1", "2": "2", "3": "3", "first": "1", "second": "2", "third": "3"}


class HistoryError(ValueError):
    """A value that is none; `where` is the path to it, `code` says what is wrong."""

    def __init__(self, where: str, code: str, value: object = None) -> None:
        super().__init__(f"{where}: {code} {value!r}")
        self.where, self.code, self.value = where, code, value


@dataclass(frozen=True)
class Line:
    uscc: str
    region: str
    events: tuple[dict[str, Any], ...]
    #: what it is registered as, should it be unknown
    name: str = ""


def read(data: Any) -> Line:
    """The enterprise and its events as columns of AwardEvent. Raises HistoryError."""
    if not isinstance(data, Mapping):
        raise HistoryError("", "not_an_object", data)
    uscc, region = data.get("uscc"), data.get("region")
    if not isinstance(uscc, str) or not re.fullmatch(r"[0-9A-HJ-NPQRTUWXY]{18}", uscc):
        raise HistoryError("uscc", "code", uscc)
    if not isinstance(region, str) or not re.fullmatch(r"[0-9]{2,12}", region):
        raise HistoryError("region", "region", region)
    events = data.get("events")
    if not isinstance(events, list):
        raise HistoryError("events", "list", events)
    found = tuple(_event(each, f"events[{n}]") for n, each in enumerate(events))
    codes = [each["code"] for each in found]
    for code in codes:
        if codes.count(code) > 1:
            raise HistoryError("events", "id_twice", code)
    return Line(uscc, region, found)


def _event(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        raise HistoryError(where, "not_an_object", item)
    kind, title = item.get("kind"), item.get("title")
    if kind not in ("recognition", "claim"):
        raise HistoryError(f"{where}.kind", "kind", kind)
    if title not in (TITLES if kind == "recognition" else CLAIMS):
        raise HistoryError(f"{where}.title", "title", title)
    on, revoked_on = _day(item, "on", where), _day(item, "revoked_on", where)
    if on is None:
        raise HistoryError(f"{where}.on", "day", None)
    if revoked_on is not None and revoked_on < on:
        raise HistoryError(f"{where}.revoked_on", "before", str(revoked_on))
    how = item.get("how") if kind == "recognition" else ""
    if how not in (("new", "renewal") if kind == "recognition" else ("",)):
        raise HistoryError(f"{where}.how", "how", how)
    other = item.get("other_policy") or ""
    if other not in ("", "ours", "other"):
        raise HistoryError(f"{where}.other_policy", "other_policy", other)
    prize = item.get("prize")
    if prize is not None and str(prize) not in _PRIZES:
        raise HistoryError(f"{where}.prize", "prize", prize)
    return {
        "code": _text(item, "id", where, 64, needed=True),
        "kind": kind,
        "title": title,
        "on": on,
        "how": how,
        "revoked_on": revoked_on,
        "other_policy": other,
        "decided": _money(item, "decided", where),
        "received": _money(item, "received", where),
        "project": _text(item, "project", where, 120),
        "prize": "" if prize is None else _PRIZES[str(prize)],
    }


def _text(item: Mapping[str, Any], key: str, where: str, most: int, *, needed: bool = False) -> str:
    value = item.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool) or not 0 < len(str(value)) <= most:
        raise HistoryError(f"{where}.{key}", "text", value)
    if "\0" in str(value):
        raise HistoryError(f"{where}.{key}", "text", value)
    return str(value)


def _day(item: Mapping[str, Any], key: str, where: str) -> date | None:
    value = item.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise HistoryError(f"{where}.{key}", "day", value)


def _money(item: Mapping[str, Any], key: str, where: str) -> Decimal | None:
    """Yuan with at most two decimals, above zero; a number that JSON has made inexact is taken by its shortest text."""
    value = item.get(key)
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not _MONEY.fullmatch(text) or not Decimal(text):
        raise HistoryError(f"{where}.{key}", "money", value)
    return Decimal(text)
