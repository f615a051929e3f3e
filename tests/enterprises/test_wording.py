"""Problems in words: the headings of their groups, and limits within a sentence."""

import pytest

from enterprises import wording
from enterprises.rules.problems import Problem


@pytest.mark.parametrize("code", [*wording._CELLS, *wording._SHEETS])
def test_every_kind_of_problem_has_a_heading_that_is_whole_without_its_values(code: str) -> None:
    heading = wording.kind(code)
    assert heading and len(heading) <= 20
    for gap in ("…", "None", "  ", " 年", "："):
        assert gap not in heading, heading


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"low": 0, "high": 100}, "应为 0–100 之间的数，请核对后重填"),
        ({"low": 0, "high": 10_000_000}, "应为 0–10,000,000 之间的数，请核对后重填"),
        ({"low": 1, "high": None}, "应为不小于 1 的数，请核对后重填"),
    ],
)
def test_limits_are_set_off_from_the_words_by_a_space(limits: dict[str, int | None], words: str) -> None:
    assert wording.remedy(Problem("error", "number_range", params=limits)) == words
