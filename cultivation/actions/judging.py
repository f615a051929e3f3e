"""Writes of cultivation: editions are loaded, enterprises are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from cultivation import editions
from cultivation.batch import Each, Run, run_all
from cultivation.models import Edition, LastJudged, Tier
from cultivation.queries import outcomes_of
from enterprises.models import Enterprise
from tenancy import audit
from tenancy.access import Actor, require, system_actor

OWNER = "owner"


class EditionChanged(Exception):
    """A file of a published edition says something else than what was loaded; it needs a new edition."""


def load_editions() -> int:
    """Loads the edition files as the owner of the reference data; how many were new.

    Raises EditionChanged when the content of a known edition differs, EditionError when a file is wrong.
    """
    editions.published.cache_clear()
    standards = {each.id: each for each in editions.published()}
    added = 0
    with transaction.atomic(using=OWNER):
        known = dict(Edition.objects.using(OWNER).values_list("code", "content_hash"))
        for path in editions.files():
            content = editions.read(path)
            digest, code = editions.content_hash(content), content["id"]
            if code not in known:
                standard = standards[code]
                Edition.objects.using(OWNER).create(
                    code=code,
                    tier=standard.tier,
                    valid_from=standard.valid_from,
                    valid_until=standard.valid_until,
                    document=f"{standard.document_number}{standard.document_part.zh}",
                    content=editions.plain(content),
                    content_hash=digest,
                )
                added += 1
            elif known[code] != digest:
                raise EditionChanged(code)
    return added


@dataclass(frozen=True)
class Evaluated:
    """How a run went: how many were judged, how many answers were new, and the outcomes."""

    judged: int
    stored: int
    outcomes: dict[str, int]
    edition: str


def evaluate(
    *,
    by: Actor,
    region: str,
    tier: str,
    year: int,
    on: date,
    review: bool = False,
    enterprise_ids: Iterable[int] | None = None,
    each: Each | None = None,
    progress: Callable[[int], None] | None = None,
) -> Evaluated:
    """Judges every enterprise of a region and below by the edition of the day, and stores what is new.

    An answer is new when no evaluation of this enterprise, tier and year is in force on that day, or the
    one in force says something else or saw other facts. So a second run stores nothing, another day with
    the same answer stores nothing, and an earlier day gets an answer of its own. `each` is called with
    every answer (code, edition, judgement), `progress` with the number done; `enterprise_ids` asks for some
    alone; `review` judges by what counts for the review of a title. Raises Denied, and LookupError where no
    edition is in force.

    About 0.2 ms an enterprise, storing included; see `cultivation.batch` for the statements.
    """
    return evaluate_all(
        by=by,
        region=region,
        tiers=[tier],
        year=year,
        on=on,
        review=review,
        enterprise_ids=enterprise_ids,
        each=each,
        progress=progress,
    )[tier]


def evaluate_all(
    *,
    by: Actor,
    region: str,
    tiers: Iterable[str],
    year: int,
    on: date,
    review: bool = False,
    enterprise_ids: Iterable[int] | None = None,
    each: Each | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Evaluated]:
    """As `evaluate`, for several tiers in one reading of the facts and one transaction; by tier."""
    require(by, "cultivation.evaluate", region)
    standards = [editions.in_force(tier, on, region=region, review=review) for tier in tiers]
    rows = dict(Edition.objects.filter(code__in=[s.id for s in standards]).values_list("code", "pk"))
    ids = None if enterprise_ids is None else sorted(set(enterprise_ids))
    began = timezone.now()
    runs = [
        Run(s, rows[s.id], s.tier, year, on, region, ids, by.officer_id, review, began) for s in standards
    ]
    with transaction.atomic():
        run_all(runs, each=each, progress=progress)
        for run in runs:
            if run.stored:
                audit.record(
                    by=by,
                    action="cultivation.evaluate",
                    region=region,
                    subject=f"{run.tier} {year}",
                    detail={
                        "on": on.isoformat(),
                        "edition": run.standard.id,
                        "judged": run.judged,
                        "stored": run.stored,
                    },
                )
    return {run.tier: Evaluated(run.judged, run.stored, run.outcomes, run.standard.id) for run in runs}


def judge_anew(*, by: Actor, enterprise: Enterprise, year: int, on: date) -> None:
    """Judges one enterprise for every tier, and for the reviews of titles that it holds or was judged for.

    It follows from an act that has asked for its own permission, so the system judges on its behalf.
    """
    known = outcomes_of(enterprise.pk, on)
    reviewed = [
        tier
        for tier in Tier.values
        if getattr(enterprise, f"{tier}_valid_until") is not None or (tier, True) in known
    ]
    for tiers, review in ((list(Tier.values), False), (reviewed, True)):
        if tiers:
            evaluate_all(
                by=system_actor(enterprise.region_id, origin=by.origin),
                region=enterprise.region_id,
                tiers=tiers,
                year=year,
                on=on,
                review=review,
                enterprise_ids=[enterprise.pk],
            )


def forget_looks(*, by: Actor, region: str, enterprise_ids: Iterable[int]) -> int:
    """Forgets when enterprises were last looked at, because they leave the registry; returns how many looks.

    Their evaluations stay: acts are never taken away. Raises Denied without `cultivation.evaluate`.
    """
    require(by, "cultivation.evaluate", region)
    return LastJudged.objects.filter(enterprise_id__in=list(enterprise_ids)).delete()[0]
