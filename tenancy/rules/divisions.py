"""The tree of the country's divisions, built from the code list of python-stdnum and our corrections.

The list (GB/T 2260 since 1980) has one line per code with the years in which a name carried it:
`0728 county="[1986-2019]长垣县"`. What carries a code today becomes a division; a code that ended is
traced to the division that went on under another one, so that 410728 still finds 长垣市 (410783). The
tree comes from parents: a code whose first four digits name no real prefecture (419001, 500101) hangs
from its province, and `corrections` may hang anything elsewhere. Nothing else reads digits of a code.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_LINE = re.compile(r'^(?P<province>\d\d) province=|^  (?P<code>\d{4}) county="(?P<names>[^"]*)"')
_NAME = re.compile(r"^(?:\[(?P<first>\d*)-(?P<last>\d*)\])?(?P<name>.+)$")
# Lines of the list that group others and are no authority of their own.
_GROUPS = re.compile(r"^(市辖区|市区|市|县|(省|自治区)直辖县级行政单位)$")
_PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|傣族|黎族|傈僳族"
    "|佤族|畲族|高山族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族"
    "|锡伯族|锡伯|阿昌族|普米族|塔吉克族|塔吉克|怒族|乌孜别克族|俄罗斯族|鄂温克族|德昂族|保安族|裕固族|京族|塔塔尔族|独龙族"
    "|鄂伦春族|赫哲族|门巴族|珞巴族|基诺族|各族"
)
_AUTONOMOUS = re.compile(rf"^(?P<place>.+?)(?:{_PEOPLES})+自治(?P<level>[县州旗])$")
_ENDING = re.compile(r"(自治[县州旗区]|特别行政区|地区|林区|特区|矿区|[省市县区州旗盟])$")


@dataclass(frozen=True)
class DatedName:
    """A code and name with its days; the list knows years only, so a year of change belongs to both."""

    code: str
    name: str
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


@dataclass(frozen=True)
class Division:
    path: str
    code: str
    name: str
    full_name: str
    parent: str | None
    kind: str
    source: str
    is_tenant: bool = False
    names: tuple[DatedName, ...] = field(default=())


def divisions(lines: Iterable[str], corrections: Mapping[str, Any]) -> list[Division]:
    """All divisions of today, parents before children.

    `lines` is the text of stdnum's cn/loc.dat, `corrections` the document fixtures/regions.yaml. Raises
    ValueError for a correction that names an unknown code or parent.
    """
    records = _corrected(list(_read(lines)), corrections)
    today = {record.code: record for record in records if record.valid_until is None}
    former = _former_codes(records, corrections)
    moved = {str(code): row for row in corrections.get("under", []) for code in row["codes"]}
    additions = corrections.get("add", [])
    found: dict[str, Division] = {}
    for row in additions:
        if "parent" not in row:
            _add(found, row)
    for code in sorted(today, key=lambda code: (len(_label(code)), code)):
        label = _label(code)
        kind = {2: "region", 4: "prefecture"}.get(len(label), "county")
        source = str(corrections["source"])
        parent = None if kind == "region" else found.get(label[:4]) or found[label[:2]]
        if label in moved:
            row = moved[label]
            above = found.get(str(row["parent"]))
            if above is None:
                # Itself or something below it would make a circle, anything else is unknown.
                raise ValueError(f"under {label}: {row['parent']} is no division above it")
            parent, kind, source = above, row["kind"], row["source"]
        names = tuple(sorted({*former.get(code, ()), today[code]}, key=_age))
        found[label] = _division(label, today[code].name, parent, kind, source, names)
    for row in additions:
        if "parent" in row:
            _add(found, row)
    for row in corrections.get("names", []):
        _rename(found, row)
    _mark_tenants(found, [str(code) for code in corrections.get("tenants", [])])
    return list(found.values())


def short_name(full_name: str) -> str:
    """The name for lists: without the peoples of an autonomous area, and 新疆 for its autonomous region."""
    region = re.match(r"^(内蒙古|广西|西藏|宁夏|新疆).*自治区$", full_name)
    if region:
        return region[1]
    area = _AUTONOMOUS.match(full_name)
    return f"{area['place']}{area['level']}" if area else full_name


def _division(
    label: str, full_name: str, parent: Division | None, kind: str, source: str, names: tuple[DatedName, ...]
) -> Division:
    path = f"{parent.path if parent else ''}{label}/"
    name = short_name(full_name)
    return Division(path, label, name, full_name, parent.path if parent else None, kind, source, names=names)


def _label(code: str) -> str:
    """65 for 650000, 6527 for 652700, 652701 as it is: the codes that officials use."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


# --- reading the list ----------------------------------------------------------------------------------


def _read(lines: Iterable[str]) -> Iterable[DatedName]:
    province = ""
    for line in lines:
        matched = _LINE.match(line)
        if not matched:
            continue
        if matched["province"]:
            province = matched["province"]
            continue
        for text in matched["names"].split(","):
            part = _NAME.match(text)
            assert part
            if not _GROUPS.match(part["name"]):
                yield DatedName(
                    province + matched["code"],
                    part["name"],
                    dt.date(int(part["first"]), 1, 1) if part["first"] else None,
                    dt.date(int(part["last"]), 12, 31) if part["last"] else None,
                )


