import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from enterprises.actions import delete_draft, rename, save_by_hand, save_draft, set_state
from enterprises.actions.entry import ChangedMeanwhile, Refused
from enterprises.models import Enterprise, EnterpriseState, EntryDraft
from enterprises.queries import history_of, likely_duplicates, search
from tenancy.access import Actor, Denied
from tenancy.context import acting
from tenancy.models import AuditEntry
from tests.conftest import BOLE, JINGHE
from tests.enterprises.books import code


def made(by: Actor, n: int = 1, name: str = "博乐重工机械有限公司", **values: Any) -> Enterprise:
    return save_by_hand(
        by=by, region=by.region_path, year=2025, values={"uscc": code(n), "name": name, **values}
    )


def test_an_enterprise_is_entered_by_hand_with_its_figures(county_bole: Actor) -> None:
    with acting(county_bole):
        draft = save_draft(by=county_bole, region=BOLE, year=2025, data={"name": "博"})
        made(county_bole, revenue=Decimal("12.34"), own_brand=True, park=" 东园\u200b ")
        found = Enterprise.objects.get(uscc=code(1))
        assert found.park == "东园" and found.figures.get(year=2025).revenue == Decimal("12.34")
        assert AuditEntry.objects.filter(action="enterprises.create").count() == 1
        delete_draft(by=county_bole, draft=draft)
        assert not EntryDraft.objects.exists()


def test_a_code_registered_elsewhere_is_refused_with_the_neutral_word(
    county_bole: Actor, county_jinghe: Actor
) -> None:
    with acting(county_jinghe):
        made(county_jinghe)
    with acting(county_bole):
        with pytest.raises(Refused) as wrong:
            made(county_bole)
        assert (wrong.value.code, wrong.value.params) == ("registered_elsewhere", {})


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"uscc": ""}, "uscc_missing"),
        ({"uscc": "11010519491231002X"}, "uscc_personal_id"),
        ({"name": ""}, "name_missing"),
        ({"region_id": JINGHE}, "field_unknown"),
    ],
)
def test_d_02_what_cannot_be_entered_is_refused(county_bole: Actor, values: dict, problem: str) -> None:
    with acting(county_bole):
        with pytest.raises(Refused) as wrong:
            save_by_hand(
                by=county_bole, region=BOLE, year=2025, values={"uscc": code(1), "name": "甲公司"} | values
            )
        assert wrong.value.code == problem and not Enterprise.objects.exists()


def test_c_11_a_newer_version_is_not_overwritten(county_bole: Actor) -> None:
    with acting(county_bole):
        first = made(county_bole, employees=5)
        version = first.version
        save_by_hand(
            by=county_bole, region=BOLE, year=2025, enterprise=first, version=version, values={"park": "东园"}
        )
        with pytest.raises(ChangedMeanwhile) as wrong:
            save_by_hand(
                by=county_bole,
                region=BOLE,
                year=2025,
                enterprise=first,
                version=version,
                values={"park": "西园"},
            )
        assert wrong.value.differences == [("park", "东园", "西园")]
        with pytest.raises(ChangedMeanwhile):
            save_by_hand(
                by=county_bole,
                region=BOLE,
                year=2025,
                enterprise=first,
                figures_version=9,
                values={"employees": 6},
            )
        # the same content is no conflict
        save_by_hand(
            by=county_bole, region=BOLE, year=2025, enterprise=first, version=version, values={"park": "东园"}
        )


def test_saving_the_same_writes_no_version_and_no_audit_row(county_bole: Actor) -> None:
    with acting(county_bole):
        first = made(county_bole, revenue=Decimal("5.00"))
        save_by_hand(
            by=county_bole,
            region=BOLE,
            year=2025,
            enterprise=first,
            values={"revenue": Decimal("5"), "name": first.name},
        )
        assert Enterprise.objects.get().version == 1 and AuditEntry.objects.count() == 1


def test_a_neighbour_and_a_reader_may_not_write(
    county_bole: Actor, county_jinghe: Actor, person: Any
) -> None:
    with acting(county_bole):
        first = made(county_bole)
    auditor = person("auditor", "auditor", BOLE)
    for stranger in (county_jinghe, auditor):
        with acting(stranger):
            with pytest.raises(Denied):
                rename(by=stranger, enterprise=first, name="抢名公司")
            with pytest.raises(Denied):
                set_state(by=stranger, enterprise=first, state="deregistered", on=dt.date(2026, 1, 1))


def test_names_states_and_their_history(county_bole: Actor) -> None:
    with acting(county_bole):
        first = made(county_bole, revenue=Decimal("1.00"))
        rename(by=county_bole, enterprise=first, name="博乐新名有限公司")
        set_state(
            by=county_bole, enterprise=first, state="merged", on=dt.date(2026, 1, 2), merged_into=code(2)
        )
        set_state(
            by=county_bole, enterprise=first, state="merged", on=dt.date(2026, 1, 2), merged_into=code(2)
        )
        assert EnterpriseState.objects.get().merged_into == code(2)
        changes = [(entry["kind"], change) for entry in history_of(first) for change in entry["changes"]]
        assert ("update", ("name", "博乐重工机械有限公司", "博乐新名有限公司")) in changes
        assert ("update", ("state", "active", "merged")) in changes
        assert ("insert", ("revenue", None, Decimal("1.00"))) in changes


@pytest.mark.parametrize(
    "typed",
    [
        "重工",
        "博乐重工",
        "ｂｌ",
        "blzg",
        "BLZG",
        code(1)[:10].lower(),
        code(1),
        "旧名",
        "jmgs",
        "（甲）",
        "(甲)",
    ],
)
def test_a_07_search_by_name_former_name_code_and_initials_within_the_own_region(
    county_bole: Actor, county_jinghe: Actor, typed: str
) -> None:
    with acting(county_bole):
        first = made(county_bole, name="旧名公司")
        rename(by=county_bole, enterprise=first, name="博乐重工（甲）有限公司")
        assert [e.uscc for e in search(typed)[:20]] == [code(1)]
    with acting(county_jinghe):
        assert list(search(typed)[:20]) == []


def test_likely_duplicates_share_name_former_name_or_organisation_code(county_bole: Actor) -> None:
    with acting(county_bole):
        first = made(county_bole, name="旧名公司")
        rename(by=county_bole, enterprise=first, name="新名公司")
        other = code(1)[:2] + "410702" + code(1)[8:]
        for name, uscc in (("新名公司", ""), ("旧名 公司", ""), ("别的", code(1)), ("别的", other)):
            assert [e.pk for e in likely_duplicates(name=name, uscc=uscc)] == [first.pk], (name, uscc)
        assert not likely_duplicates(name="新名公司", exclude=first.pk)
