"""A place's own standard: written in the words of the vocabulary, its effect seen, put in force by two people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cultivation import actions, editions
from cultivation.actions import evaluate
from cultivation.effect import compare, first_days
from cultivation.models import Edition, EditionDraft, Evaluation, Tier
from cultivation.queries import stale
from cultivation.replay import replay
from cultivation.rules import composing
from cultivation.rules.composing import Leaf, Unreadable
from cultivation.rules.overlay import laid_over
from cultivation.rules.reading import EditionError
from cultivation.rules.vocabulary import KINDS
from cultivation.rules.workflow import Refused
from portal.tasks import edition_effect
from tenancy.access import Actor, Denied
from tenancy.context import acting, anybody, nation
from tests.conftest import BOLE, BORTALA, HONGQI, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .world import YEAR, enterprise

T1, T2 = "CN-MIIT-2022-63/T1", "CN-MIIT-2022-63/T2"
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def _no_editions_left_over() -> Iterator[None]:
    """What a test has put in force is rolled back with it, but not what the cache knows of it."""
    yield
    editions.forget_places()


def over(**more: Any) -> dict[str, Any]:
    said = {"zh": "自治区补充标准", "en": "Regional standard"}
    return {
        "title": said,
        "document": {"number": "新工信〔2026〕9 号", "part": {"zh": "附件", "en": "annex"}},
        "valid_from": TODAY().isoformat(),
        "valid_until": None,
        "applies_to": ["first"],
        **more,
    }


def condition(code: str = "LOCAL1", test: Any = None) -> dict[str, Any]:
    words = {"zh": "营业收入", "en": "Revenue"}
    return {
        "code": code,
        "group": "required",
        "label": words,
        "standard": {"zh": "不低于 6000 万元", "en": "At least 60 million yuan"},
        "clause": {"zh": "第二条", "en": "art. 2"},
        "confidence": {"mark": "verified", "sources": ["P1"]},
        "test": test or {"fact": "revenue", "ge": "6000 万元"},
    }


ADDED = {"conditions": [condition()], "sources": {"P1": "新工信〔2026〕9 号"}}


def begun(by: Actor, base: str = T1, **more: Any) -> EditionDraft:
    with acting(by):
        return actions.begin_edition(by=by, base=Edition.objects.get(code=base), over=over(**more))


def in_force(by: Actor, second: Actor, run: Any, base: str = T1, **more: Any) -> Edition:
    draft = begun(by, base, **more)
    with acting(by):
        effect = compare(draft, TODAY())
        actions.keep_effect(by=by, draft=draft, of=draft.content_hash, effect=effect)
        actions.propose_edition(by=by, draft=draft, version=draft.version)
    with acting(second), run(execute=True):
        return actions.put_in_force(by=second, draft=draft)


@pytest.fixture
def second(person: Any) -> Actor:
    return person("region.second", "region", XINJIANG)


# --- what is typed --------------------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.builds(
        lambda f, op, n: Leaf(f, op, str(n)),
        st.sampled_from([c for c in composing.FACTS if KINDS[c] == "count"]), st.sampled_from(("ge", "le")),
        st.integers(0, 999_999),
    ),
    st.builds(
        lambda f, op, n: Leaf(f, op, f"{n}%"),
        st.sampled_from([c for c in composing.FACTS if KINDS[c] == "ratio"]), st.sampled_from(("ge", "le")),
        st.integers(-100, 900),
    ),
    st.builds(
        lambda f, op, n, unit: Leaf(f, op, f"{n}{unit}"),
        st.sampled_from([c for c in composing.FACTS if KINDS[c] == "money"]), st.sampled_from(("ge", "le")),
        st.integers(0, 99_999), st.sampled_from(("元", "万元", "亿元")),
    ),
    st.builds(
        lambda f, v: Leaf(f, "is", v),
        st.sampled_from([c for c in composing.FACTS if KINDS[c] == "flag"]), st.sampled_from(("是", "否")),
    ),
    st.builds(
        lambda f, op: Leaf(f, op, "" if op == "in_force" else "3"),
        st.sampled_from([c for c in composing.FACTS if KINDS[c] == "date"]), st.sampled_from(("in_force", "within_years")),
    ),
)  # fmt: skip


@given(st.lists(LEAVES, min_size=1, max_size=5), st.sampled_from(("all", "any")))
def test_what_is_typed_reads_back_as_it_was_and_is_an_edition(leaves: list[Leaf], together: str) -> None:
    test = composing.joined(leaves, together)
    assert composing.flat(test) == (together if len(leaves) > 1 else "all", leaves)
    base = editions.plain(editions.read(editions.FOLDER / "innovative-2022-63.yaml"))
    more = over(conditions=[condition(test=test)], sources={"P1": "甲"}, id="X/1")
    made = editions.drafted(editions.plain(laid_over(base, more)))
    assert made.element("LOCAL1").code == "LOCAL1"


@pytest.mark.parametrize("path", editions.files(), ids=lambda path: path.stem)
def test_every_test_of_every_edition_keeps_its_shape_when_its_values_are_typed_again(path: Any) -> None:
    for each in editions.plain(editions.read(path))["conditions"]:
        leaves = composing.leaves_of(each["test"])
        again = composing.with_values(each["test"], {way: leaf.value for way, leaf in leaves})
        base = editions.plain(editions.read(path))
        base["conditions"] = [again if c is each else c for c in base["conditions"]]
        spaces = lambda test: str(test).replace(" ", "")  # noqa: E731
        assert spaces(again) == spaces(each["test"])


@pytest.mark.parametrize(
    ("leaf", "code"),
    [
        (Leaf("revenue", "ge", "5000"), "unit"),
        (Leaf("revenue", "ge", "5%"), "unit"),
        (Leaf("rd_ratio", "ge", "5"), "unit"),
        (Leaf("employees", "ge", "10 人"), "whole_number"),
        (Leaf("employees", "is", "是"), "operation"),
        (Leaf("own_brand", "is", "也许"), "yes_no"),
        (Leaf("rd_institution_level", "in", "国家级、区级"), "choice"),
        (Leaf("rd_institution_level", "in", ""), "empty"),
        (Leaf("uscc", "is", "1"), "fact"),
        (Leaf("__import__('os')", "ge", "1"), "fact"),
        (Leaf("revenue", "ge", ""), "empty"),
    ],
)
def test_what_does_not_fit_its_fact_is_told(leaf: Leaf, code: str) -> None:
    with pytest.raises(Unreadable) as told:
        composing.test_of(leaf)
    assert told.value.code == code


def test_scales_read_back_as_they_were_typed() -> None:
    for fact, rising, text, most in (
        ("rd_ratio", True, "10% 5\n5% 3", 5),
        ("debt_ratio", False, "50% 10\n70% 5", 10),
        ("revenue", True, "1亿元 5\n5000万元 3", 5),
        ("rd_institution_level", True, "国家级 5\n省级 3\n无 0", 5),
        ("own_brand", True, "", 5),
        ("local_feature_score", True, "", 15),
    ):
        assert composing.typed_scale(composing.scale_of(fact, rising, text, most)) == (fact, rising, text)
    for fact, text, code in (
        ("rd_ratio", "10%", "line"),
        ("rd_ratio", "10 5", "unit"),
        ("rd_ratio", "", "empty"),
        ("rd_ratio", "10% 五", "whole_number"),
        ("national_award_on", "1 1", "fact"),
        ("", "", "fact"),
    ):
        with pytest.raises(Unreadable) as told:
            composing.scale_of(fact, True, text, 5)
        assert told.value.code == code


# --- the way of a draft ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_draft_changes_nothing_until_a_second_person_puts_it_in_force(
    region_xinjiang: Actor, second: Actor, county_bole: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    enterprise(1, BOLE)
    with acting(county_bole):
        before = evaluate(by=county_bole, region=BOLE, tier="innovative", year=YEAR, on=TODAY())
    assert before.outcomes == {"pass": 1}
    made = in_force(region_xinjiang, second, django_capture_on_commit_callbacks, **ADDED)
    with acting(county_bole):
        after = evaluate(by=county_bole, region=BOLE, tier="innovative", year=YEAR, on=TODAY())
        assert (after.edition, after.outcomes) == (made.code, {"fail": 1})
        assert Evaluation.objects.count() == 2
    assert editions.in_force("innovative", TODAY(), region=BORTALA).id == made.code
    assert editions.in_force("innovative", TODAY(), region=HONGQI).id == T1
    assert editions.in_force("innovative", TODAY() - dt.timedelta(1), region=BOLE).id == T1
    assert editions.in_force("innovative", TODAY(), region=BOLE, review=True).id == T1
    with nation():
        found = replay()
    assert (found.replayed, found.differences) == (2, [])


@pytest.mark.django_db
def test_who_proposed_it_does_not_put_it_in_force_and_the_database_refuses_it_too(
    region_xinjiang: Actor, second: Actor
) -> None:
    draft = begun(region_xinjiang, **ADDED)
    with acting(region_xinjiang):
        with pytest.raises(Refused, match="edition_effect"):
            actions.propose_edition(by=region_xinjiang, draft=draft, version=1)
        actions.keep_effect(
            by=region_xinjiang, draft=draft, of=draft.content_hash, effect=compare(draft, TODAY())
        )
        actions.propose_edition(by=region_xinjiang, draft=draft, version=1)
        with pytest.raises(Refused, match="edition_own"):
            actions.put_in_force(by=region_xinjiang, draft=draft)
        with pytest.raises(Refused, match="edition_fixed"):
            actions.change_edition(by=region_xinjiang, draft=draft, version=1, over=over())
        me = region_xinjiang.officer_id
        with pytest.raises(DatabaseError), transaction.atomic():
            EditionDraft.objects.update(state="in_force", decided_by=me, edition=Edition.objects.get(code=T1))
    with acting(second):
        with pytest.raises(Refused, match="reason_missing"):
            actions.return_edition(by=second, draft=draft, reason=" ")
        actions.return_edition(by=second, draft=draft, reason="条款写错")
        with pytest.raises(Refused, match="edition_not_proposed"):
            actions.put_in_force(by=second, draft=draft)


@pytest.mark.django_db
def test_an_effect_counted_before_a_change_does_not_stand_for_it(region_xinjiang: Actor) -> None:
    draft = begun(region_xinjiang, **ADDED)
    with acting(region_xinjiang):
        effect = compare(draft, TODAY())
        changed = actions.change_edition(
            by=region_xinjiang, draft=draft, version=1, over=over(without=["D1"], **ADDED)
        )
        actions.keep_effect(by=region_xinjiang, draft=draft, of=draft.content_hash, effect=effect)
        with pytest.raises(Refused, match="edition_effect"):
            actions.propose_edition(by=region_xinjiang, draft=changed, version=2)
        with pytest.raises(Refused, match="edition_overtaken"):
            actions.change_edition(by=region_xinjiang, draft=draft, version=1, over=over())


@pytest.mark.django_db
def test_counties_and_other_provinces_compose_nothing(county_bole: Actor, person: Any) -> None:
    prefecture, henan = person("p", "prefecture", BORTALA), person("h", "region", "41/")
    for by in (county_bole, prefecture):
        with pytest.raises(Denied):
            begun(by)
    draft = begun(henan)
    with acting(person("x", "region", XINJIANG)):
        assert not EditionDraft.objects.exists()
    with acting(henan):
        assert EditionDraft.objects.get().pk == draft.pk


@pytest.mark.django_db
def test_the_database_lets_a_place_add_its_own_edition_alone_and_nobody_change_one(
    region_xinjiang: Actor,
) -> None:
    with acting(region_xinjiang):
        row = Edition.objects.values().get(code=T1)
        row.pop("id")
        for region in ("41/", None):
            with pytest.raises(DatabaseError), transaction.atomic():
                Edition.objects.create(**row | {"code": "X", "region_id": region})
        for change in (Edition.objects.all().delete, lambda: Edition.objects.update(document="甲")):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
    with anybody():
        assert Edition.objects.filter(code=T1).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (
            {"conditions": [condition(test={"fact": "revenue", "ge": "5000"})], "sources": {"P1": "甲"}},
            EditionError,
        ),
        (
            {"conditions": [condition(test={"fact": "os.system", "ge": 1})], "sources": {"P1": "甲"}},
            EditionError,
        ),
        ({"without": ["NONE"]}, EditionError),
        ({"lines": {"NONE": 1}}, EditionError),
        ({"indicators": [{"class": "growth"}]}, EditionError),
        ({"valid_from": "2020-01-01"}, Refused),
        ({"valid_from": "2027-01-01", "valid_until": "2026-12-31"}, Refused),
    ],
)
def test_a_draft_that_says_what_no_edition_may_say_is_refused_at_once(
    region_xinjiang: Actor, more: dict[str, Any], wrong: type[Exception]
) -> None:
    with pytest.raises(wrong):
        begun(region_xinjiang, **more)


@pytest.mark.django_db
def test_an_overlay_over_a_standard_that_has_ended_ends_with_it(region_xinjiang: Actor) -> None:
    with acting(region_xinjiang):
        base = Edition.objects.get(code=T2)
    assert base.valid_until is not None
    with pytest.raises(Refused, match="edition_dates"):
        begun(region_xinjiang, T2, valid_from=base.valid_from.isoformat())
    assert first_days(base, TODAY()) == (base.valid_from, base.valid_until)


FEATURE = [
    {
        "code": f"L{n}",
        "class": "local_feature",
        "max": most,
        "label": {"zh": label, "en": label},
        "clause": {"zh": "实施细则附件 2", "en": "annex 2"},
        "confidence": {"mark": "verified", "sources": ["P1"]},
        "points": points,
    }
    for n, most, label, points in (
        (1, 10, "地方主导产业", composing.scale_of("in_strategic_emerging", True, "", 10)),
        (2, 5, "数字化", composing.scale_of("digital_level", True, "3 5\n2 3", 5)),
    )
]


@pytest.mark.django_db
def test_a_provinces_own_feature_indicators_are_taken_into_the_score_of_its_day_alone(
    region_xinjiang: Actor, second: Actor, person: Any, django_capture_on_commit_callbacks: Any
) -> None:
    facts = {"digital_level": 2, "in_strategic_emerging": True, "local_feature_score": 4}
    enterprise(1, BOLE, figures=facts)
    enterprise(2, HONGQI, figures=facts)
    on, until = dt.date(2025, 6, 30), "2026-03-31"
    in_force(
        region_xinjiang, second, django_capture_on_commit_callbacks, T2,
        indicators=FEATURE, sources={"P1": "实施细则"}, valid_from="2023-01-01", valid_until=until,
    )  # fmt: skip
    scores = {}
    for place in (BOLE, HONGQI):
        by = person(f"c{place[:2]}", "county", place)
        for day in (on, dt.date(2022, 12, 31)):
            with acting(by):
                evaluate(by=by, region=place, tier="specialised", year=YEAR, on=day)
                found = Evaluation.objects.get(judged_on=day, region_id=place)
            scores[place, day.year] = found.class_scores["local_feature"]
    assert scores == {(BOLE, 2025): 13, (BOLE, 2022): 4, (HONGQI, 2025): 4, (HONGQI, 2022): 4}
    assert editions.in_force("specialised", dt.date(2026, 4, 1), region=BOLE).id == "CN-MIIT-2026-2/T2"


@pytest.mark.django_db
def test_the_effect_says_who_gains_and_loses_and_by_which_element(region_xinjiang: Actor) -> None:
    enterprise(1, BOLE)  # passes, with a revenue of 50 million
    enterprise(2, BOLE, figures={"revenue": 90_000_000, "main_revenue": 72_000_000, "rd_expense": 2_700_000})
    # Fails by its innovation alone; a lower pass mark lets it pass.
    weak = enterprise(3, BOLE, figures={"ip1": 0, "ip1_self_developed": 0, "ip2": 0, "rd_expense": 900_000,
                                        "revenue": 90_000_000, "main_revenue": 72_000_000})  # fmt: skip
    enterprise(4, HONGQI)
    draft = begun(region_xinjiang, lines={"MIN_INNOVATION": 0, "SCORE": 50}, **ADDED)
    with acting(region_xinjiang):
        effect = compare(draft, TODAY())
    assert effect["judged"] == 3
    lost, gained = effect["lost"], effect["gained"]
    assert (lost["n"], lost["by_element"]) == (1, [["LOCAL1", 1]]) or lost["by_element"] == [("LOCAL1", 1)]
    assert gained["n"] == 1 and gained["named"][0][0] == weak.pk
    assert {code for code, _n in gained["by_element"]} >= {"MIN_INNOVATION"}
    with nation():
        assert not Evaluation.objects.exists()


@pytest.mark.django_db
def test_what_was_judged_before_the_edition_was_there_is_judged_again_in_its_place_alone(
    region_xinjiang: Actor, second: Actor, person: Any, django_capture_on_commit_callbacks: Any
) -> None:
    own, other = enterprise(1, BOLE), enterprise(2, HONGQI)
    today = TODAY()
    for place in (BOLE, HONGQI):
        by = person(f"c{place[:2]}", "county", place)
        with acting(by):
            evaluate(by=by, region=place, tier="innovative", year=YEAR, on=today)
    with nation():
        seen = {pk for _r, _y, ids in stale("innovative", "", today) for pk in ids}
    in_force(region_xinjiang, second, django_capture_on_commit_callbacks, **ADDED)
    with nation():
        found = {pk for _r, _y, ids in stale("innovative", "", today) for pk in ids} - seen
    assert own.pk in found | seen and other.pk not in found
    with acting(region_xinjiang):
        assert [r for r, _y, _ids in stale("innovative", XINJIANG, today)] == [BOLE]


@pytest.mark.django_db
def test_a_deep_test_keeps_its_shape_on_the_page_and_only_its_values_change(
    region_xinjiang: Actor, client: Client
) -> None:
    base = "CN-MIIT-2022-63/T2"
    with acting(region_xinjiang):
        until = Edition.objects.get(code=base).valid_until.isoformat()
    draft = begun(region_xinjiang, base, valid_from="2023-01-01", valid_until=until)
    sign_in(client, region_xinjiang)
    page = f"/evaluations/standards/{draft.public_id}/conditions/C4A/"
    form = client.get(page).context["form"]
    assert form.parts == [] and len(form.values) == 4
    changed = {name: form[name].value() or "" for name in form.fields} | {"value1": "2", "version": 1}
    assert client.post(page, changed | {"value0": "三"}).status_code == 200
    assert client.post(page, changed).status_code == 302
    with acting(region_xinjiang):
        made = EditionDraft.objects.get().over["conditions"][0]["test"]
    assert made["any"][0]["all"] == [
        {"fact": "provincial_award_on", "within_years": 3},
        {"fact": "provincial_award_rank", "le": 2},
    ]


# --- in the browser ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_standard_is_composed_proposed_and_put_in_force_on_the_pages(
    region_xinjiang: Actor, second: Actor, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    enterprise(1, BOLE)
    sign_in(client, region_xinjiang)
    root = "/evaluations/standards/"
    assert client.get(root).status_code == 200
    assert "在它上面改" in client.get(f"{root}new/").content.decode()
    assert client.get(f"{root}new/", {"base": T1}).status_code == 200
    head = {
        "base": T1, "title_zh": "自治区创新型标准", "number": "新工信〔2026〕9 号", "part_zh": "附件 1",
        "valid_from": TODAY().isoformat(), "applies_to": ["first"],
    }  # fmt: skip
    wrong = client.post(f"{root}new/", head | {"valid_from": "2020-01-01"})
    assert "有效期内" in wrong.content.decode()
    page = client.post(f"{root}new/", head)["Location"]
    new = {
        "version": 1, "group": "required", "label_zh": "营业收入", "standard_zh": "不低于 6000 万元",
        "clause_zh": "第二条", "mark": "verified", "source": "新工信〔2026〕9 号", "together": "all",
        "fact0": "revenue", "op0": "ge", "value0": "6000",
    }  # fmt: skip
    wrong = client.post(f"{page}conditions/new/", new)
    assert "“6000”要带单位" in wrong.content.decode()
    assert client.post(f"{page}conditions/new/", new | {"value0": "6000 万元"}).status_code == 302
    told = client.post(f"{page}conditions/new/", new | {"value0": "6000 万元"})
    assert "刚才已有人改过" in told.content.decode()
    for code in ("LOCAL1", "E3", "D1", "new"):
        assert client.get(f"{page}conditions/{code}/").status_code == 200, code
    form = client.get(f"{page}conditions/D1/").context["form"]
    changed = {name: form[name].value() or "" for name in form.fields} | {"value0": "2"}
    told = client.post(f"{page}conditions/D1/", changed | {"version": 2})
    assert told.status_code == 302, told.context["form"].errors
    for how, code, more in (
        ("drop", "D4", {}), ("drop", "D3", {}), ("restore", "D3", {}), ("line", "SCORE", {"height": "55"}),
    ):  # fmt: skip
        with acting(region_xinjiang):
            version = EditionDraft.objects.get().version
        client.post(f"{page}change/", {"version": version, "how": how, "code": code, **more})
    assert client.get(f"{page}classes/growth/").status_code == 200
    with acting(region_xinjiang):
        draft = EditionDraft.objects.get()
    assert draft.over["conditions"][1]["test"]["any"][0] == {"fact": "provincial_award_on", "within_years": 2}
    assert draft.over["without"] == ["D4"] and draft.over["lines"] == {"SCORE": 55}
    bad = {"version": draft.version, "i0-label_zh": "增长", "i0-fact": "main_revenue_growth", "i0-rising": "up",
           "i0-bands": "15% 20", "i0-max": 20, "i0-clause_zh": "第三条", "i0-source": "同上", "i0-mark": "verified"}  # fmt: skip
    assert "满分之和" in client.post(f"{page}classes/growth/", bad).content.decode()
    good = bad | {"i0-bands": "15% 30\n5% 10", "i0-max": 30}
    assert client.post(f"{page}classes/growth/", good).status_code == 302
    assert client.get(f"{page}head/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        job = client.post(f"{page}effect/")["Location"]
    edition_effect(job.rstrip("/").rpartition("/")[2])
    shown = client.get(page).content.decode()
    assert "不再达标 1 家" in shown and "第1企业有限公司" in shown
    with acting(region_xinjiang):
        version = EditionDraft.objects.get().version
    client.post(f"{page}step/", {"how": "propose", "version": version})
    assert (
        "须由另一个人启用" in client.post(f"{page}step/", {"how": "in_force"}, follow=True).content.decode()
    )
    sign_in(client, second)
    assert client.get(page).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(f"{page}step/", {"how": "in_force"}, follow=True).content.decode()
    assert "已启用" in done
    standard = editions.in_force("innovative", TODAY(), region=BOLE)
    assert standard.region == XINJIANG and "D4" not in standard.codes and "LOCAL1" in standard.codes
    assert "自治区" in client.get(f"/evaluations/standard/{standard.id}/").content.decode()
    assert "新疆" in client.get(root).content.decode()
    assert standard.tier == Tier.INNOVATIVE
