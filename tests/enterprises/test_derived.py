from fractions import Fraction

import pytest

from enterprises.rules import derived


def test_a_missing_operand_gives_unknown() -> None:
    assert all(value is None for value in derived.derive({}).values())


@pytest.mark.parametrize("base", [0, -1])
def test_a_base_year_of_zero_or_less_gives_unknown(base: int) -> None:
    assert derived.main_revenue_growth({"main_revenue": 5, "main_revenue[Y-1]": base}) is None


def test_a_zero_denominator_gives_unknown() -> None:
    assert derived.rd_ratio({"rd_expense": 5, "revenue": 0}) is None
    assert derived.debt_ratio({"total_liabilities": 5, "total_assets": 0}) is None


def test_quotients_are_exact() -> None:
    assert derived.rd_ratio({"rd_expense": 29_999, "revenue": 1_000_000}) < Fraction(3, 100)
    assert derived.rd_ratio({"rd_expense": 3, "revenue": 100}) == Fraction(3, 100)


def test_the_average_growth_needs_three_years() -> None:
    facts = {"main_revenue": 121, "main_revenue[Y-1]": 110}
    assert derived.main_revenue_avg_growth_2y(facts) is None
    assert derived.main_revenue_avg_growth_2y(facts | {"main_revenue[Y-2]": 100}) == Fraction(1, 10)


def test_compound_growth_of_five_percent_is_met_at_441_to_400() -> None:
    five = Fraction(5, 100)
    assert derived.cagr_at_least({"revenue": 441, "revenue[Y-2]": 400}, five) is True
    assert derived.cagr_at_least({"revenue": 44099999, "revenue[Y-2]": 40000000}, five) is False
    assert derived.cagr_at_least({"revenue": 441}, five) is None


def test_sums_over_years_need_every_year() -> None:
    facts = {"equity_financing": 1, "equity_financing[Y-1]": 2}
    assert derived.equity_financing_2y(facts) == 3
    assert derived.equity_financing_3y(facts) is None


def test_the_best_right_is_unknown_while_a_better_one_may_exist() -> None:
    assert derived.best_ip({"ip1_high_value": 1}) == "high_value"
    assert derived.best_ip({"ip1_high_value": None, "ip1": 3}) is None
    assert derived.best_ip({"ip1_high_value": 0, "ip1_self_developed": 0, "ip1": 0, "ip2": 1}) == "class2"
    assert derived.best_ip(dict.fromkeys(("ip1_high_value", "ip1_self_developed", "ip1", "ip2"), 0)) == "none"
