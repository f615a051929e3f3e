"""A hundred thousand mutated workbooks: each is read or refused; none breaks, hangs or fills the memory."""

from __future__ import annotations

import pytest

from tests.enterprises.test_mutations import read_in_child

pytestmark = pytest.mark.long
ALL, AT_ONCE = 100_000, 10_000


@pytest.mark.parametrize("first", range(0, ALL, AT_ONCE))
def test_ten_thousand_more_mutated_workbooks_are_read_or_refused(first: int) -> None:
    read, refused, _peak = read_in_child(first, AT_ONCE, 3600)
    assert read + refused == AT_ONCE
