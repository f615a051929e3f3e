"""A list page of fifty rows against the same rows read by a raw cursor and joined into plain HTML."""

from __future__ import annotations

import io
from html import escape

import pytest
from django.db import connection
from django.test import Client

from benchmarks.conftest import side_by_side
from enterprises.actions.imports import import_workbook
from tenancy.access import Actor, system_actor
from tenancy.context import acting
from tenancy.models import Officer
from tests.conftest import BOLE, county_bole, person  # noqa: F401  the standing cast
from tests.tenancy.test_sign_in import sign_in

_SQL = """
SELECT e.public_id, e.name, e.uscc, e.industry_code, e.updated_at, f.revenue, f.rd_expense, v.outcome, v.score
  FROM enterprises_enterprise e
  LEFT JOIN enterprises_annualfigures f ON f.enterprise_id = e.id AND f.year = 2025
  LEFT JOIN LATERAL (SELECT outcome, score FROM cultivation_evaluation v WHERE v.enterprise_id = e.id
                      ORDER BY judged_on DESC, id DESC LIMIT 1) v ON true
 WHERE e.state = 'active' ORDER BY e.updated_at DESC, e.id DESC LIMIT 50
"""


@pytest.mark.django_db
def test_a_list_page_against_a_raw_cursor(client: Client, county_bole: Actor) -> None:  # noqa: F811
    lines = ["统一社会信用代码,企业名称,行业代码,营业收入（万元）,研发费用（万元）"]
    lines += [f"91652701MA{n:07d}X,博乐市第{n}号有限公司,C3511,{4000 + n},{100 + n}" for n in range(400)]
    actor = system_actor(BOLE)
    with acting(actor):
        import_workbook(
            by=actor, region=BOLE, year=2025, file=io.BytesIO("\n".join(lines).encode()), name="a.csv"
        )
    assert Officer.objects.count()
    sign_in(client, county_bole)

    def page() -> None:
        assert client.get("/registry/?size=50").status_code == 200

    def raw() -> str:
        with acting(county_bole), connection.cursor() as cursor:
            cursor.execute(_SQL)
            return "".join(
                "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
                for row in cursor.fetchall()
            )

    side_by_side(
        "the list page of 50 rows, whole request / raw cursor and plain rows", (page, raw), rounds=21
    )
