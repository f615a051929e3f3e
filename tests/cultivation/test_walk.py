"""A random walk over the workflow by all roles and neighbours, beside a plain account of what may happen."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from cultivation.actions import (
    decide,
    declare_conflict,
    end_conflict,
    file,
    open_batch,
    publish,
    recognise,
    recognise_nationally,
)
from cultivation.models import (
    Application,
    ApplicationBatch,
    Conflict,
    NoticeEntry,
    PublicNotice,
    Recognition,
    ReviewStep,
)
from cultivation.rules.workflow import Refused
from enterprises.models import Enterprise
from tenancy import audit
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, WENQUAN, XINJIANG

from .world import enterprise

pytestmark = pytest.mark.django_db

DECISIONS = ("submit", "recommend", "approve", "return", "reject", "withdraw", "reopen")
#: written down once more, by hand: state → decision → role
MAY: dict[str, dict[str, tuple[str, ...]]] = {
    "draft": {"submit": ("county", "enterprise"), "withdraw": ("county", "enterprise")},
    "county": {
        "recommend": ("county",), "return": ("county",), "reject": ("county",), "withdraw": ("county", "enterprise"),
    },
    "prefecture": {
        "recommend": ("prefecture",), "return": ("prefecture",), "reject": ("prefecture",),
        "withdraw": ("county", "enterprise"),
    },
    "region": {
        "approve": ("region",), "return": ("region",), "reject": ("region",), "withdraw": ("county", "enterprise"),
    },
    "rejected": {"reopen": ("region",)},
    "withdrawn": {"reopen": ("county", "enterprise")},
    "approved": {"publish": ("region",)},
    "notice": {"recognise": ("region",), "reject": ("region",)},
    "nation": {"recognise": ("region",), "reject": ("region",)},
    "recognised": {},
}  # fmt: skip
ORDER = ["draft", "county", "prefecture", "region"]
NEEDS_REASON = ("return", "reject", "withdraw", "reopen")


@dataclass
class Account:
    """What the walk itself believes of one application."""

    enterprise: Enterprise
    tier: str
    filed_by: int
    state: str = "draft"
    waiting: list[str] = field(default_factory=list)
    steps: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    rejected_at: str = ""

    def expect(self, by: Actor, decision: str, to: str, seen: int, conflicts: set[tuple[int, int]]) -> str:
        """The state that must follow, or the code of the refusal behind a question mark."""
        place = self.enterprise.region_id
        if by.role == "enterprise":
            if by.enterprise_id != self.enterprise.pk:
                return "?not_found"
        elif not place.startswith(by.region_path):
            return "?not_found"
        if seen != len(self.steps):
            return "?overtaken"
        if by.role not in MAY[self.state].get(decision, ()):
            return "?not_here"
        assert by.officer_id is not None
        if (by.officer_id, self.enterprise.pk) in conflicts and self.state != "draft":
            return "?conflict"
        if self.state in ORDER:
            acted = [(self.filed_by, "draft"), *((who, before) for who, _, before, _, _ in self.steps)]
            if any(who == by.officer_id and at in ORDER and at != self.state for who, at in acted):
                return "?own_step"
        if decision == "return" and (to not in ORDER or ORDER.index(to) >= ORDER.index(self.state)):
            return "?target"
        return self.follows(decision, to)

    def follows(self, decision: str, to: str) -> str:
        if decision in ("withdraw", "reject"):
            return {"withdraw": "withdrawn", "reject": "rejected"}[decision]
        if decision == "return":
            return to
        if decision == "reopen":
            if self.state == "withdrawn":
                return "draft"
            return self.rejected_at if self.rejected_at in ORDER else "region"
        if decision == "publish":
            return "notice"
        if decision == "recognise":
            return "recognised"
        if decision == "approve":
            return "nation" if self.tier == "little_giant" else "approved"
        return self.waiting[-1] if self.waiting else ORDER[ORDER.index(self.state) + 1]

    def move(self, by: int, decision: str, after: str, said: str) -> None:
        if decision == "return":
            self.waiting.append(self.state)
        elif decision in ("submit", "recommend"):
            self.waiting = self.waiting[:-1]
        else:
            self.waiting = []
        if decision == "reject":
            self.rejected_at = self.state
        self.steps.append((by, decision, self.state, after, said))
        self.state = after


def walk(person: Callable[..., Actor], length: int, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    own = [enterprise(n, place) for n, place in enumerate([BOLE] * 5 + [JINGHE] * 4 + [WENQUAN] * 3, 1)]
    people = [person(f"{role}{n}.{path[-4:-1]}", role, path) for n in (1, 2, 3) for role, path in (
        ("county", BOLE), ("county", JINGHE), ("county", WENQUAN), ("county", HONGQI), ("prefecture", BORTALA),
        ("prefecture", "41/4107/"), ("region", XINJIANG), ("region", "41/"),
    )]  # fmt: skip
    people += [person(f"{role}.x", role, BOLE) for role in ("auditor", "finance", "commissioner")]
    people += [person(f"boss{e.pk}", "enterprise", e.region_id, e.pk) for e in own[::3]]
    region = next(p for p in people if p.role == "region" and p.region_path == XINJIANG)
    today = timezone.localdate()
    with acting(region):
        batches = [
            open_batch(
                by=region,
                region=XINJIANG,
                tier=tier,
                title=tier,
                opens_on=today,
                closes_on=today + dt.timedelta(30),
            )
            for tier in ("innovative", "specialised", "little_giant")
        ]
    accounts: dict[int, Account] = {}
    conflicts: set[tuple[int, int]] = set()
    for number in range(length):
        by = dice.choice(people)
        assert by.officer_id is not None
        what = dice.random()
        if what < 0.06 or not accounts:
            of, batch = dice.choice(own), dice.choice(batches)
            may = by.role == "county" and of.region_id == by.region_path or by.enterprise_id == of.pk
            try:
                with acting(by):
                    made = file(by=by, batch=batch, enterprise=of)
            except Denied:
                assert not may
            else:
                assert may
                accounts.setdefault(made.pk, Account(of, batch.tier, by.officer_id))
            continue
        pk = dice.choice(list(accounts))
        account = accounts[pk]
        if what < 0.09 and by.role in ("county", "prefecture", "region"):
            _conflict(by, account, conflicts)
            continue
        if what < 0.13:
            _list(by, dice.choice(batches), accounts, conflicts, number)
            continue
        decision = dice.choice([d for d in MAY[account.state] if d in DECISIONS] * 3 + list(DECISIONS))
        to = dice.choice(ORDER)
        seen = len(account.steps) if dice.random() < 0.9 else max(0, len(account.steps) - 1)
        said = f"意见{number}"
        reason = "" if dice.random() < 0.05 else f"理由{number}"
        expected = account.expect(by, decision, to, seen, conflicts)
        somewhere = any(by.role in roles for table in MAY.values() for roles in [table.get(decision, ())])
        try:
            with acting(by):
                result = decide(
                    by=by,
                    seen={pk: seen},
                    decision=decision,
                    reason=reason,
                    opinion=said,
                    to=to,  # type: ignore[arg-type]
                )
        except Denied:
            assert not somewhere
        except Refused as refused:
            assert (refused.code, reason) == ("reason_missing", "") and decision in NEEDS_REASON
        else:
            assert somewhere
            if result.done:
                assert not expected.startswith("?"), (number, expected)
                account.move(by.officer_id, decision, expected, said)
            else:
                assert f"?{result.refused[pk]}" == expected, (number, result.refused, expected)
    _compare(accounts)


def _conflict(by: Actor, account: Account, conflicts: set[tuple[int, int]]) -> None:
    assert by.officer_id is not None
    key = (by.officer_id, account.enterprise.pk)
    inside = account.enterprise.region_id.startswith(by.region_path)
    try:
        with acting(by):
            if key in conflicts:
                end_conflict(by=by, conflict=Conflict.objects.get(
                    officer_id=key[0], enterprise_id=key[1], ended_at__isnull=True))  # fmt: skip
            else:
                declare_conflict(by=by, enterprise=account.enterprise, reason="亲属")
    except Denied:
        assert not inside
    else:
        assert inside
        conflicts ^= {key}


def _list(
    by: Actor, batch: ApplicationBatch, accounts: dict[int, Account], conflicts: set[tuple[int, int]], n: int
) -> None:
    """Publishes what is approved, announces a notice whose days are over, or enters the ministry's decision."""
    assert by.officer_id is not None
    may = by.role == "region" and by.region_path == XINJIANG
    here = {pk: a for pk, a in accounts.items() if a.tier == batch.tier}
    what = {"innovative": "publish", "specialised": "announce", "little_giant": "nation"}[batch.tier]
    if what == "announce" and n % 2:
        what = "publish"
    today = timezone.localdate()
    seen = {
        pk: len(a.steps)
        for pk, a in here.items()
        if a.state == ("nation" if what == "nation" else "approved")
    }
    hindered = {pk for pk, a in here.items() if (by.officer_id, a.enterprise.pk) in conflicts}
    listed: dict[int, int] = {}
    try:
        with acting(by):
            if what == "publish":
                made, result = publish(by=by, batch=batch, title=f"公示{n}", contact="电话", seen=seen)
                assert set(result.refused) == hindered & set(seen) and bool(made) == bool(
                    set(seen) - hindered
                )
                listed = {pk: step for pk, step in seen.items() if pk not in hindered}
            elif what == "nation":
                listed = seen
                recognise_nationally(by=by, batch=batch, seen=seen, number=f"部{n}", announced_on=today)
            else:
                with nation():
                    notice = PublicNotice.objects.filter(batch=batch, announcement=None).first()
                    if notice is None:
                        return
                    PublicNotice.objects.filter(pk=notice.pk).update(
                        opens_on=today - dt.timedelta(9), closes_on=today - dt.timedelta(1)
                    )
                    of = list(
                        NoticeEntry.objects.filter(notice=notice).values_list("application_id", flat=True)
                    )
                listed = {pk: 0 for pk in of if here[pk].state == "notice"}
                recognise(by=by, notice=notice, number=f"公告{n}", announced_on=today)
    except Denied:
        assert not may
        return
    except Refused as refused:
        assert may and refused.code == ("conflict" if hindered & set(listed) else "nothing_left")
        return
    assert may
    if what != "publish":
        assert not hindered & set(listed) and listed
    for pk in listed:
        decision = "publish" if what == "publish" else "recognise"
        accounts[pk].move(by.officer_id, decision, accounts[pk].follows(decision, ""), "")


