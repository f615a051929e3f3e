"""The same five hundred enterprises as two hundred bureaux would send them.

`firms()` are the facts; `variant(n)` dresses them: writer, encoding, layout, header, unit, spelling of
every value. The same n gives the same file.
"""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from enterprises.rules.fields import FEN, FIELDS, NUMERIC_CHOICES, Field
from enterprises.rules.sheet import Month, Percent
from tests.enterprises import books, writers

YEAR = 2025
COUNT = 500
#: (code, years before Y) → value, None where unknown
Facts = dict[tuple[str, int], Any]
_INDUSTRIES = ["A0111", "C3511", "B0610", "C1711", "C35", "I6510", "A0190", "C131"]
_FULL_WIDTH = str.maketrans("0123456789.,%-", "０１２３４５６７８９．，％－")
_UNKNOWN = [None, None, None, "—", "/", "不详", "N/A", "--", " ", "\u3000"]


def _value(draw: random.Random, fact: Field, n: int) -> Any:
    if draw.random() < 0.12:
        return None
    if fact.code == "industry_code":
        return draw.choice(_INDUSTRIES)
    if fact.code == "contact_phone":
        return draw.choice([f"1399909{n:04}", f"0909-22{n:05}"])
    if fact.kind == "text":
        return draw.choice(["东园", "轴承（Φ50）<精>", "䶮㙍𠮷", "A&B 园", "张三", "-10#柴油"]) + str(n % 7)
    if fact.kind == "date":
        day = dt.date(2000 + n % 20, draw.randint(1, 12), draw.randint(1, 28))
        return Month(day.year, day.month, 1) if fact.code == "established_on" and n % 5 == 0 else day
    if fact.kind == "money":
        low = 0 if fact.code != "net_profit" else -(10**9)
        return draw.choice([draw.randrange(low, 10**11), draw.randrange(10**6) * 1_000_000, 0])
    if fact.kind == "count":
        return draw.randint(fact.low or 0, min(fact.high or 5000, 200))
    if fact.kind in ("percent", "score"):
        return Decimal(draw.randint(0, 10 * (fact.high or 100))) / 10
    if fact.kind == "yes_no":
        return draw.random() < 0.5
    stored = draw.choice(fact.choices)[0]
    return int(stored) if fact.code in NUMERIC_CHOICES else stored


@cache
def firms() -> list[Facts]:
    made = []
    for n in range(COUNT):
        draw = random.Random(f"firm {n}")
        facts: Facts = {
            (fact.code, back): _value(draw, fact, n)
            for fact in FIELDS
            for back in fact.years
            if fact.code not in ("uscc", "name", "region")
        }
        facts |= {("uscc", 0): books.code(n), ("region", 0): "博乐市"}
        facts["name", 0] = f"博乐（第{n}）<{'甲乙丙'[n % 3]}>机械有限公司"
        made.append(facts)
    return made


