"""One recorded check for a filtered list: gaps are filled with "no", what is known stays."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from enterprises.actions.checks import record_check
from enterprises.actions.entry import Refused
from enterprises.actions.taking_back import take_back
from enterprises.models import AnnualFigures, Enterprise, ImportBatch
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE
from tests.enterprises.books import code
from tests.enterprises.test_import import run
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
HEAD = ["统一社会信用代码", "企业名称", "是否列入经营异常名录", "新增股权融资（万元）"]
ON = dt.date(2026, 11, 20)


@pytest.fixture
def three(county_bole: Actor) -> Actor:
    run(
        county_bole,
        [
            [code(1), "甲有限公司", "是", 5],
            [code(2), "乙有限公司", None, 7],
            [code(3), "丙有限公司", None, None],
        ],
        head=HEAD,
    )
    return county_bole


def check(by: Actor, **more: Any) -> ImportBatch:
    with acting(by):
        return record_check(
            **{
                "by": by, "region": by.region_path, "enterprises": Enterprise.objects.all(), "year": 2025,
                "codes": ["on_abnormal_list", "equity_financing", "rd_institution_level"], "on": ON, "source": "信用中国",
            } | more
        )  # fmt: skip


def facts() -> list[tuple[Any, ...]]:
    with nation():
        return list(
            AnnualFigures.objects.filter(year=2025)
            .order_by("enterprise__uscc")
            .values_list("enterprise__name", "on_abnormal_list", "equity_financing", "rd_institution_level")
        )


def test_gaps_are_filled_and_what_is_known_stays(three: Actor) -> None:
    batch = check(three)
    assert sorted(facts()) == sorted(
        [
            ("甲有限公司", True, 50_000, "none"),
            ("乙有限公司", False, 70_000, "none"),
            ("丙有限公司", False, 0, "none"),
        ]
    )
    assert (batch.counts["rows"], batch.counts["updated"]) == (3, 3)
    with nation():
        row = AnnualFigures.objects.get(enterprise__uscc=code(3))
        assert row.import_batch_id == batch.pk and row.source_file == "信用中国 2026-11-20"
        assert row.updated_by_id == three.officer_id
        entry = AuditEntry.objects.get(action="enterprises.check")
    assert entry.detail["source"] == "信用中国" and entry.detail["on"] == "2026-11-20"


def test_the_same_check_twice_changes_nothing(three: Actor) -> None:
    check(three)
    with nation():
        before = list(AnnualFigures.objects.order_by("pk").values_list("pk", "version"))
    assert check(three).counts["updated"] == 0
    with nation():
        assert list(AnnualFigures.objects.order_by("pk").values_list("pk", "version")) == before


def test_a_check_is_taken_back_like_an_import(three: Actor) -> None:
    before = facts()
    batch = check(three)
    with acting(three):
        take_back(by=three, batch=batch)
    assert facts() == before


@pytest.mark.parametrize(
    "wrong", [{"codes": []}, {"codes": ["revenue"]}, {"on": dt.date(2200, 1, 1)}, {"source": "  "}]
)
def test_a_check_without_substance_is_refused(three: Actor, wrong: dict[str, Any]) -> None:
    before = facts()
    with pytest.raises(Refused):
        check(three, **wrong)
    assert facts() == before


def test_a_neighbour_records_nothing(three: Actor, county_jinghe: Actor) -> None:
    assert check(county_jinghe).counts["rows"] == 0
    with pytest.raises(Denied):
        check(county_jinghe, region=BOLE)


def test_the_page_records_it_for_the_list_of_the_address(client: Client, three: Actor) -> None:
    sign_in(client, three)
    text = client.get("/registry/check/?q=丙&year=2025").content.decode()
    assert "给这 1 家登记" in text and "名称或代码含“丙”" in text and "1 家空着" in text
    wrong = client.post(
        "/registry/check/?q=丙&year=2025", {"field": "on_abnormal_list", "on": "2026-11-20", "source": ""}
    )
    assert wrong.status_code == 422 and "写明在哪里核查的" in wrong.content.decode()
    wrong = client.post(
        "/registry/check/?q=丙&year=2025",
        {"field": "on_abnormal_list", "on": "2999-01-01", "source": "信用中国"},
    )
    assert wrong.status_code == 422 and "信用中国" in wrong.content.decode()
    done = client.post(
        "/registry/check/?q=丙&year=2025",
        {"field": "on_abnormal_list", "on": "2026-11-20", "source": "信用中国"},
        follow=True,
    ).content.decode()
    assert "已登记 1 家" in done and "收回这次导入" in done
    assert [f[1] for f in sorted(facts())] == [False, None, True]
