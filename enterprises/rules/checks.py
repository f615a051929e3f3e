"""What two facts of one row say about each other. One check is one function in one list.

All of them warn: nothing is inferred from another column, but an officer should look twice. Each check
is given the two facts where both are known, of the same year.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Check(NamedTuple):
    """`holds(first, second)` is false where the officer should look; the finding stands at `first`."""

    code: str
    first: str
    second: str
    holds: Callable[[Any, Any], bool]


def not_above(part: int, whole: int) -> bool:
    return part <= whole or whole < 0


CHECKS: tuple[Check, ...] = (
    Check("main_above_revenue", "main_revenue", "revenue", not_above),
    Check("rd_above_revenue", "rd_expense", "revenue", not_above),
    Check("rd_staff_above_employees", "rd_staff", "employees", not_above),
    Check("ip_part_above_whole", "ip1_high_value", "ip1", not_above),
    Check("ip_part_above_whole", "ip1_self_developed", "ip1", not_above),
    Check("ip_part_above_whole", "ip1_applied", "ip1", not_above),
)