@dataclass
class Costume:
    """How one bureau writes. Every choice is drawn once for a column or once for the file."""

    draw: random.Random
    csv: bool
    unit: str
    exact_names: bool = False
    where: str = "header"
    columns: list[tuple[Field, int]] = field(default_factory=list)

    # --- values ------------------------------------------------------------------------------------

    def writer(self, fact: Field, back: int) -> Callable[[Any], Any]:
        """How this column's values are written."""
        make: Any = getattr(self, f"_{fact.code}", None) or getattr(self, f"_{fact.kind}")
        write = make(fact, back)
        blanks = self.draw.sample(_UNKNOWN, 3)
        return lambda value: self.draw.choice(blanks) if value is None else write(value)

    def _uscc(self, fact: Field, back: int) -> Callable[[Any], Any]:
        return self.draw.choice(
            [str, str, str.lower, lambda v: f" {v}\u00a0", lambda v: v.translate(_FULL_WIDTH),
             lambda v: f"{v[:8]} {v[8:]}", lambda v: f"\u200b{v}", lambda v: f"'{v}"]
        )  # fmt: skip

    def _name(self, fact: Field, back: int) -> Callable[[Any], Any]:
        ways: list[Any] = [str, lambda v: f"{v} ", lambda v: f"\u3000{v}\u200b", lambda v: f"\n{v}"]
        if not self.exact_names:
            ways += [lambda v: v.replace("（", "(").replace("）", ")"), lambda v: v.replace("（", " （")]
        return self.draw.choice(ways)

    def _region(self, fact: Field, back: int) -> Callable[[Any], Any]:
        return self.draw.choice(
            [str, lambda v: 652701, lambda v: "652701", lambda v: "博乐", lambda v: " 博乐市 "]
        )

    def _industry_code(self, fact: Field, back: int) -> Callable[[Any], Any]:
        return self.draw.choice(
            [str, str.lower, lambda v: v + " 某某制造", lambda v: v.translate(_FULL_WIDTH), lambda v: float(v[1:]) if v[1:] != "131" else v]
        )  # fmt: skip

    def _text(self, fact: Field, back: int) -> Callable[[Any], Any]:
        return self.draw.choice([str, lambda v: f" {v}", lambda v: f"{v}\u200b", lambda v: f"\u3000{v}\n"])

    def _date(self, fact: Field, back: int) -> Callable[[Any], Any]:
        month: Any = self.draw.choice(
            ["{0}年{1}月", "{0}.{1:02}", "{0}-{1:02}", "{0}/{1}", "{0}{1:02}", "{0}年{1}月份"]
        )
        day: Any = self.draw.choice(
            [None, None, "serial", "{0}年{1}月{2}日", "{0}.{1}.{2}", "{0}/{1}/{2}", "{0}{1:02}{2:02}", "{0}-{1:02}-{2:02}",
             "{0}-{1:02}-{2:02} 00:00:00", "{0}、{1}、{2}", "{0}年{1}月{2}日星期三", "words"]
        )  # fmt: skip

        def write(value: dt.date) -> Any:
            if isinstance(value, Month):
                return month.format(value.year, value.month)
            if day is None:
                return value.isoformat() if self.csv else value
            if day == "serial":
                return float((value - dt.date(1899, 12, 30)).days)
            if day == "words":
                return (
                    f"{_numerals(value.year, each=True)}年{_numerals(value.month)}月{_numerals(value.day)}日"
                )
            return day.format(value.year, value.month, value.day)

        return write

    def _money(self, fact: Field, back: int) -> Callable[[Any], Any]:
        unit = self.unit if self.where != "column" else self.draw.choice(sorted(FEN))
        self.units[fact.code, back] = unit
        return self._amount(unit)

    def _amount(self, unit: str) -> Callable[[Any], Any]:
        def exact(value: int, in_unit: str = unit) -> Decimal:
            return Decimal(value) / FEN[in_unit]

        return self.draw.choice(
            [
                lambda v: float(exact(v)),
                lambda v: float(exact(v)),
                lambda v: f"{exact(v):,f}",
                lambda v: f"{exact(v):f}".translate(_FULL_WIDTH),
                lambda v: f"{exact(v, '元'):f}元",
                lambda v: f"{exact(v, '万元'):f} 万元",
                lambda v: f"{exact(v, '亿元'):f}亿",
                lambda v: f"（{-exact(v):f}）" if v < 0 else f"{exact(v):f}",
                lambda v: f"{exact(v, '万元'):f}(万元人民币)",
                lambda v: f"{exact(v):E}",
            ]
        )

    def _count(self, fact: Field, back: int) -> Callable[[Any], Any]:
        return self.draw.choice(
            [int, float, str, lambda v: f"{v:,}", lambda v: f"{v}{fact.unit}", lambda v: f"{v}.0", lambda v: str(v).translate(_FULL_WIDTH)]
        )  # fmt: skip

    def _percent(self, fact: Field, back: int) -> Callable[[Any], Any]:
        return self.draw.choice(
            [float, str, lambda v: f"{v}%", lambda v: f"{v} ％", lambda v: Percent(v / 100), lambda v: str(v).translate(_FULL_WIDTH)]
        )  # fmt: skip

    def _score(self, fact: Field, back: int) -> Callable[[Any], Any]:
        return self.draw.choice([float, str, lambda v: f"{v}分", lambda v: str(v).translate(_FULL_WIDTH)])

    def _yes_no(self, fact: Field, back: int) -> Callable[[Any], Any]:
        yes, no = self.draw.choice(
            [
                ("是", "否"),
                ("有", "无"),
                ("Y", "N"),
                (1.0, 0.0),
                ("1", "0"),
                ("√", "×"),
                (True, False),
                ("是 ", "\u3000否"),
                ("Ｙ", "Ｎ"),
            ]
        )
        return lambda value: yes if value else no

    def _choice(self, fact: Field, back: int) -> Callable[[Any], Any]:
        words = {stored: [word, *more] for stored, word, more in fact.choices}
        which = self.draw.randrange(4)
        return lambda value: words[str(value)][which % len(words[str(value)])]

    # --- headers -----------------------------------------------------------------------------------

    @property
    def units(self) -> dict[tuple[str, int], str]:
        return self.__dict__.setdefault("_units", {})

    def title(self, fact: Field) -> str:
        """One of the fact's names, without year and unit."""
        bare = fact.header.replace(f"（{fact.unit}）", "") if fact.unit else fact.header
        return self.draw.choice([bare, bare, *fact.synonyms])

    def when(self, back: int) -> str:
        words = [
            [f"{YEAR}年", f"{YEAR}", f"{YEAR}年度", "本年", f"{YEAR}年1-12月"],
            ["上年度", "上年", "前一年"],
            ["前两年", "前年"],
        ][back]
        year = YEAR - back
        return self.draw.choice(
            [
                *words,
                f"{year}年",
                f"{year}年度",
                f"{year % 100}年度",
                f"二〇二{'〇一二三四五'[year - 2020]}年",
            ]
        )

    def unit_of(self, fact: Field, back: int) -> str:
        unit = self.units.get((fact.code, back), fact.unit)
        if not unit or (fact.kind == "money" and self.where in ("line", "row")):
            return ""
        ways = [
            "（{}）",
            "({})",
            "【{}】",
            "[{}]",
            "/{}",
            "，{}",
            "（单位：{}）",
            "\n（{}）",
            "（ {} ）",
            "：{}",
        ]
        if fact.kind == "money":
            ways += ["（人民币{}）", "{}", "（{}，保留两位小数）", "（必填，{}）"]
        return self.draw.choice(ways).format(unit)

    def head(self, fact: Field, back: int) -> str:
        """The whole header in one cell."""
        title, unit, dated = (
            self.title(fact),
            self.unit_of(fact, back),
            fact.by_year and (back or self.draw.random() < 0.3),
        )
        if dated and self.draw.random() < 0.3:
            return f"{title}（{self.when(back)}）{unit}"
        if dated:
            return f"{self.when(back)}{title}{unit}"
        if title[0] in "ⅠⅡ" or self.draw.random() < 0.5:
            return title + unit
        front = self.draw.choice(
            [
                "*",
                "★",
                f"{self.draw.randint(1, 60)}.",
                f"（{self.draw.randint(1, 60)}）",
                "①",
                "一、",
                "其中：",
                " ",
            ]
        )
        return (
            front + title + self.draw.choice(["", "", "（必填）", "*", "："][: 5 if not unit else 1]) + unit
        )


