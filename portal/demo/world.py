"""Builds the demo world in the order in which two quarters of work would have gone.

2026Q2: most counties send the figures of 2025, the enterprises are judged, the quarter is closed.
2026Q3: further enterprises and completed figures come in and are judged; the quarter is left to close.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from cultivation.actions import evaluate
from cultivation.models import Evaluation, Tier
from enterprises.actions import import_workbook
from enterprises.models import Enterprise, ImportBatch
from portal.demo import messy, sheets
from portal.demo.awards import award_enterprises
from portal.demo.claims import claims, local_rules
from portal.demo.invention import YEAR, Invented, invent
from portal.demo.people import SHOWN, Account, enrol, officials, write_list
from portal.demo.rounds import open_rounds
from portal.demo.under_way import compose_a_standard, offer_an_enterprise
from portal.quarters import close_quarter
from portal.reports.closed import Quarter
from tenancy.access import actor_for, system_actor
from tenancy.context import acting, nation
from tenancy.models import Region

#: how many enterprises a county has; counties that are not named have none
COUNTS = {
    "652701": 400, "652702": 45, "652722": 70, "652723": 30,
    "650105": 130, "650102": 30, "650104": 40, "650106": 20, "650109": 20,
    "650203": 20, "650402": 14, "650502": 16, "652301": 24, "652801": 22, "652901": 20, "653001": 8,
    "653101": 18, "653201": 12, "654002": 20, "654201": 10, "654301": 9,
    "410702": 24, "410703": 20, "410704": 14, "410711": 20, "410721": 18, "410724": 14, "410725": 16,
    "410726": 14, "410727": 12, "410771": 30, "410772": 18, "410773": 12, "410781": 16, "410782": 16,
    "410783": 30,
    "540102": 26, "540103": 12, "540104": 8, "540202": 12, "540302": 7, "540402": 8, "540502": 8,
    "540602": 5, "542523": 4,
}  # fmt: skip
TOPS = ("65/", "41/4107/", "54/")
_SHANGHAI = ZoneInfo("Asia/Shanghai")
#: one county has sent nothing before the third quarter, one nothing in it
_LATE, _SILENT = "652702", "652723"


@dataclass(frozen=True)
class Phase:
    """A quarter of the demo: when its workbooks came and its enterprises were judged."""

    quarter: Quarter
    sent_at: dt.datetime
    judged_on: dt.date


SECOND = Phase(Quarter.parse("2026Q2"), dt.datetime(2026, 5, 18, 10, tzinfo=_SHANGHAI), dt.date(2026, 6, 28))
THIRD = Phase(Quarter.parse("2026Q3"), dt.datetime(2026, 8, 24, 10, tzinfo=_SHANGHAI), dt.date(2026, 9, 28))
CLOSED_AT = dt.datetime(2026, 7, 1, 2, 30, tzinfo=_SHANGHAI)


def build(*, say: Callable[[str], object]) -> None:
    """Everything that is missing; a second run changes nothing, a broken one goes on where it stopped."""
    accounts = officials()
    enrol(accounts)
    say(f"{len(accounts)} accounts")
    counties = list(Region.objects.filter(code__in=COUNTS).order_by("path"))
    firms = {county.code: invent(county.code, county.name, COUNTS[county.code]) for county in counties}
    for phase in (SECOND, THIRD):
        new = {
            county.path
            for county in counties
            for name, content in _workbooks(phase, county, firms)
            if _send(county, phase, name, content)
        }
        _judge(phase, new)
        say(f"{phase.quarter}: workbooks sent, enterprises judged")
        if phase is SECOND:
            _close(phase)
    open_rounds()
    compose_a_standard()
    offer_an_enterprise()
    award_enterprises()
    say("Rounds of applications are open")
    accounts += _enterprise_accounts(counties)
    claims()
    local_rules()
    write_list(accounts)
    sample = settings.HOME / messy.FILE_NAME
    if not sample.exists():
        sample.write_bytes(messy.sample())


# --- workbooks ------------------------------------------------------------------------------------------


def _workbooks(phase: Phase, county: Region, firms: dict[str, list[Invented]]) -> Iterator[tuple[str, bytes]]:
    """The files that a county sends in a quarter: name and content, the same bytes at every call."""
    own, seed = firms[county.code], f"tidu-demo-{county.code}-{phase.quarter}"
    first = own[: len(own) * 4 // 5] if county.code != _LATE else []
    if phase is SECOND:
        chosen = first
    elif county.code == _SILENT:
        chosen = []
    else:
        chosen = [_completed(firm) for firm in first[::3] if firm.forgotten] + own[len(first) :]
    if not chosen:
        return
    title = f"{county.full_name}{YEAR}年度优质中小企业信息采集表"
    name = f"{county.name}{YEAR}年企业信息（{phase.quarter}）"
    style = int(county.code) % 5
    if county.code == "652701":
        wrong = sheets.faulty(_nameless(county, phase), seed)
        neighbour = [sheets.row(firms["652722"][0], seed)] if phase is THIRD else []
        yield f"{name}.xlsx", sheets.plain(chosen, title, seed, [*wrong, *neighbour])
    elif style == 3:
        yield f"{name}.xlsx", sheets.two_rows(chosen, title, seed)
    elif style == 4:
        yield f"{name}.csv", sheets.text(chosen, seed)
    else:
        wrong = sheets.faulty(_nameless(county, phase)[:2], seed) if len(chosen) > 25 else []
        yield f"{name}.xlsx", sheets.plain(chosen, title, seed, wrong)


def _completed(firm: Invented) -> Invented:
    return replace(firm, facts={**firm.facts, **firm.forgotten})


def _nameless(county: Region, phase: Phase) -> list[Invented]:
    """Enterprises whose rows are wrong, so that they never reach the registry."""
    count = COUNTS[county.code]
    behind = 40 if phase is SECOND else 46
    return invent(county.code, county.name, count + behind + 6)[count + behind :]


def _send(county: Region, phase: Phase, name: str, content: bytes) -> bool:
    """Import a workbook as the county's official, unless this very file has been; whether it was new.

    The moment is set back into the quarter, where the invented office sent it.
    """
    actor = actor_for(f"county.{county.code}", origin="load_demo")
    digest = hashlib.sha256(content).hexdigest()
    with acting(actor), transaction.atomic():
        if ImportBatch.objects.filter(region_id=county.path, sha256=digest).exists():
            return False
        result = import_workbook(by=actor, region=county.path, year=YEAR, file=io.BytesIO(content), name=name)
        ImportBatch.objects.filter(pk=result.batch_id or 0).update(
            created_at=phase.sent_at, finished_at=phase.sent_at + dt.timedelta(minutes=1)
        )
    return True


# --- judging and closing ----------------------------------------------------------------------------------


def _judge(phase: Phase, new: set[str]) -> None:
    """Judge where workbooks came in; what was judged once is left, its facts may have changed since."""
    for top in TOPS:
        actor = system_actor(top, origin="load_demo")
        with acting(actor):
            judged = Evaluation.objects.filter(judged_on=phase.judged_on).exists()
            if judged and not any(path.startswith(top) for path in new):
                continue
            evaluate(by=actor, region=top, tier=Tier.INNOVATIVE, year=YEAR, on=phase.judged_on)


def _close(phase: Phase) -> None:
    for top in TOPS:
        actor = system_actor(top, origin="load_demo")
        with acting(actor):
            close_quarter(quarter=phase.quarter, region=top, by=actor, now=CLOSED_AT)


def _enterprise_accounts(counties: list[Region]) -> list[Account]:
    """The user of an enterprise in each county that shows every role."""
    accounts, ids = [], {}
    for county in counties:
        if county.code in SHOWN:
            account = Account(f"enterprise.{county.code}", "enterprise", county.code, county.path)
            with nation():
                ids[account.username] = (
                    Enterprise.objects.filter(region_id=county.path)
                    .order_by("uscc")
                    .values_list("id", flat=True)[0]
                )
            accounts.append(account)
    enrol(accounts, ids)
    return accounts
