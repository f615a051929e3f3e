"""Awards as pages and exports ask for them: where each one stands for the one who looks, and what it adds up to."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils import timezone

from cultivation.models import Objection, PublicNotice, Recognition
from subsidies.models import Award, AwardEvent, Entry, PayeeAccount, Portion
from tenancy.access import Actor

#: where an award stands, in the order of its way
STAGES = (
    "waiting",
    "reserved",
    "approved",
    "noticed",
    "cleared",
    "ordered",
    "paid",
    "recovering",
    "recovered",
    "refused",
    "withdrawn",
)


def _balance(account: str) -> CombinedExpression:
    """What lies in an account for the award, over all pools that one sees."""
    of = Entry.objects.filter(award=OuterRef("pk")).order_by().values("award")
    given = of.filter(given_to=account).annotate(total=Sum("amount")).values("total")
    taken = of.filter(taken_from=account).annotate(total=Sum("amount")).values("total")
    whole = BigIntegerField()
    return Coalesce(Subquery(given, output_field=whole), 0) - Coalesce(Subquery(taken, output_field=whole), 0)


def awards(actor: Actor) -> QuerySet[Any]:
    """The awards of the actor's place, or of the enterprise that the actor speaks for, each with its `stage` for the
    actor's own level, the balances `committed`, `ordered`, `paid`, `recovering`, `recovered`, and whether it is `to_recover`."""
    found = Award.objects.select_related("enterprise", "region")
    if actor.role == "enterprise":
        found = found.filter(enterprise_id=actor.enterprise_id or 0)
    else:
        found = found.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")
    portions = Portion.objects.filter(award=OuterRef("pk"))
    own = portions.filter(payer__path=actor.region_path)
    accounts = ("committed", "ordered", "paid", "recovering", "recovered")
    found = found.annotate(
        own=Subquery(own.values("state")[:1]), **{account: _balance(account) for account in accounts}
    )
    return found.annotate(
        stage=Case(
            When(state="withdrawn", then=Value("withdrawn")),
            When(recovering__gt=0, then=Value("recovering")),
            When(recovered__gt=0, paid=0, then=Value("recovered")),
            When(state="refused", then=Value("refused")),
            When(Q(state="open", own="waiting"), then=Value("waiting")),
            When(Q(state="open", own="reserved"), then=Value("reserved")),
            When(Exists(portions.filter(state="waiting")), then=Value("waiting")),
            When(Exists(portions.filter(state="reserved")), then=Value("reserved")),
            When(state="open", then=Value("approved")),
            When(state="noticed", then=Value("noticed")),
            When(ordered__gt=0, then=Value("ordered")),
            When(committed__gt=0, then=Value("cleared")),
            default=Value("paid"),
            output_field=CharField(),
        ),
        to_recover=Case(
            When(Q(paid__gt=0) & (Exists(_revoked()) | Exists(_withdrawn())), then=True), default=False
        ),
    )


def inside(actor: Actor) -> QuerySet[Award]:
    """The awards of the actor's place, without anything else."""
    return Award.objects.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")


def _revoked() -> QuerySet[AwardEvent]:
    return AwardEvent.objects.filter(
        enterprise=OuterRef("enterprise"), code=OuterRef("event"), revoked_on__isnull=False
    )


def _withdrawn() -> QuerySet[Recognition]:
    return Recognition.objects.filter(
        enterprise=OuterRef("enterprise"), code=OuterRef("event"), withdrawal__isnull=False
    )


def counts(rows: QuerySet[Any]) -> dict[str, int]:
    """How many awards stand where, and how many are to `recover`. One query."""
    found: dict[str, int] = {"recover": 0}
    counted = rows.order_by().values_list("stage", "to_recover").annotate(n=Count("pk"))
    for stage, to_recover, n in counted:
        found[stage] = found.get(stage, 0) + n
        found["recover"] += n if to_recover else 0
    return found


def own_level(actor: Actor) -> dict[str, int]:
    """As `counts`, of the awards of which the actor's own level bears a part. One query."""
    bears = Portion.objects.filter(award=OuterRef("pk"), payer__path=actor.region_path)
    return counts(awards(actor).filter(Exists(bears)))