def _numerals(number: int, *, each: bool = False) -> str:
    digits = "〇一二三四五六七八九"
    if each:
        return "".join(digits[int(d)] for d in str(number))
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")


def _chosen(draw: random.Random, whole: bool) -> list[tuple[Field, int]]:
    """The columns of a file: the keys always, of the rest all or a part."""
    every = [(fact, back) for fact in FIELDS for back in fact.years]
    keys = [(fact, back) for fact, back in every if fact.code in ("uscc", "name", "region")]
    rest = [column for column in every if column not in keys]
    return keys + (rest if whole else draw.sample(rest, 12))


def variant(n: int, *, whole: bool = False, exact_names: bool = False) -> io.BytesIO:
    """The n-th costume. `whole` has every fact, `exact_names` leaves the brackets of names as they are."""
    draw = random.Random(f"variant {n}")
    kind = writers.KINDS[n % len(writers.KINDS)]
    costume = Costume(draw, kind.startswith("csv"), draw.choice(sorted(FEN)), exact_names)
    costume.where = draw.choice(["header", "column", "line", "row"])
    columns = _chosen(draw, whole)
    draw.shuffle(columns)
    deep = n // len(writers.KINDS) % 4
    if deep == 1:  # the year above its facts
        columns.sort(key=lambda c: (c[0].by_year, c[1] if c[0].by_year else 0))
    elif deep:  # the fact above its years
        columns.sort(key=lambda c: (c[0].by_year, c[0].code if c[0].by_year else ""))
    costume.columns = columns
    write = [costume.writer(fact, back) for fact, back in columns]
    pages = []
    people = list(firms())
    draw.shuffle(people)
    cut = COUNT if costume.csv else draw.choice([COUNT, COUNT, 300, 499])
    for number, part in enumerate(p for p in (people[:cut], people[cut:]) if p):
        page = writers.Page(f"{'企业情况 一览'[: draw.randint(2, 7)]}{number + 1}")
        _fill(
            page,
            costume,
            deep,
            [[w(firm[f.code, b]) for w, (f, b) in zip(write, columns, strict=True)] for firm in part],
        )
        pages.append(page)
    if draw.random() < 0.4 and not costume.csv:
        pages.insert(draw.randrange(2), writers.Page("填表说明", [["填表须知"], ["1. 按年报填"]]))
    if draw.random() < 0.3 and not costume.csv:
        pages.append(
            writers.Page("旧表", [["统一社会信用代码", "企业名称"], [books.code(0), "旧"]], hidden=True)
        )
    return writers.write(kind, pages)


