"""The roof's jobs: each fetches, calls one action, and can be run again."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from celery import shared_task
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from cultivation.actions import (
    decide,
    evaluate_all,
    judge_anew,
    keep_effect,
    keep_printed,
    make_list,
)
from cultivation.effect import compare
from cultivation.models import EditionDraft, Tier
from cultivation.queries import stale
from cultivation.queue import rounds_of
from cultivation.reminders import is_day_for
from enterprises.actions.accounts import invite
from enterprises.actions.moving import hand_over
from enterprises.models import Enterprise, Move
from enterprises.queries import newest_years
from portal import quarters
from portal.counting import SHANGHAI
from portal.digest import digest
from portal.exports import actions as exports
from portal.exports.queries import EXPORT
from portal.exports.wanted import Wanted
from portal.hindrance import hindrance
from portal.pages.accounts import LETTERS
from portal.pages.applications import DECIDE
from portal.pages.award_books import BOOK, report_of
from portal.pages.award_due import SUMS
from portal.pages.award_due import counted as due_counted
from portal.pages.award_simulation import SIMULATION, counted
from portal.pages.editions import EFFECT
from portal.pages.ledger_heads import SIGN
from portal.pages.lists import LIST
from portal.pages.many_applications import decided
from portal.pages.moves import MOVE
from portal.reports import packs
from portal.reports.actions import REPORT, keep_report
from portal.reports.closed import Quarter
from portal.reports.dossier import dossier
from portal.told import group_of
from subsidies import heads, nightly
from tenancy import files, jobs, limits, mailing
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import Job, Region, StoredFile

log = logging.getLogger("tidu.jobs")


@shared_task
def make_report(job_id: str) -> None:
    """Closes the quarter where needed, prints the region's report and keeps it."""
    jobs.run(job_id, _report, whole=False)


