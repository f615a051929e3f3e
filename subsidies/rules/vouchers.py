"""Innovation vouchers (创新券): what a place's programme says, who may have one, what a redemption of it pays.

The enterprise pays its provider itself; the voucher then pays a share of the contract's price, never more than what is left
of the voucher and of the enterprise's year. Money is whole fen. A day that is the last one still counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from subsidies.rules.accounts import MOST
from subsidies.rules.arbiter import half_up
from subsidies.rules.schemes import TITLES, SchemeError, amount_of, fen

#: what a provider may be registered for
SERVICES = ("research", "testing", "design", "transfer", "property", "digital", "consulting")
#: a redemption goes from asked to approved to paid, and back where the bank returns it; it is refused while not paid
STEPS: Mapping[tuple[str, str], str] = {
    ("asked", "approve"): "approved",
    ("approved", "pay"): "paid",
    ("paid", "return"): "approved",
    ("asked", "refuse"): "refused",
    ("approved", "refuse"): "refused",
}


@dataclass(frozen=True)
class Programme:
    """One dated entry of `fixtures/terms/vouchers.yaml`; amounts are fen."""

    since: date
    #: code of the place that pays
    region: str
    scheme: str
    faces: tuple[int, ...]
    share: Fraction
    cap: int
    months: int
    priority: tuple[str, ...]
    document: str
    certainty: str

    def kept(self) -> dict[str, Any]:
        """What a voucher keeps of the rules that it was issued by."""
        return {
            "since": self.since.isoformat(),
            "share": str(self.share),
            "cap": self.cap,
            "months": self.months,
            "document": self.document,
            "certainty": self.certainty,
        }


def load(entries: Sequence[Mapping[str, Any]]) -> tuple[Programme, ...]:
    """The entries as they stand in the file. Raises SchemeError for what is none."""
    return tuple(_programme(each, f"vouchers.{n}") for n, each in enumerate(entries))


def _programme(item: Mapping[str, Any], where: str) -> Programme:
    share = amount_of({"of_received": item["share"]}, f"{where}.share").share
    faces = tuple(fen(each, f"{where}.face_values") for each in item["face_values"])
    cap = fen(item["yearly_cap"], f"{where}.yearly_cap")
    if share is None or share > 1 or not faces or not all(0 < face <= cap for face in faces):
        raise SchemeError(f"{where}: share, face values or cap")
    if not set(item["priority"]) <= set(TITLES) or not 0 < item["months"] <= 120:
        raise SchemeError(f"{where}: priority or months")
    return Programme(
        since=item["from"],
        region=str(item["region"]),
        scheme=str(item["scheme"]),
        faces=tuple(sorted(faces)),
        share=share,
        cap=cap,
        months=item["months"],
        priority=tuple(item["priority"]),
        document=str(item["document"]),
        certainty=str(item["certainty"]),
    )


def in_force(programmes: Iterable[Programme], region: str, on: date) -> Programme:
    """The youngest entry of a place (its code) that had begun on the day. LookupError where there is none."""
    found = [each for each in programmes if each.region == region and each.since <= on]
    if not found:
        raise LookupError(f"no vouchers of {region} on {on}")
    return max(found, key=lambda each: each.since)


def last_day(issued: date, months: int) -> date:
    """The last day on which a voucher is redeemed: the same day so many months later, or that month's last."""
    years, month = divmod(issued.month - 1 + months, 12)
    year = issued.year + years
    return date(year, month + 1, min(issued.day, monthrange(year, month + 1)[1]))


def rank(titles: Collection[str], priority: Sequence[str]) -> int:
    """Place in the order of priority, from 0; who holds none of the titles comes last."""
    return next((n for n, title in enumerate(priority) if title in titles), len(priority))


def pays(price: int, share: Fraction, face_left: int, cap_left: int) -> int:
    """What a redemption pays for a contract of a price: the share of it, rounded half up, within what is left; never below 0."""
    return max(0, min(half_up(price * share), face_left, cap_left))


def why_not_issued(programme: Programme, face: int, issued: int, *, state: str, barred: bool) -> str:
    """Why an enterprise gets no voucher of this face value; `issued` are the face values of its year. Empty where it does."""
    if hindrance := why_not_paid(state=state, barred=barred):
        return hindrance
    if face not in programme.faces:
        return "face"
    return "cap_issued" if issued + face > programme.cap else ""


def why_not_redeemed(
    *,
    on: date,
    expires_on: date,
    state: str,
    barred: bool,
    provider: str,
    own: bool,
    price: int,
    face_left: int,
    cap_left: int,
) -> str:
    """Why nothing is paid for a contract; empty where something is. `provider` is `registered`, `ended` or another place's;
    `own`: it is the enterprise itself."""
    if on > expires_on:
        return "voucher_expired"
    if hindrance := why_not_paid(state=state, barred=barred):
        return hindrance
    if provider != "registered":
        return "provider_ended" if provider == "ended" else "provider_unknown"
    if own:
        return "provider_own"
    if not 0 < price <= MOST:
        return "price"
    if face_left <= 0:
        return "face_used"
    return "cap_used" if cap_left <= 0 else ""


def why_not_paid(*, state: str, barred: bool) -> str:
    """Why an enterprise gets no money at all; empty where nothing stands against it."""
    if state != "active":
        return "not_active"
    return "barred" if barred else ""


def invoice_key(text: str) -> str:
    """An invoice's number as it is compared: without blanks, Latin in capitals."""
    return "".join(text.split()).upper()
