"""Sweeps that take minutes; `bin/test --long` runs them."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import date
from typing import Any

import pytest

from cultivation import editions
from cultivation.rules.judge import prepare
from tests.conftest import ROOT
from tests.cultivation import naive
from tests.cultivation.test_judge import same_as_naive

pytestmark = pytest.mark.long
ON = date(2026, 9, 30)


def _random_facts(draw: random.Random) -> dict[str, Any]:
    """Facts at and around every boundary, a good part of them unknown."""
    revenue = draw.choice([0, 100, 10_000, 2_000_000_00, draw.randrange(1, 10**11)])

    def near(whole: int, shares: tuple[int, ...]) -> int:
        return max(0, whole * draw.choice(shares) // 100 + draw.choice([-1, 0, 0, 1]))

    main = near(revenue, (50, 55, 60, 70, 90))
    assets = draw.choice([0, 10_000_00, draw.randrange(1, 10**11)])
    facts: dict[str, Any] = {
        "uscc": draw.choice(["91", "93", "92", "52"]) + "652701MA0000001K",
        "industry_code": draw.choice(list(naive.LARGE)),
        "employees": draw.choice([19, 20, 299, 300, 999, 1000]),
        "revenue": revenue,
        "main_revenue": main,
        "main_revenue[Y-1]": draw.choice(
            [0, -1, main, main * 100 // 115, main * 100 // 110, main * 100 // 105]
        ),
        "rd_expense": near(revenue, (1, 2, 3, 5)),
        "total_assets": assets,
        "total_liabilities": near(assets, (55, 75)),
        "ip1_high_value": draw.choice([0, 1]),
        "ip1_self_developed": draw.choice([0, 1]),
        "ip1": draw.choice([0, 1]),
        "ip2": draw.choice([0, 1]),
        "in_strategic_emerging": draw.choice([True, False]),
        "equity_financing": draw.choice([0, 200_000_000, 499_999_999, 500_000_000]),
        "equity_financing[Y-1]": draw.choice([0, 300_000_000, 299_999_999]),
        "equity_financing[Y-2]": 0,
        "rd_institution_level": draw.choice(["national", "provincial", "municipal", "none"]),
        "hnte_valid_until": draw.choice([None, date(2026, 9, 30), date(2026, 9, 29)]),
        "provincial_award_on": draw.choice([None, date(2023, 9, 30), date(2023, 10, 1)]),
        **dict.fromkeys(
            ("on_abnormal_list", "on_dishonesty_list", "accident_3y", "restricted_product"), False
        ),
    }
    return {code: None if draw.random() < 0.12 else value for code, value in facts.items()}


def test_twenty_thousand_enterprises_are_judged_like_the_naive_calculation() -> None:
    draw = random.Random(2026)
    judge = prepare(editions.by_id("CN-MIIT-2022-63/T1"))
    for _case in range(20_000):
        facts = _random_facts(draw)
        same_as_naive(judge(facts, ON), facts, ON)


_PRINT_MANY = """
import django
django.setup()
from portal.reports.printing import print_report
from tests.memory import peak_memory
from tests.quarters.test_printing import a_closed, row
closed = a_closed([row(n) for n in range(200)])
for n in range(100):
    print_report(closed)
    if n in (20, 99):
        print(peak_memory(), flush=True)
"""


def test_memory_stays_flat_over_a_hundred_reports_in_one_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_MANY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1500,
        check=True,
    )
    early, late = map(int, done.stdout.split())
    assert late < early * 1.15
