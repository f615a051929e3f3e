"""Innovation vouchers as acts and pages ask for them: the programme of a place, what is left, who comes first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from enterprises.models import Enterprise
from subsidies import schemes
from subsidies.models import Entry, Voucher, VoucherProvider, VoucherRedemption, VoucherStep
from subsidies.queries import batched, events_of, with_events
from subsidies.rules import vouchers as rules
from subsidies.rules.arbiter import holds
from subsidies.rules.vouchers import Programme
from subsidies.rules.workflow import ACCOUNT, APPROVE, PAY
from tenancy.access import Actor
from tenancy.context import ancestors
from tenancy.models import Region

#: where a voucher stands: usable, a redemption waits for the office or finance, used up, over
STAGES = ("usable", "asked", "redeemed", "expired")
_CHUNK = 2_000


@lru_cache(maxsize=1)
def programmes() -> tuple[Programme, ...]:
    return rules.load(schemes.read_terms("vouchers.yaml"))


def codes() -> set[str]:
    """The schemes that are vouchers."""
    return {each.scheme for each in programmes()}


def issues(code: str) -> bool:
    """Whether a place (its code) ever has vouchers of its own."""
    return any(each.region == code for each in programmes())


def programme(path: str, on: dt.date) -> Programme | None:
    """What holds for vouchers that a place issues on a day; None where it has none. One query."""
    code = Region.objects.filter(path=path).values_list("code", flat=True).first()
    try:
        return rules.in_force(programmes(), code or "", on)
    except LookupError:
        return None


def share_of(voucher: Voucher) -> Fraction:
    return Fraction(voucher.rules["share"])


def _refused() -> Exists:
    return Exists(VoucherStep.objects.filter(redemption=OuterRef("pk"), decision="refuse"))


def _paid() -> Exists:
    """Whether a payment stands that the bank did not send back."""
    back = VoucherStep.objects.filter(
        redemption=OuterRef("redemption"), decision="return", turn=OuterRef("turn")
    )
    return Exists(VoucherStep.objects.filter(~Exists(back), redemption=OuterRef("pk"), decision="pay"))


def _settled() -> Q:
    return Q(_refused()) | Q(_paid())


def live(redemptions: QuerySet[VoucherRedemption]) -> QuerySet[VoucherRedemption]:
    """Those that were not refused: what they take of the voucher and of the year is taken."""
    return redemptions.exclude(_refused())


def vouchers(actor: Actor, today: dt.date) -> QuerySet[Any]:
    """The vouchers of the actor's place, or of its enterprise, each with what was `used` (fen) and its `stage` on the day."""
    found = Voucher.objects.select_related("enterprise", "region")
    if actor.role == "enterprise":
        found = found.filter(enterprise_id=actor.enterprise_id or 0)
    else:
        found = found.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")
    of = VoucherRedemption.objects.filter(voucher=OuterRef("pk"))
    used = live(of).order_by().values("voucher").annotate(total=Sum("amount")).values("total")
    return found.annotate(
        used=Coalesce(Subquery(used, output_field=BigIntegerField()), 0, output_field=BigIntegerField()),
    ).annotate(
        stage=Case(
            When(Exists(of.exclude(_settled())), then=Value("asked")),
            When(Q(expires_on__gte=today, used__lt=F("face")), then=Value("usable")),
            When(used__gt=0, then=Value("redeemed")),
            default=Value("expired"),
            output_field=CharField(),
        ),
    )


