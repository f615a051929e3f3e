"""Questions about editions and evaluations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from cultivation import editions
from cultivation.batch import OVERLAP
from cultivation.models import Application, Evaluation, Verdict
from cultivation.models import Edition as Stored
from cultivation.rules.judge import Judgement
from cultivation.rules.shapes import Condition, dated_tests, leaves
from cultivation.rules.shapes import Edition as Standard
from cultivation.rules.vocabulary import JUDGEMENTS
from cultivation.stored import answers_to_json, money_codes, points_to_json, scores_to_json

#: so long another process may still judge by what it knew before
_CACHED = timedelta(seconds=60)


def latest(tier: str, on: date, *, review: bool = False) -> QuerySet[Evaluation]:
    """The evaluation of each enterprise that is in force on the day: the youngest judged on or before it.

    One query; narrow it by region or enterprise first.
    """
    newest = (
        Evaluation.objects.filter(
            enterprise=OuterRef("enterprise"), tier=tier, review=review, judged_on__lte=on
        )
        .order_by("-judged_on", "-year", "-id")
        .values("id")[:1]
    )
    return Evaluation.objects.filter(tier=tier, judged_on__lte=on, id=Subquery(newest))


def latest_of(enterprise_id: int, tier: str, on: date, *, review: bool = False) -> Evaluation | None:
    """The evaluation of one enterprise that is in force on the day. One query."""
    return (
        Evaluation.objects.filter(enterprise_id=enterprise_id, tier=tier, review=review, judged_on__lte=on)
        .select_related("edition")
        .order_by("-judged_on", "-year", "-id")
        .first()
    )


def outcomes_of(enterprise_id: int, on: date) -> dict[tuple[str, bool], str]:
    """(tier, review) → the outcome that is in force on the day, of one enterprise. One query."""
    rows = Evaluation.objects.filter(enterprise_id=enterprise_id, judged_on__lte=on)
    newest = rows.order_by("tier", "review", "-judged_on", "-year", "-id").distinct("tier", "review")
    return {
        (tier, review): outcome for tier, review, outcome in newest.values_list("tier", "review", "outcome")
    }


def person_fact(element: Condition) -> str:
    """The fact of a condition that a person answers; empty where figures tell."""
    return next((leaf.fact for leaf in leaves(element.test) if leaf.fact in JUDGEMENTS), "")


def said_of(enterprise_id: int, evaluation: Evaluation, edition: Standard) -> dict[str, Verdict]:
    """Condition → the newest word about it that counts in this judgement. One query."""
    newest: dict[tuple[str, str], Verdict] = {}
    about = Verdict.objects.filter(enterprise_id=enterprise_id, year=evaluation.year).order_by("id")
    # Whose word it is the enterprise may not read, so those columns are not asked for.
    for word in about.only("tier", "review", "element", "word", "reason", "at"):
        if not word.tier or (word.tier, word.review) == (evaluation.tier, evaluation.review):
            newest[word.tier, word.element] = word
    found: dict[str, Verdict] = {}
    for element in edition.conditions:
        for key in ((evaluation.tier, element.code), ("", person_fact(element))):
            said = newest.get(key)
            if said is not None and said.word not in (Verdict.Word.OPEN, Verdict.Word.APPLICABLE):
                found.setdefault(element.code, said)
    return found


def tied(enterprise_id: int, to: str) -> bool:
    """Whether the enterprise has an application under way with an authority that does not reach to the place. One query."""
    rounds = Application.objects.filter(enterprise_id=enterprise_id).exclude(
        state__in=[Application.State.RECOGNISED, Application.State.REJECTED, Application.State.WITHDRAWN]
    )
    return any(not to.startswith(str(path)) for path in rounds.values_list("batch__region_id", flat=True))


def stale(tier: str, region: str, today: date) -> list[tuple[str, int, list[int]]]:
    """What is to be judged again for first applications: (region, year, enterprises).

    Figures or master data newer than the last look at them, a date that the standard tests and that came to
    its end (or came) between that look and today, or a standard in force since. An enterprise is judged by
    its youngest year with figures. One query, and two for each place with a standard of its own. Raises LookupError where no standard is in force.
    """
    apart = [
        place for place in editions.places_apart(tier, today) if place != region and place.startswith(region)
    ]
    found = _stale(tier, region, today, apart)
    for place in apart:
        found += _stale(tier, place, today, [])
    return sorted(found)


def _stale(tier: str, region: str, today: date, apart: list[str]) -> list[tuple[str, int, list[int]]]:
    """As `stale`, by the one standard of the region, without the places `apart` that have another."""
    standard = editions.in_force(tier, today, region=region)
    put_at = None
    if standard.region:
        # It may hold from a day that is past; judged anew is what was judged before it was there.
        put_at = Stored.objects.values_list("loaded_at", flat=True).get(code=standard.id) + _CACHED
    dated = " ".join(f"OR {_ran_out(fact, years)}" for fact, years in dated_tests(standard))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.region_id, f.year, array_agg(e.id ORDER BY e.id)
              FROM enterprises_enterprise e
              JOIN (SELECT enterprise_id, max(year) AS year, max(updated_at) AS at
                      FROM enterprises_annualfigures
                     WHERE region_id >= %(lo)s AND region_id < %(hi)s
                     GROUP BY enterprise_id) f ON f.enterprise_id = e.id
              LEFT JOIN cultivation_lastjudged j
                ON j.enterprise_id = e.id AND j.tier = %(tier)s AND NOT j.review AND j.year = f.year
             WHERE e.region_id >= %(lo)s AND e.region_id < %(hi)s AND e.state = 'active'
               AND (j.judged_at IS NULL
                    OR greatest(e.updated_at, f.at) > j.judged_at - %(overlap)s::interval
                    OR j.judged_on < %(since)s OR j.judged_at < %(put_at)s {dated})
               AND NOT EXISTS (SELECT FROM unnest(%(apart)s::text[]) AS p WHERE starts_with(e.region_id, p))
             GROUP BY 1, 2 ORDER BY 1, 2
            """,  # noqa: S608  (names out of the vocabulary)
            {
                "tier": tier,
                "lo": region,
                "hi": region + "~",
                "today": today,
                "overlap": OVERLAP,
                "since": standard.valid_from,
                "put_at": put_at,
                "apart": apart,
            },
        )
        return cursor.fetchall()


def _ran_out(fact: str, years: int) -> str:
    """SQL: whether a dated test reads otherwise today than on the day of the last look."""
    if not years:
        return f"e.{fact} >= j.judged_on AND e.{fact} < %(today)s"
    span = f"interval '{years:d} years'"
    return (
        f"e.{fact} > j.judged_on - {span} AND e.{fact} <= %(today)s - {span} "
        f"OR e.{fact} > j.judged_on AND e.{fact} <= %(today)s"
    )


def as_json(edition: Standard, uscc: str, judgement: Judgement) -> dict[str, Any]:
    """One answer as the command and the API give it."""
    return {
        "uscc": uscc,
        "edition": judgement.edition,
        "outcome": judgement.outcome,
        "outcome_by_facts": judgement.outcome_by_facts,
        "score": points_to_json(judgement.score),
        "score_max": points_to_json(judgement.score_max),
        "class_scores": scores_to_json(judgement.class_scores),
        "direct": judgement.direct,
        "missing": judgement.missing,
        "missing_count": judgement.missing_count,
        "missing_max": judgement.missing_max,
        "unknown": judgement.unknown,
        "answers": answers_to_json(judgement.answers, money_codes(edition)),
    }
