"""The answer "registered elsewhere": audited, and limited for each officer and day.

Without a limit an official could find out, code by code, which enterprises the neighbours have.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from enterprises.importing import ImportResult
from enterprises.models import ElsewhereAnswer
from enterprises.rules.problems import Problem
from tenancy import audit
from tenancy.access import Actor


def limited(*, by: Actor, region: str, result: ImportResult) -> ImportResult:
    """The result with no more of these answers than the officer may still get today; the rest is a total."""
    told = told_of(by=by, region=region, codes=result.elsewhere)
    withheld = [code for code in result.elsewhere if code not in told]
    if not withheld:
        return result
    kept = []
    codes = iter(result.elsewhere)
    for problem in result.problems:
        if problem.code != "registered_elsewhere" or next(codes) in told:
            kept.append(problem)
    total = Problem("error", "elsewhere_total", params={"count": len(withheld), "limit": _limit()})
    result.problems = [*kept, total]
    result.changes = [change for change in result.changes if change["uscc"] not in withheld]
    return result


def told_of(*, by: Actor, region: str, codes: Sequence[str]) -> set[str]:
    """Records which of these codes the officer is told of, and returns them.

    A code told today already costs nothing. Commands without a person are not limited. Three queries.
    """
    if not codes or by.officer_id is None:
        return set(codes)
    today = timezone.localdate()
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two imports at once must not both spend what is left.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7002))", [f"elsewhere:{by.officer_id}"]
            )
            cursor.execute("SELECT enterprises_elsewhere_answers(%s, %s)", [by.officer_id, today])
            (spent,) = cursor.fetchone()
        known = set(
            ElsewhereAnswer.objects.filter(officer_id=by.officer_id, on=today, uscc__in=codes).values_list(
                "uscc", flat=True
            )
        )
        fresh = [code for code in dict.fromkeys(codes) if code not in known][: max(0, _limit() - spent)]
        ElsewhereAnswer.objects.bulk_create(
            ElsewhereAnswer(region_id=region, officer_id=by.officer_id, on=today, uscc=code) for code in fresh
        )
        withheld = len(set(codes)) - len(known) - len(fresh)
        if fresh or withheld:
            audit.record(
                by=by,
                action="enterprises.elsewhere",
                region=region,
                detail={"told": len(fresh), "withheld": withheld, "today": spent + len(fresh)},
            )
    return known | set(fresh)


def _limit() -> int:
    return int(settings.ELSEWHERE_ANSWERS_A_DAY)
