"""Headings of the groups of problems."""

import pytest

from enterprises import wording


@pytest.mark.parametrize("code", [*wording._CELLS, *wording._SHEETS])
def test_every_kind_of_problem_has_a_heading_that_is_whole_without_its_values(code: str) -> None:
    heading = wording.kind(code)
    assert heading and len(heading) <= 20
    for gap in ("…", "None", "  ", " 年", "："):
        assert gap not in heading, heading
