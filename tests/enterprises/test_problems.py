"""Problems as they are stored: their columns by Excel's letters, personal numbers masked."""

from __future__ import annotations

import pytest

from enterprises.rules.problems import Problem, letters
from tests.enterprises import books
from tests.enterprises.sent import NUMBER


def test_letters_of_columns_are_excels() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        "110105 19491231 002X",
        "110105-19491231-002x",
        "1101 0519 4912 3100 2X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "张三，110105 19491231 002X，已核",
        "110105.19491231.002X",
    ],
)
def test_a_finding_may_be_stored_however_the_personal_number_was_typed_e19(text: str) -> None:
    stored = Problem("error", "uscc_personal_id", value=text, subject=text, header=text).shown()
    for kept in (stored.value, stored.subject, stored.header):
        assert "*" * 14 + "002X" in kept and "1949" not in kept and "１９４９" not in kept


@pytest.mark.parametrize(
    "text", [books.code(1), "13909091234 2024-11-25 100", "1000 2000 3000 4000 5000", ""]
)
def test_what_is_no_personal_number_is_stored_as_it_is(text: str) -> None:
    assert Problem("error", "x", value=text).shown().value == text