def _fill(page: writers.Page, costume: Costume, deep: int, body: list[list[Any]]) -> None:
    """Titles, unit line, header of one to three rows, unit row, enterprises with what stands between them,
    foot; then an ordinal column and blank columns around."""
    draw, width = costume.draw, len(costume.columns)
    rows: list[list[Any]] = [["博乐市企业情况汇总表"], []][: draw.randint(0, 2)]
    if rows and draw.random() < 0.3:
        rows[0] = [f"博乐市{YEAR}年度专精特新企业情况汇总表（新工信〔2026〕15号附件）"]
    if costume.where == "line":
        rows.append(
            [None] * (width - 1)
            + [
                draw.choice(
                    ["单位：{}", "金额单位：{}", "（{}）", "计量单位：{}、人", "单位:人民币{}"]
                ).format(costume.unit)
            ]
        )
    header = _header(page, costume, deep, len(rows))
    rows += header
    if costume.where == "row":
        rows.append([costume.units.get((f.code, b), f.unit or "—") for f, b in costume.columns])
    if draw.random() < 0.3:
        rows.append([f"({n})" for n in range(1, width + 1)])
    people = []
    for n, row in enumerate(body):
        if n == 7 and draw.random() < 0.3:
            rows.append([])
        if n == 20 and draw.random() < 0.3 and deep == 0:
            rows += [["二、规上工业企业"], [*header[0]]]
        people.append(len(rows))
        rows.append(row)
    foot = [
        [],
        ["合　计", *[None] * (width - 1)],
        ["填表人：张三", None, "联系电话：0909-1"],
        ["说明：1. 据年报"],
        ["2. 未经审计"],
    ]
    rows += draw.choice([[], foot, foot[:2], [[], [], []]])
    left = draw.choice([0, 1, 1, 3])
    if left:
        page.merges = [(a, b + left, c, d + left) for a, b, c, d in page.merges]
        rows = [[*[None] * left, *row] if row else [] for row in rows]
        rows[page.header_at][left - 1] = draw.choice(["序号", "序 号", "No.", "编号"])
        for count, at in enumerate(people):
            rows[at][left - 1] = count + 1
    page.rows = rows
    page.at = (0, 0) if costume.csv else (draw.choice([0, 0, 3]), draw.choice([0, 0, 2]))


def _header(page: writers.Page, costume: Costume, deep: int, at: int) -> list[list[Any]]:
    columns, page.header_at = costume.columns, at
    if deep == 0:
        return [[costume.head(fact, back) for fact, back in columns]]
    top: list[Any] = []
    bottom: list[Any] = []
    groups: dict[Any, list[int]] = {}
    names: dict[Any, str] = {}
    for n, (fact, back) in enumerate(columns):
        unit = costume.unit_of(fact, back)
        if not fact.by_year:
            top.append(costume.title(fact) + unit)
            bottom.append(None)
            page.merges.append((at, n, at + min(deep, 2), n) if deep == 3 else (at, n, at + 1, n))
        elif deep == 1:
            names.setdefault(back, costume.when(back))
            groups.setdefault(back, []).append(n)
            top.append(None)
            bottom.append(costume.title(fact) + unit)
        else:
            names.setdefault(fact.code, costume.title(fact))
            groups.setdefault(fact.code, []).append(n)
            top.append(None)
            bottom.append(
                costume.when(back)
                + (f"（{costume.units[fact.code, back]}）" if unit and fact.kind == "money" else "")
            )
    for key, places in groups.items():
        top[places[0]] = names[key]
        if len(places) > 1:
            page.merges.append((at, places[0], at, places[-1]))
    if deep < 3:
        return [top, bottom]
    # Three rows: a heading over all yearly facts, which says nothing.
    above = [text if columns[n][0].code not in groups else None for n, text in enumerate(top)]
    middle = [text if columns[n][0].code in groups else None for n, text in enumerate(top)]
    page.merges = [(a + 1, b, c + 1, d) if a == c else (a, b, c, d) for a, b, c, d in page.merges]
    yearly = [n for n, (fact, _) in enumerate(columns) if fact.code in groups]
    if yearly:
        above[yearly[0]] = "经营情况"
        if len(yearly) > 1:
            page.merges.append((at, yearly[0], at, yearly[-1]))
    return [above, middle, bottom]
