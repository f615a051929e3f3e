"""The same payments from several people at once: settled once."""

from __future__ import annotations

from subsidies.rules.workflow import Refused
from tests.at_once import officer, together

from .book_cases import counts
from .office import Office
from .payment_cases import WAN, Clock, ordered, report, row, whole


def test_two_of_the_same_file_at_once_settle_once(committed: None, clock: Clock) -> None:
    office = Office(officer)
    pool = office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    given_ = together(*[lambda: report(office, row(first), row(second))] * 4)
    assert sorted(counts(r) for r in given_) == [(0, 0, 2, 0)] * 3 + [(2, 0, 0, 0)]
    assert office.money(pool) == {"free": 975, "paid": 25}
    whole()


def test_a_file_and_a_hand_at_once_settle_once(committed: None, clock: Clock) -> None:
    office = Office(officer)
    pool = office.pool()
    (first,) = ordered(office, clock, 25 * WAN)

    def by_hand() -> str:
        try:
            office.settled(first.award, receipt="手")
        except Refused as told_:
            return told_.code
        return "done"

    result, hand = together(lambda: report(office, row(first)), by_hand)
    assert (counts(result)[0], hand) in ((1, "settled"), (0, "done"))
    assert office.money(pool) == {"free": 975, "paid": 25}
    whole()