def with_paid(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same vouchers, each with what was `paid` of it (fen)."""
    of = VoucherRedemption.objects.filter(_paid(), voucher=OuterRef("pk"))
    total = of.order_by().values("voucher").annotate(total=Sum("amount")).values("total")
    return rows.annotate(
        paid=Coalesce(Subquery(total, output_field=BigIntegerField()), 0, output_field=BigIntegerField())
    )


def redemptions(rows: QuerySet[Any]) -> QuerySet[VoucherRedemption]:
    """What was asked of vouchers of `vouchers`. No query is made here."""
    found = VoucherRedemption.objects.filter(voucher__in=rows.order_by().values("pk"))
    return found.select_related("voucher__enterprise", "region")


def steps_of(asked: Collection[VoucherRedemption]) -> dict[int, list[VoucherStep]]:
    """Redemption → its decisions in their order, each with the account that it names. One query."""
    found: dict[int, list[VoucherStep]] = {r.pk: [] for r in asked}
    rows = VoucherStep.objects.filter(redemption__in=list(found)).select_related("account")
    for step in rows.order_by("id"):
        found[step.redemption_id].append(step)
    return found


def counts(rows: QuerySet[Any]) -> dict[str, int]:
    """How many vouchers stand where. One query."""
    return dict(rows.order_by().values_list("stage").annotate(n=Count("pk")).values_list("stage", "n"))


def issued_in(year: int, payer: str, scheme: str, enterprises: Collection[int]) -> dict[int, tuple[int, int]]:
    """Enterprise → how many vouchers it was issued in a year, and their face values (fen). One query."""
    rows = (
        Voucher.objects.filter(
            payer__path=payer, scheme=scheme, issued_on__year=year, enterprise_id__in=enterprises
        )
        .order_by()
        .values_list("enterprise_id")
        .annotate(n=Count("pk"), total=Sum("face"))
    )
    return {pk: (n, total) for pk, n, total in rows}


def taken_in(year: int, voucher: Voucher) -> int:
    """What the enterprise's redemptions of a year take, of all its vouchers of the same kind (fen). One query."""
    rows = VoucherRedemption.objects.filter(
        voucher__enterprise_id=voucher.enterprise_id,
        voucher__payer__path=voucher.payer_id,
        voucher__scheme=voucher.scheme,
        asked_on__year=year,
    )
    return live(rows).aggregate(total=Sum("amount"))["total"] or 0


def used_of(voucher: Voucher) -> int:
    """What the redemptions of a voucher take of it (fen). One query."""
    return (
        live(VoucherRedemption.objects.filter(voucher=voucher)).aggregate(total=Sum("amount"))["total"] or 0
    )


def waiting_of(voucher: Voucher) -> int:
    """What is asked of a voucher and not decided yet (fen). One query."""
    rows = VoucherRedemption.objects.filter(voucher=voucher, steps__isnull=True)
    return rows.aggregate(total=Sum("amount"))["total"] or 0


def state_of(decisions: Sequence[str]) -> str:
    """Where a redemption stands after its decisions: what came back is approved as before, it may be refused as well."""
    if "refuse" in decisions:
        return "refused"
    if decisions.count("pay") > decisions.count("return"):
        return "paid"
    return "approved" if "approve" in decisions else "asked"


def standing(steps: Sequence[VoucherStep]) -> VoucherStep | None:
    """The payment that did not come back; None where none stands."""
    back = {s.turn for s in steps if s.decision == "return"}
    return next((s for s in steps if s.decision == "pay" and s.turn not in back), None)


def speaks_for(actor: Actor, voucher: Voucher) -> bool:
    """Whether the actor asks on a voucher: its enterprise, or the county for it. Who approves does not ask as well."""
    return actor.role == "enterprise" or (actor.can(ACCOUNT) and actor.region_path == voucher.region_id)


def asks(actor: Actor, voucher: Any, today: dt.date) -> bool:
    """Whether the actor may ask for money of a voucher of `vouchers` on the day."""
    return speaks_for(actor, voucher) and voucher.expires_on >= today and voucher.used < voucher.face


def open_decisions(actor: Actor, voucher: Voucher, state: str) -> set[str]:
    """What the actor may decide about a redemption in a state."""
    if actor.region_path != voucher.payer_id:
        return set()
    needed = {"approve": APPROVE, "refuse": APPROVE, "pay": PAY, "return": PAY}
    return {d for (at, d) in rules.STEPS if at == state and actor.can(needed[d])}


def count_step(voucher: Voucher) -> None:
    """Says of a voucher that is held that something was done with it."""
    Voucher.objects.filter(pk=voucher.pk).update(step=F("step") + 1)


def payers_of_expired(on: dt.date) -> list[str]:
    """The places that have issued vouchers whose days are over. One query."""
    rows = Voucher.objects.filter(expires_on__lt=on).order_by("payer").values_list("payer", flat=True)
    return [str(path) for path in rows.distinct()]


def to_release(payer: str, on: dt.date) -> list[int]:
    """The vouchers of a place whose days are over while something of them is still reserved. One query."""
    of = Entry.objects.filter(award=OuterRef("pk") * -1).order_by().values("award")
    sums = {
        side: Coalesce(
            Subquery(of.filter(**{side: "reserved"}).annotate(total=Sum("amount")).values("total")),
            0,
            output_field=BigIntegerField(),
        )
        for side in ("given_to", "taken_from")
    }
    rows = Voucher.objects.filter(payer__path=payer, expires_on__lt=on)
    rows = rows.annotate(put=sums["given_to"], gone=sums["taken_from"]).filter(put__gt=F("gone"))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def waiting_at(payer: str) -> dict[str, int]:
    """How many redemptions wait for the office of a place (`asked`) and for its finance (`approved`). One query."""
    rows = (
        VoucherRedemption.objects.filter(voucher__payer__path=payer)
        .exclude(_settled())
        .annotate(approved=Exists(VoucherStep.objects.filter(redemption=OuterRef("pk"), decision="approve")))
        .order_by()
    )
    found = dict(rows.values_list("approved").annotate(n=Count("pk")).values_list("approved", "n"))
    return {"asked": found.get(False, 0), "approved": found.get(True, 0)}


def bound(enterprise_id: int, to: str) -> bool:
    """Whether a redemption is open at a place that does not lie above `to`. One query."""
    rows = VoucherRedemption.objects.filter(enterprise_id=enterprise_id).exclude(_settled())
    return rows.exclude(voucher__payer__path__in=[*ancestors(to), to]).exists()


def providers(*places: str) -> QuerySet[VoucherProvider]:
    """Those that places have registered, the ended ones last; the columns that an enterprise may read as well."""
    rows = VoucherProvider.objects.filter(region_id__in=places).only(
        "id", "region_id", "public_id", "name", "uscc", "kinds", "registered_at", "ended_at"
    )
    return rows.order_by(F("ended_at").asc(nulls_first=True), "name", "id")


def ranks(region: str, of: Programme, on: dt.date, among: Collection[int] | None = None) -> dict[int, int]:
    """Enterprise → its place in the order of priority, of those (or of some) that hold one of its titles. Three queries for
    2,000."""
    found = {}
    rows = with_events(region).active()
    if among is not None:
        rows = rows.filter(pk__in=among)
    ids = rows.order_by("id").values_list("id", flat=True)
    for page in batched(ids.iterator(_CHUNK), _CHUNK):
        for pk, events in events_of(region, page).items():
            held = {title for title in of.priority if holds(title, on, events, schemes.valid_years())}
            if held:
                found[pk] = rules.rank(held, of.priority)
    return found


def in_order(region: str, of: Programme, on: dt.date, q: str = "") -> list[tuple[int, int]]:
    """(place in the order of priority, enterprise) of all active enterprises of a place, those with a title first, then by
    place and name. Four queries for 2,000 enterprises with an event."""
    rows = Enterprise.objects.under(region).active()
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(uscc__istartswith=q))
    first = ranks(region, of, on)
    ids = rows.order_by("region_id", "pinyin", "id").values_list("id", flat=True)
    return sorted(((first.get(pk, len(of.priority)), pk) for pk in ids), key=lambda pair: pair[0])