def to_clear(actor: Actor, today: dt.date) -> QuerySet[Any]:
    """Notices of the own awards that ask for an answer (`asked`) or have ended with awards in them. One query."""
    open_ones = Objection.objects.filter(notice=OuterRef("pk"), answered_at__isnull=True)
    waiting = Award.objects.filter(notice=OuterRef("pk"), state=Award.State.NOTICED)
    return (
        PublicNotice.objects.filter(region_id=actor.region_path, batch__isnull=True)
        .annotate(asked=Exists(open_ones))
        .filter(Q(asked=True) | Q(closes_on__lt=today), Exists(waiting))
        .order_by("closes_on", "id")[:20]
    )


def without_account(enterprise_id: int) -> QuerySet[Award]:
    """The enterprise's live awards for which it has not confirmed its account since they were proposed."""
    newest = PayeeAccount.objects.filter(
        enterprise=OuterRef("enterprise"), confirmed_at__gte=OuterRef("proposed_at")
    )
    return Award.objects.filter(enterprise_id=enterprise_id, state__in=Award.LIVE).exclude(Exists(newest))


#: by what totals are told → the column
_BY = {
    "scheme": "a.scheme",
    "title": "a.title",
    "year": "extract(year FROM a.on)::int",
    "county": "a.region_id",
}
_LEVELS = f"""
SELECT {{by}}, count(DISTINCT p.award_id), sum(p.amount) FILTER (WHERE p.state <> 'released'), coalesce(sum(m.promised), 0), coalesce(sum(m.ordered), 0),
  coalesce(sum(m.paid), 0), coalesce(sum(m.recovered), 0)
FROM subsidies_portion p JOIN subsidies_award a ON a.id = p.award_id
  LEFT JOIN (SELECT award, pool_id,
      {
    ", ".join(
        f"sum(CASE WHEN given_to IN {accounts} THEN amount ELSE 0 END) - sum(CASE WHEN taken_from IN {accounts} THEN amount ELSE 0 END) AS {name}"
        for name, accounts in (
            ("promised", "('reserved', 'committed')"),
            ("ordered", "('ordered')"),
            ("paid", "('paid', 'recovering')"),
            ("recovered", "('recovered')"),
        )
    )
}
    FROM subsidies_entry WHERE award IS NOT NULL GROUP BY award, pool_id) m ON m.award = p.award_id AND m.pool_id = p.pool_id
WHERE a.region_id >= %(lo)s AND a.region_id < %(hi)s AND a.state <> 'withdrawn'
GROUP BY 1 ORDER BY 1
"""  # noqa: S608  (names out of this module)
COLUMNS = ("awards", "decided", "promised", "ordered", "paid", "recovered")


def totals(region: str, by: str) -> list[tuple[str, dict[str, int]]]:
    """Sums over the place by `scheme`, `title`, `year`, `county` or paying `level`, in fen; every split adds up to the
    same. `decided` leaves out what was let go, `promised` is reserved or committed, `paid` has not come back. One query."""
    column = "p.payer_id" if by == "level" else _BY[by]
    with connection.cursor() as cursor:
        cursor.execute(_LEVELS.format(by=column), {"lo": region, "hi": region + "~"})
        return [
            (str(row[0]), dict(zip(COLUMNS, (int(n or 0) for n in row[1:]), strict=True)))
            for row in cursor.fetchall()
        ]


def ageing(rows: QuerySet[Any], today: dt.date) -> list[tuple[int, int, int]]:
    """What is cleared or ordered and has not arrived, by how long ago the award was proposed: (up to so many days, how many,
    fen); 0 is longer than all. One query."""
    bounds = (30, 90, 180)
    found = {bound: [0, 0] for bound in (*bounds, 0)}
    open_ones = rows.filter(Q(committed__gt=0) | Q(ordered__gt=0), state="cleared").order_by()
    for at, committed, ordered in open_ones.values_list("proposed_at", "committed", "ordered"):
        days = (today - timezone.localtime(at).date()).days
        bound = next((b for b in bounds if days <= b), 0)
        found[bound][0] += 1
        found[bound][1] += committed + ordered
    return [(bound, n, fen) for bound, (n, fen) in found.items()]