def _compare(accounts: dict[int, Account]) -> None:
    """Nothing illegal, nothing lost: each table says what the account says, and the trail is whole."""
    with nation():
        for pk, account in accounts.items():
            stored = Application.objects.get(pk=pk)
            assert (stored.state, list(stored.waiting), stored.step) == (
                account.state,
                account.waiting,
                len(account.steps),
            )
            steps = ReviewStep.objects.filter(application_id=pk).order_by("number")
            assert [(s.by_id, s.decision, s.before, s.after, s.opinion) for s in steps] == account.steps
            assert [s.number for s in steps] == list(range(1, len(account.steps) + 1))
        recognised = {pk for pk, account in accounts.items() if account.state == "recognised"}
        assert set(Recognition.objects.values_list("application_id", flat=True)) == recognised
        acts = [f"applications.{d}" for d in (*DECISIONS, "publish", "recognise")]
        taken = AuditEntry.objects.filter(action__in=acts).values_list("detail", flat=True)
        assert (
            sum(len(each["applications"]) for each in taken)
            == sum(len(a.steps) for a in accounts.values())
            > 0
        )
        regions = audit.regions_to_seal()
    for region in regions:
        audit.seal(region)
    assert audit.verify_all() == []


def test_six_hundred_steps_by_all_roles_leave_no_illegal_state(person: Callable[..., Actor]) -> None:
    walk(person, 600, seed=4)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_ten_thousand_steps_by_all_roles_leave_no_illegal_state(
    person: Callable[..., Actor], seed: int
) -> None:
    walk(person, 10_000, seed)
