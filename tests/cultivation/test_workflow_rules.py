"""The way of an application as a pure table: what may follow what, whoever asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cultivation.rules import workflow
from cultivation.rules.workflow import LEVELS, TABLE, Refused, Standing, after, may_take, permission, route

FULL = route(["region", "prefecture", "county"])
SHORT = route(["xpcc", "xpcc_city"])
_OF_LEVELS = ("applications.file", "applications.recommend", "applications.review", "applications.decide")
DECISIONS = sorted({decision for _, decision in TABLE})
STATES = [*LEVELS, "approved", "notice", "nation", "recognised", "rejected", "withdrawn"]


def go(*decisions: str, passes: tuple = FULL, tier: str = "specialised") -> Standing:
    """Walks from the draft; `return:county` names the level of a return."""
    now, left = Standing("draft"), ""
    for each in decisions:
        decision, _, to = each.partition(":")
        left = now.state if decision == "reject" else left
        now = after(now, decision, passes=passes, tier=tier, to=to, left=left)
    return now


def test_each_level_hands_it_to_the_next() -> None:
    assert FULL == ("draft", "county", "prefecture", "region")
    assert go("submit") == Standing("county")
    assert go("submit", "recommend") == Standing("prefecture")
    assert go("submit", "recommend", "recommend") == Standing("region")
    assert go("submit", "recommend", "recommend", "approve") == Standing("approved")


def test_a_county_without_a_prefecture_recommends_to_the_region() -> None:
    assert SHORT == ("draft", "county", "region")
    assert go("submit", "recommend", passes=SHORT) == Standing("region")


def test_a_little_giant_goes_on_to_the_ministry() -> None:
    way = ("submit", "recommend", "recommend", "approve")
    assert go(*way, tier="little_giant") == Standing("nation")


def test_a_corrected_application_comes_straight_back_to_who_returned_it() -> None:
    to_region = ("submit", "recommend", "recommend")
    assert go(*to_region, "return:draft") == Standing("draft", ("region",))
    assert go(*to_region, "return:draft", "submit") == Standing("region")
    assert go(*to_region, "return:county", "recommend") == Standing("region")


def test_who_waits_goes_on_waiting_when_the_application_is_handed_further_down() -> None:
    handed_down = ("submit", "recommend", "recommend", "return:county", "return:draft")
    assert go(*handed_down) == Standing("draft", ("region", "county"))
    assert go(*handed_down, "submit") == Standing("county", ("region",))
    assert go(*handed_down, "submit", "recommend") == Standing("region")


@pytest.mark.parametrize("to", ["region", "prefecture", "nation", "approved", "", "nobody"])
def test_a_return_goes_to_a_level_below_on_its_own_way_alone(to: str) -> None:
    with pytest.raises(Refused) as refused:
        go("submit", "recommend", f"return:{to}")
    assert refused.value.code == "target"
    with pytest.raises(Refused):
        go("submit", "recommend", "return:prefecture", passes=SHORT)


def test_reopening_leads_to_where_it_was_rejected_and_a_withdrawn_one_to_the_applicant() -> None:
    assert go("submit", "recommend", "reject") == Standing("rejected")
    assert go("submit", "recommend", "reject", "reopen") == Standing("prefecture")
    assert go("submit", "withdraw", "reopen") == Standing("draft")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("decision", DECISIONS)
def test_what_the_table_does_not_hold_is_refused(state: str, decision: str) -> None:
    if (state, decision) in TABLE:
        assert permission(state, decision) in (*_OF_LEVELS, "notices.publish", "recognitions.decide")
    else:
        with pytest.raises(Refused) as refused:
            permission(state, decision)
        assert refused.value.code == "not_here"


def test_what_the_region_has_approved_is_published_before_it_is_recognised() -> None:
    way = ("submit", "recommend", "recommend", "approve")
    assert {d for state, d in TABLE if state == "approved"} == {"publish"}
    assert go(*way, "publish") == Standing("notice")
    assert go(*way, "publish", "recognise") == Standing("recognised")
    assert go(*way, "recognise", tier="little_giant") == Standing("recognised")
    assert not [key for key in TABLE if key[0] == "recognised"]


def test_what_falls_out_behind_the_levels_is_reopened_at_the_last_of_them() -> None:
    way = ("submit", "recommend", "recommend", "approve")
    assert go(*way, "publish", "reject", "reopen") == Standing("region")
    assert go(*way, "reject", "reopen", tier="little_giant") == Standing("region")


@given(st.lists(st.tuples(st.sampled_from(DECISIONS), st.sampled_from(STATES)), max_size=40), st.booleans())
def test_any_walk_stays_on_the_route_and_those_who_wait_lie_above_in_order(walk: list, short: bool) -> None:
    passes = SHORT if short else FULL
    now, left = Standing("draft"), ""
    for decision, to in walk:
        before = now
        try:
            now = after(now, decision, passes=passes, tier="innovative", to=to, left=left)
        except Refused:
            assert now == before
            continue
        left = before.state if decision == "reject" else left
        assert now.state in (*passes, "approved", "notice", "recognised", "rejected", "withdrawn")
        heights = [passes.index(level) for level in now.waiting]
        assert heights == sorted(heights, reverse=True) and len(set(heights)) == len(heights)
        assert not heights or passes.index(now.state) < heights[-1]


def test_nobody_decides_at_two_levels_and_nobody_with_a_conflict_decides() -> None:
    filed = [(7, "draft")]
    assert may_take(7, "draft", filed, conflicted=False) == ""
    assert may_take(7, "county", filed, conflicted=False) == "own_step"
    assert may_take(8, "county", filed, conflicted=False) == ""
    assert may_take(8, "county", [*filed, (8, "county")], conflicted=False) == ""
    assert may_take(8, "prefecture", [*filed, (8, "county")], conflicted=False) == "own_step"
    assert may_take(8, "county", filed, conflicted=True) == "conflict"
    # To re-open is no decision at a level.
    assert may_take(9, "rejected", [(9, "region")], conflicted=False) == ""


def test_every_permission_of_the_table_is_somebodys() -> None:
    from tenancy.rules.roles import ROLES, may

    for needed in set(TABLE.values()):
        assert [role for role in ROLES if may(role, needed)], needed
    for needed in (workflow.DECIDE, workflow.PUBLISH, workflow.RECOGNISE):
        assert not any(may(role, needed) for role in ("county", "prefecture", "enterprise", "auditor"))