def _report(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    # WeasyPrint is loaded in the worker's child, not in the web server.
    from portal.reports.printing import print_report

    quarter = Quarter.parse(job.params["quarter"])
    progress("count", 0, 3)
    with acting(actor):
        snapshot = quarters.close_quarter(quarter=quarter, region=job.region_id, by=actor)[0].snapshot
        closed = quarters.closed(snapshot)
    progress("render", 1, 3)
    printed = print_report(closed)
    progress("write", 2, 3)
    with acting(actor):
        keep_report(by=actor, snapshot=snapshot, printed=printed)
    return {"url": f"{reverse('report', args=[str(quarter)])}?{urlencode({'region': closed.code})}"}


@shared_task
def close_due_quarters() -> None:
    """Closes what has ended and is not closed, also quarters missed while nothing ran. Twice is harmless."""
    with nation():
        due = quarters.due(timezone.now())
    for region, quarter in due:
        actor = system_actor(region, origin="timetable close-quarter")
        with acting(actor):
            quarters.close_quarter(quarter=quarter, region=region, by=actor)


@shared_task
def judge_changed() -> None:
    """Judges again where figures, dates or a tier's standard are newer than the latest look at them."""
    today = timezone.now().astimezone(SHANGHAI).date()
    with nation():
        found = [(tier, *each) for tier in Tier.values for each in stale(tier, "", today)]
    # What is stale in several tiers, as changed figures are, is read once for all of them.
    together: dict[tuple[str, int, tuple[int, ...]], list[str]] = {}
    for tier, region, year, enterprises in found:
        together.setdefault((region, year, tuple(enterprises)), []).append(tier)
    for (region, year, ids), tiers in sorted(together.items()):
        actor = system_actor(region, origin="timetable judge-changed")
        with acting(actor):
            evaluate_all(by=actor, region=region, tiers=tiers, year=year, on=today, enterprise_ids=ids)


@shared_task
def make_export(job_id: str) -> None:
    """Writes a long list to a file, from one snapshot of the data."""
    jobs.run(job_id, _export, whole=False)


def _export(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    with acting(actor, snapshot=True):
        record = exports.make(by=actor, wanted=Wanted.from_json(job.params), job_id=job.id, progress=progress)
    return {"url": reverse("export_record", args=[record.public_id])}


@shared_task
def forget_exports() -> None:
    """Deletes the files of old exports; what was exported stays in the history. Twice is harmless."""
    before = timezone.now() - timedelta(days=settings.EXPORT_KEPT_DAYS)
    with nation():
        regions = files.places_with_older(EXPORT, before)
    for region in regions:
        actor = system_actor(region, origin="timetable forget-exports")
        with acting(actor):
            exports.forget_old(by=actor, region=region, before=before)


@shared_task
def decide_applications(job_id: str) -> None:
    """Takes one decision about many applications, all in one transaction."""
    jobs.run(job_id, _decide)


def _decide(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    said = dict(job.params)
    seen = {int(pk): step for pk, step in said.pop("seen").items()}
    progress("decide", 0, len(seen))
    result = decide(by=actor, seen=seen, **said)
    return {"url": f"{reverse('applications')}?{urlencode({'job': job.id})}", **decided(result)}


@shared_task(soft_time_limit=settings.IMPORT_SECONDS)
def take_award_book(job_id: str) -> None:
    """Looks at, or writes, a long workbook of award data."""
    jobs.run(job_id, _award_book)


def _award_book(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    progress("read", 0, 0)
    with limits.memory(settings.IMPORT_MEMORY_MB):  # a workbook is a stranger's
        return report_of(job, actor)


@shared_task
def print_list(job_id: str) -> None:
    """Makes and prints a level's recommendation list."""
    jobs.run(job_id, _list, whole=False)


def _list(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    from portal.reports.recommendation import print_recommendation

    progress("count", 0, 3)
    with acting(actor):
        batch = rounds_of(actor).get(public_id=job.params["batch"])
        made = make_list(by=actor, batch=batch)
        place = Region.objects.get(path=made.region_id)
    if made.printed_id is None:
        progress("render", 1, 3)
        printed = print_recommendation(made, batch, place)
        progress("write", 2, 3)
        with acting(actor):
            keep_printed(by=actor, made=made, name=printed.name, content=printed.content)
    return {"url": reverse("recommendation", args=[made.public_id])}


@shared_task
def print_audit_pack(job_id: str) -> None:
    """Prints the audit pack of an enterprise or of a notice."""
    jobs.run(job_id, _pack, whole=False)


def _pack(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    # WeasyPrint is loaded in the worker's child, not in the web server.
    from portal.reports.audit_pack import gather, print_pack

    progress("gather", 0, 3)
    # Every place's part of the trail vouches for the file of signed heads.
    with nation():
        signed = heads.read()
    with acting(actor, snapshot=True):
        pack = gather(
            actor,
            signed=signed,
            enterprise=job.params.get("enterprise"),
            notice=job.params.get("notice"),
        )
    progress("render", 1, 3)
    name, content = print_pack(pack)
    progress("keep", 2, 3)
    with acting(actor):
        packs.keep_pack(
            by=actor,
            name=name,
            content=content,
            awards=len(pack.data.awards),
            entries=len(pack.data.entries),
        )
    return {"url": reverse("award_packs")}


@shared_task
def sign_ledger(job_id: str) -> None:
    """Signs the heads that were accepted in the place of lost ones; what it misses the night mends."""
    jobs.run(job_id, _sign_ledger, whole=False)


def _sign_ledger(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    progress("write", 0, 1)
    with nation():
        nightly.sign_accepted(now=timezone.now(), origin="job sign-ledger")
    return {"url": reverse("ledger_heads")}


@shared_task
def forget_packs() -> None:
    """Deletes the content of old audit packs; their fingerprints stay. Twice is harmless."""
    before = timezone.now() - timedelta(days=settings.PACK_KEPT_DAYS)
    with nation():
        regions = files.places_with_older(packs.PACK, before)
    for region in regions:
        actor = system_actor(region, origin="timetable forget-packs")
        with acting(actor):
            packs.forget_old(by=actor, region=region, before=before)


@shared_task
def print_letters(job_id: str) -> None:
    """Makes and prints activation letters."""
    jobs.run(job_id, _letters)


def _letters(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    # One transaction: a code that is on no paper would end the letter before it for nothing.
    from portal.reports.letters import file_name, print_letters

    at = timezone.now()
    progress("count", 0, 3)
    made = invite(by=actor, region=job.region_id, enterprise_ids=job.params["enterprises"])
    place = Region.objects.get(path=job.region_id)
    progress("render", 1, 3)
    content = print_letters(made, place, job.params["site"], at)
    progress("write", 2, 3)
    name = file_name(place, len(made), at)
    stored = files.store(
        by=actor,
        region=job.region_id,
        kind=LETTERS,
        name=name,
        media_type="application/pdf",
        chunks=[content],
    )
    # The former file last: content that is deleted does not come back with a transaction that is rolled back.
    mine = StoredFile.objects.filter(kind=LETTERS, created_by_id=actor.officer_id, deleted_at__isnull=True)
    for former in mine.exclude(pk=stored.pk):
        files.forget(former)
    return {"url": reverse("letters")}


@shared_task
def forget_letters() -> None:
    """Deletes printed letters a week on: what is not handed out by then is printed anew. Twice is harmless."""
    before = timezone.now() - timedelta(days=7)
    with nation():
        for stored in StoredFile.objects.filter(kind=LETTERS, deleted_at__isnull=True, created_at__lt=before):
            files.forget(stored)


@shared_task
def write_digests() -> None:
    """Writes the day's mail of everybody who wants one, on working days. Twice is harmless."""
    today = timezone.localdate()
    if mailing.configured() and is_day_for(today):
        for officer_id in mailing.people():
            try:
                mailing.write_digest(officer_id, today, digest, group_of)
            except Exception:  # one person's must not keep the others' back
                log.exception("digest of officer %s", officer_id)


@shared_task
def edition_effect(job_id: str) -> None:
    """Compares a drafted standard with what counts now, for every enterprise of its place."""
    jobs.run(job_id, _effect)


def _effect(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    draft = EditionDraft.objects.get(public_id=job.params["draft"])
    found = compare(draft, timezone.localdate(), lambda done: progress("judge", done, 0))
    keep_effect(by=actor, draft=draft, of=draft.content_hash, effect=found)
    return {"url": reverse("draft", args=[draft.public_id]) + "#effect"}


@shared_task
def count_awards_due(job_id: str) -> None:
    """Counts what is due in a place without an award, for the page that asked."""
    jobs.run(job_id, _count_due)


def _count_due(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    query = urlencode({**{name: said for name, said in job.params.items() if said}, "job": job.id})
    return {"url": f"{reverse('awards_due')}?{query}", "sums": due_counted(actor, job.params, progress)}


@shared_task
def simulate_awards(job_id: str) -> None:
    """Counts what a tried scheme would pay in a place, for the page that asked."""
    jobs.run(job_id, _simulate)


def _simulate(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    query = job.params["query"]
    found = counted(actor, query, progress)
    return {"url": f"{reverse('award_simulation')}?{query}&job={job.id}", "found": found}


@shared_task
def hand_over_enterprise(job_id: str) -> None:
    """Carries an accepted enterprise to the county that took it, and judges it there."""
    jobs.run(job_id, _hand_over, whole=False)


def _hand_over(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    today = timezone.localdate()
    progress("write", 0, 2)
    # Both counties at once: no posting reaches that far.
    with nation():
        move = Move.objects.get(public_id=job.params["move"])
        gone = hand_over(
            by=actor,
            move=move,
            dossier=lambda enterprise: dossier(enterprise, timezone.now()),
            hindrance=hindrance(move.enterprise_id, str(move.to_id)),
        )
    if gone:
        progress("judge", 1, 2)
        with acting(actor):
            enterprise = Enterprise.objects.get(pk=move.enterprise_id)
            year = newest_years([enterprise.pk]).get(enterprise.pk, today.year - 1)
            judge_anew(by=actor, enterprise=enterprise, year=year, on=today)
    return {"url": reverse("moves")}


jobs.sends(MOVE, hand_over_enterprise.delay)
jobs.sends(EFFECT, edition_effect.delay)
jobs.sends(SIMULATION, simulate_awards.delay)
jobs.sends(SUMS, count_awards_due.delay)
jobs.sends(LETTERS, print_letters.delay)
jobs.sends(LIST, print_list.delay)
jobs.sends(SIGN, sign_ledger.delay)
jobs.sends(packs.PACK, print_audit_pack.delay)
jobs.sends(BOOK, take_award_book.delay)
jobs.sends(DECIDE, decide_applications.delay)
jobs.sends(REPORT, make_report.delay)
jobs.sends(EXPORT, make_export.delay)
