"""Judging a hundred thousand enterprises against reading their facts and copying the answers in."""

from __future__ import annotations

import datetime as dt

import pytest

from benchmarks.conftest import side_by_side
from cultivation import editions
from cultivation.rules.judge import prepare
from cultivation.stored import answers_to_json, dumps, money_codes

N = 100_000


def _facts(n: int) -> dict[str, object]:
    return {
        "uscc": f"91652701MA{n:08d}",
        "industry_code": "C3511",
        "employees": 20 + n % 900,
        "revenue": 100_000_000 + n * 977 % 9_000_000_000,
        "main_revenue": 90_000_000 + n * 811 % 8_000_000_000,
        "main_revenue[Y-1]": 80_000_000 + n * 733 % 8_000_000_000,
        "rd_expense": n * 613 % 400_000_000,
        "total_assets": 200_000_000 + n * 599 % 9_000_000_000,
        "total_liabilities": n * 571 % 6_000_000_000,
        "ip1": n % 3,
        "ip1_self_developed": n % 2,
        "ip1_high_value": None if n % 17 else 0,
        "ip2": n % 5,
        "in_strategic_emerging": n % 2 == 0,
        "equity_financing": 0,
        "equity_financing[Y-1]": 0 if n % 13 else None,
        "equity_financing[Y-2]": 0,
        "rd_institution_level": "none",
        "on_abnormal_list": False,
        "on_dishonesty_list": False,
        "accident_3y": False,
        "restricted_product": False,
    }


@pytest.mark.django_db
def test_judging_against_reading_and_copying(million: str) -> None:
    from benchmarks.conftest import login

    edition = editions.in_force("innovative", dt.date(2026, 9, 30), region="65/")
    judge, money = prepare(edition), money_codes(edition)
    known = [_facts(n) for n in range(N)]
    on = dt.date(2026, 9, 30)
    answers = [judge(facts, on) for facts in known]
    lines = [f"{n}\t{dumps(answers_to_json(a.answers, money))}\n" for n, a in enumerate(answers)]
    connection = login("TIDU_WORKER_URL", "tidu_worker", million)

    def judging() -> None:
        for facts in known:
            judge(facts, on)

    def reading_and_copying() -> None:
        import io

        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', 'app_nation', true)")
            cursor.execute(
                "SELECT e.*, f.* FROM enterprises_enterprise e LEFT JOIN enterprises_annualfigures f "
                "ON f.enterprise_id = e.id AND f.year = 2025 ORDER BY e.id LIMIT %s",
                [N],
            )
            cursor.fetchall()
            cursor.execute("CREATE TEMPORARY TABLE copied (n int, answers jsonb) ON COMMIT DROP")
            cursor.copy_expert("COPY copied FROM STDIN", io.StringIO("".join(lines)))

    side_by_side(
        "judging 100,000 enterprises / reading facts and COPYing answers",
        (judging, reading_and_copying),
        rounds=3,
    )
    connection.close()
