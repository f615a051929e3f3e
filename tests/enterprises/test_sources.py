"""Every figure knows its import, row and officer, also where a later change of its row left it alone."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from enterprises.actions.entry import save_by_hand
from enterprises.models import Enterprise
from enterprises.queries import sources_of
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE
from tests.enterprises.books import code
from tests.enterprises.test_import import run
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
HEAD = ["统一社会信用代码", "企业名称", "营业收入（万元）", "从业人员", "所在园区"]


@pytest.fixture
def mixed(county_bole: Actor, person: Any) -> Enterprise:
    run(county_bole, [[code(1), "甲有限公司", 5, 20, "东园"]], head=HEAD)
    colleague = person("county.colleague", "county", BOLE)
    run(colleague, [[], [code(1), "甲有限公司", 5, 30, None]], head=HEAD)
    with acting(county_bole):
        found = Enterprise.objects.get()
        save_by_hand(by=county_bole, region=BOLE, year=2025, values={"rd_staff": 3}, enterprise=found)
        save_by_hand(by=county_bole, region=BOLE, year=2024, values={"revenue": Decimal(9)}, enterprise=found)
    return found


def test_each_figure_names_the_change_that_made_it(mixed: Enterprise, county_bole: Actor) -> None:
    with acting(county_bole):
        found = sources_of(mixed)
    told = {
        key: (entry["source_file"], entry["source_row"], entry["by"] == county_bole.officer_id)
        for key, entry in found.items()
        if key[0] in ("revenue", "employees", "rd_staff", "park")
    }
    assert told == {
        ("revenue", 2025): ("企业汇总.xlsx", 2, True),
        ("park", None): ("企业汇总.xlsx", 2, True),
        ("employees", 2025): ("企业汇总.xlsx", 3, False),
        ("rd_staff", 2025): ("", None, True),
        ("revenue", 2024): ("", None, True),
    }


def test_the_page_numbers_the_sources(client: Client, mixed: Enterprise, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    text = client.get(f"/enterprises/{mixed.public_id}/figures/").content.decode()
    assert 'id="source-3"' in text and "第 3 行" in text and "手工录入" in text and "county.colleague" in text


def test_an_enterprise_reads_its_own_figures_with_their_source(
    client: Client, mixed: Enterprise, person: Any
) -> None:
    sign_in(client, person("own", "enterprise", BOLE, mixed.pk))
    page = client.get(f"/enterprises/{mixed.public_id}/figures/")
    assert page.status_code == 200 and "手工录入" in page.content.decode()
