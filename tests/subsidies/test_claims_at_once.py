"""Several people at once with one claim: it is made once, and one of them decides about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from subsidies.actions import withdraw_claim
from subsidies.models import AwardEvent, ClaimRequest
from tenancy.access import Actor
from tenancy.context import nation
from tests.at_once import officer, together, told

from .test_claims import Claims


def _somebody(name: str, role: str, path: str, enterprise_id: int | None = None) -> Actor:
    made = officer(name, role, path)
    return Actor(made.officer_id, name, name, role, path, enterprise_id)


def test_at_once_the_same_is_claimed_once_and_decided_once(committed: None) -> None:
    claims = Claims(_somebody)
    made = together(*[told(lambda who=who: claims.made(who)) for who in ("own", "own", "proposer", "own")])
    (claim,) = [each for each in made if isinstance(each, ClaimRequest)]
    assert sorted(each for each in made if each is not claim) == ["claim_known"] * 3
    works: list[Callable[[], Any]] = [
        lambda: claims.judged(claim, "checker"),
        lambda: claims.judged(claim, "region"),
        lambda: claims.judged(claim, "region", accept=False, reason="否"),
        lambda: claims.do("own", withdraw_claim, claim=claim),
    ]
    done = together(*map(told, works))
    assert sum(isinstance(each, ClaimRequest) for each in done) == 1
    # Whoever made it cannot judge it: the county's own may have been the first to file.
    assert {each for each in done if isinstance(each, str)} <= {"claim_decided", "claim_others"}
    with nation():
        state = ClaimRequest.objects.get(pk=claim.pk).state
        assert AwardEvent.objects.filter(code=claim.event).count() == (state == "accepted")
