"""Working days by the State Council's notices, and the dated terms of titles."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cultivation import terms
from cultivation.models import Tier
from cultivation.rules.terms import Terms, in_force, years_later
from cultivation.rules.workdays import YearNotice, after_workdays, is_known, is_workday


def test_a_sunday_that_makes_up_for_a_holiday_is_a_workday_g13() -> None:
    assert is_workday(date(2026, 1, 4)) and date(2026, 1, 4).weekday() == 6
    assert not is_workday(date(2026, 1, 2)) and date(2026, 1, 2).weekday() == 4


@pytest.mark.parametrize(
    ("start", "days", "on"),
    [
        (date(2026, 3, 2), 5, date(2026, 3, 9)),  # Monday: the day of publication does not count
        (date(2026, 3, 6), 1, date(2026, 3, 9)),  # over a weekend
        (date(2025, 12, 31), 1, date(2026, 1, 4)),  # New Year's days off, then a make-up Sunday
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # the October holiday
    ],
)
def test_a_period_ends_on_its_last_working_day(start: date, days: int, on: date) -> None:
    end = after_workdays(start, days)
    assert (end.on, end.sure) == (on, True)


def test_a_year_whose_holidays_are_not_published_counts_weekdays_and_says_so_g13() -> None:
    assert not is_known(date(2031, 1, 1))
    end = after_workdays(date(2030, 12, 30), 3)
    assert (end.on, end.sure) == (date(2031, 1, 2), False)
    assert after_workdays(date(2026, 12, 24), 3).sure
    assert not after_workdays(date(2026, 12, 31), 1).sure


def test_an_own_notice_makes_a_year_known_and_goes_before_the_weekday() -> None:
    own = {2031: YearNotice("通知", frozenset({date(2031, 1, 1)}), frozenset({date(2031, 1, 4)}))}
    assert not is_workday(date(2031, 1, 1), own) and is_workday(date(2031, 1, 4), own)
    end = after_workdays(date(2031, 1, 2), 2, {2031: own[2031]})
    assert (end.on, end.sure) == (date(2031, 1, 4), True)


def test_a_period_without_a_day_is_no_period() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        after_workdays(date(2026, 1, 5), 0)


@given(st.dates(date(2005, 1, 1), date(2035, 12, 1)), st.integers(1, 40))
def test_the_last_day_is_a_workday_with_as_many_behind_the_first(start: date, days: int) -> None:
    end = after_workdays(start, days).on
    between = [start + timedelta(n) for n in range(1, (end - start).days + 1)]
    assert sum(map(is_workday, between)) == days and is_workday(end)


def test_a_title_is_valid_to_the_same_day_three_years_later() -> None:
    assert years_later(date(2025, 7, 7), 3) == date(2028, 7, 7)
    assert years_later(date(2028, 2, 29), 3) == date(2031, 2, 28)
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_every_tier_has_dated_terms_and_the_youngest_in_force_counts() -> None:
    for tier in Tier.values:
        found = terms.of(tier, date(2026, 9, 30))
        assert found.valid_years >= 1 and found.notice_workdays >= 5 and found.document and found.certainty
    assert terms.of("specialised", date(2026, 3, 31)).document == "工信部企业〔2022〕63号"
    assert terms.of("specialised", date(2026, 4, 1)).document == "工信部企业〔2026〕2号"
    with pytest.raises(LookupError):
        in_force([Terms("x", date(2026, 1, 2), 3, 5, 3, "", "")], "x", date(2026, 1, 1))