def _corrected(records: list[DatedName], corrections: Mapping[str, Any]) -> list[DatedName]:
    """Without the lines of `drop`, and with the spelling of `spelling`."""
    dropped = {str(code) for code in corrections.get("drop", [])}
    missing = dropped - {record.code for record in records}
    if missing:
        raise ValueError(f"drop: the list has no such codes: {', '.join(sorted(missing))}")
    spelling = corrections.get("spelling", {})
    return [
        replace(record, name=spelling.get(record.name, record.name))
        for record in records
        if record.code not in dropped
    ]


# --- codes that ended ------------------------------------------------------------------------------------


def _former_codes(records: list[DatedName], corrections: Mapping[str, Any]) -> dict[str, set[DatedName]]:
    """Today's code → the dated names under which the same division went before.

    An ended line went on where, in the year of its end, exactly one line of the same province and level
    with the same place name begins (长垣县 → 长垣市, 日喀则地区 → 日喀则市), or another name takes over
    the same code (新华区 → 卫滨区). `successors` of the corrections names the other cases.
    """
    by_code: dict[str, list[DatedName]] = {}
    by_place: dict[tuple[str, bool, str], list[DatedName]] = {}
    for record in records:
        by_code.setdefault(record.code, []).append(record)
        by_place.setdefault(_place(record), []).append(record)
    named = {str(old): str(new) for old, new in corrections.get("successors", {}).items()}
    found: dict[str, set[DatedName]] = {}
    for record in records:
        seen = [record]
        while seen[-1].valid_until is not None:
            following = _successor(seen[-1], by_code, by_place, named)
            if following is None or following in seen:
                break
            seen.append(following)
        else:
            found.setdefault(seen[-1].code, set()).add(record)
    return found


def _successor(
    record: DatedName,
    by_code: Mapping[str, list[DatedName]],
    by_place: Mapping[tuple[str, bool, str], list[DatedName]],
    named: Mapping[str, str],
) -> DatedName | None:
    if record.code in named:
        return max(by_code[named[record.code]], key=_age)
    same_code = [other for other in by_code[record.code] if _follows(record, other)]
    if same_code:
        return min(same_code, key=_age)
    same_place = [
        other for other in by_place[_place(record)] if other.code != record.code and _follows(record, other)
    ]
    for agrees in (
        lambda other: other.name == record.name and other.code[:4] == record.code[:4],
        lambda other: other.name == record.name,
        lambda other: other.code[:4] == record.code[:4],
        lambda other: True,
    ):
        chosen = [other for other in same_place if agrees(other)]
        if chosen:
            return chosen[0] if len(chosen) == 1 else None
    return None


def _follows(record: DatedName, other: DatedName) -> bool:
    if record.valid_until is None or other.valid_from is None:
        return False
    return other is not record and 0 <= other.valid_from.year - record.valid_until.year <= 1


def _place(record: DatedName) -> tuple[str, bool, str]:
    name = short_name(record.name)
    place = _ENDING.sub("", name)
    # 郊区, 城区 and the like are no names of places.
    return record.code[:2], record.code.endswith("00"), place if len(place) > 1 else name


def _age(record: DatedName) -> tuple[dt.date, dt.date, str]:
    return record.valid_from or dt.date.min, record.valid_until or dt.date.max, record.code


# --- corrections -----------------------------------------------------------------------------------------


def _add(found: dict[str, Division], row: Mapping[str, Any]) -> None:
    """A division that the list lacks; one without a parent stands at the top."""
    code = str(row["code"])
    parent = found.get(str(row["parent"])) if "parent" in row else None
    if "parent" in row and parent is None:
        raise ValueError(f"add {code}: there is no parent {row['parent']}")
    if code in found:
        raise ValueError(f"add {code}: the list has this code by now; take the addition out")
    names = (DatedName(code, row["full_name"], _year(row.get("since"))),)
    division = _division(code, row["full_name"], parent, row["kind"], row["source"], names)
    found[code] = replace(division, name=row.get("name", division.name))


def _rename(found: dict[str, Division], row: Mapping[str, Any]) -> None:
    """A short name for lists, and further names by which officials know the place."""
    code = str(row["code"])
    if code not in found:
        raise ValueError(f"names {code}: there is no such division")
    division = found[code]
    official = max(division.names, key=_age).code
    known = tuple(DatedName(official, name) for name in row.get("also", []))
    found[code] = replace(
        division,
        name=row.get("name", division.name),
        names=(*division.names, *known),
    )


def _year(year: int | None) -> dt.date | None:
    return dt.date(year, 1, 1) if year else None


def _mark_tenants(found: dict[str, Division], tenants: list[str]) -> None:
    """A tenant and everything below it."""
    for tenant in tenants:
        if tenant not in found:
            raise ValueError(f"tenants: there is no division {tenant}")
        for label, division in found.items():
            if division.path.startswith(found[tenant].path):
                found[label] = replace(division, is_tenant=True)
