"""The shapes of books without a database: words, headers, and any table of cells."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enterprises.rules.headers import squashed
from enterprises.rules.sheet import Broken, Percent, Scaled, Sheet, Workbook
from subsidies.actions.books import KINDS
from subsidies.rules.book_headers import names_of, recognise
from subsidies.rules.book_tables import read
from subsidies.rules.books import SHAPES
from subsidies.rules.schemes import CLAIMS, TITLES
from subsidies.rules.words import CLAIMS as CLAIM_WORDS
from subsidies.rules.words import TITLES as TITLE_WORDS
from subsidies.rules.words import WORDS
from subsidies.wording import book_help, book_name, message, remedy, title_name
from tests.conftest import BOLE

from .book_cases import DAY, EVENT_HEAD, NOON, ONE, POOL_HEAD, RECEIVED_HEAD, TITLE_HEAD


def test_every_title_and_claim_has_its_word_and_no_spelling_means_two_things() -> None:
    assert [c for c, _w, _m in TITLE_WORDS] == list(TITLES)
    assert [c for c, _w, _m in CLAIM_WORDS] == list(CLAIMS)
    for choices in (TITLE_WORDS, CLAIM_WORDS):
        owners = {squashed(s): c for c, word, more in choices for s in (word, *more)}
        assert all(owners[squashed(s)] == c for c, word, more in choices for s in (word, *more))
    assert all(title_name(each) == WORDS[each] for each in (*TITLES, *CLAIMS))
    assert title_name("unheard_of") == "unheard_of"


def test_every_kind_has_its_shape_name_and_help_and_its_columns_are_told_apart() -> None:
    assert set(KINDS) == set(SHAPES)
    for kind, shape in SHAPES.items():
        assert book_name(kind) != kind and book_help(kind)
        spelled = [s for f in shape.fields for s in {squashed(f.header), *map(squashed, f.synonyms)}]
        assert len(spelled) == len(set(spelled)), kind
        assert shape.needs <= {f.code for f in shape.fields}


@pytest.mark.parametrize(
    ("text", "field", "unit"),
    [
        ("核定金额（万元）", "decided", "万元"),
        (" 核 定\n金 额 【单位：元】", "decided", "元"),
        ("3、核定金额/万元", "decided", "万元"),
        ("核定金额万元", "decided", "万元"),
        ("审定金额", "decided", ""),
        ("核定金额（必填，元）", "decided", "元"),
        ("核定金额（预计）", None, ""),
        ("发生日期\n（年/月/日）", "on", ""),
        ("发生日期\n格式：2024-05-01", "on", ""),
        ("①统一社会信用代码", "uscc", ""),
        ("县市区", "region", ""),
        ("编　号", "code", ""),
        ("项目（万元）", None, ""),
        ("x" * 900, None, ""),
    ],
)
def test_a_header_is_known_by_its_meaning(text: str, field: str | None, unit: str) -> None:
    found, said = recognise(text, names_of(SHAPES["events"]))
    assert (found.code if found else None, said) == (field, unit)


_CELLS = st.one_of(
    st.sampled_from(
        ["", None, *(w for _c, w, _m in CLAIM_WORDS), *TITLE_HEAD, *EVENT_HEAD, *RECEIVED_HEAD, *POOL_HEAD, ONE, "A-13",
         "2026", 2026.0, "￥5,000", "5000元", "1.5万元", "约5千万", "=1+1", "合计", "清除", "单位：万元", "(1)", "万元",
         NOON, dt.date(2999, 1, 1), dt.timedelta(1), True, float("nan"), float("inf"), 1e300, -0.0,
         Broken(""), Broken("#REF!"), Percent(0.5), Scaled(1.0), "2024年5月1日", "\x00", "①", "９１"]
    ),
    st.text(max_size=20),
    st.floats(),
    st.integers(),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(SHAPES)),
    st.lists(st.lists(_CELLS, max_size=9), max_size=8),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.integers(1, 9), max_size=2),
)
def test_any_table_of_cells_gives_rows_or_problems_and_never_an_exception(
    kind: str, rows: list[list[Any]], headed: bool, text_only: bool, hidden: frozenset[int]
) -> None:
    shape = SHAPES[kind].offering("scheme", ("A-13", "A-21"))
    head = [[f.header for f in shape.fields]] if headed else []
    merged = ((2, 1, 4, 1), (1, 0, 3, 2), (3, 3, 99, 3))
    sheet = Sheet("表", head + rows, text_only=text_only, hidden_rows=hidden, merged=merged)
    reading = read(Workbook("a", "xlsx", [sheet]), shape, regions={"652701": BOLE, "x": None}, today=DAY)
    assert reading.rows or reading.problems
    for row in reading.rows:
        assert all(row.values.get(needed) is not None for needed in shape.needs)
    for problem in reading.problems:
        assert message(problem.shown()) and remedy(problem)
