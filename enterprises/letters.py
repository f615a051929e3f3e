"""Activation letters: their codes, what one says, and who speaks for an enterprise."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from enterprises.models import Claim, Enterprise, Invitation
from tenancy.access import Actor
from tenancy.models import Posting

#: days for which a letter is good
DAYS = 60
#: letters of one run: each is a page of one PDF
AT_ONCE = 500
#: Crockford's base 32 without letters that are misread on paper; five groups of four are a hundred bits
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _IN_GROUP = 5, 4
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


class Letter(NamedTuple):
    """What one letter says; the code is nowhere else."""

    uscc: str
    name: str
    code: str
    until_on: dt.date


class Newcomer(NamedTuple):
    """The account that a person without one chooses."""

    username: str
    display_name: str
    password: str


def new_code() -> str:
    """A code as a letter shows it: five groups of four."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_GROUPS * _IN_GROUP)]
    return "-".join("".join(letters[at : at + _IN_GROUP]) for at in range(0, len(letters), _IN_GROUP))


def digest(code: str) -> str:
    """Of a code as somebody typed it: case, blanks, hyphens and the letters that look like digits do not matter."""
    plain = "".join(c for c in code[:100].upper().translate(_MISREAD) if c in _ALPHABET)
    return hashlib.sha256(f"activation:{plain}".encode()).hexdigest()


def letter_of(code: str) -> Invitation | None:
    """The letter with this code, also one that is over. One query; to be called outside a context."""
    return Invitation.objects.filter(digest=digest(code)).first()


def speakers(enterprise_id: int) -> QuerySet[Posting]:
    """The postings in force of those who speak for the enterprise."""
    return Posting.objects.filter(role="enterprise", enterprise_id=enterprise_id, until_at__isnull=True)


def accounts(actor: Actor) -> QuerySet[Any]:
    """The active enterprises of one's place with what each has: `opened_at`, `speaker`, `printed_at`, `good_until`."""
    speaking = Posting.objects.filter(
        role="enterprise", enterprise_id=OuterRef("pk"), until_at__isnull=True
    ).order_by("from_at")
    letters = Invitation.objects.filter(
        enterprise_id=OuterRef("pk"), used_at__isnull=True, ended_at__isnull=True, until_at__gt=timezone.now()
    )
    return (
        Enterprise.objects.active()
        .under(actor.region_path)
        .annotate(
            opened_at=Subquery(speaking.values("from_at")[:1]),
            speaker=Subquery(speaking.values("officer__display_name")[:1]),
            printed_at=Subquery(letters.values("made_at")[:1]),
            good_until=Subquery(letters.values("until_at")[:1]),
        )
        .order_by("pinyin", "pk")
    )


#: the three views of the list of accounts
VIEWS = ("none", "letter", "opened")


def in_view(found: QuerySet[Any], view: str) -> QuerySet[Any]:
    """Those without letter and account, with a letter that is good, or with an account."""
    if view == "opened":
        return found.filter(opened_at__isnull=False)
    if view == "letter":
        return found.filter(opened_at__isnull=True, printed_at__isnull=False)
    return found.filter(opened_at__isnull=True, printed_at__isnull=True)


def counts(found: QuerySet[Any]) -> dict[str, int]:
    """View → how many enterprises. One query."""
    without = Q(opened_at__isnull=True)
    return found.aggregate(
        none=Count("pk", filter=without & Q(printed_at__isnull=True)),
        letter=Count("pk", filter=without & Q(printed_at__isnull=False)),
        opened=Count("pk", filter=Q(opened_at__isnull=False)),
    )


def open_claims(actor: Actor) -> QuerySet[Claim]:
    """What waits for the county's decision."""
    return Claim.objects.filter(
        region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~", state=Claim.State.OPEN
    )


def speaking(claims: Iterable[Claim]) -> dict[int, list[str]]:
    """Enterprise → the names of those who speak for it now. One query."""
    found: dict[int, list[str]] = {}
    rows = Posting.objects.filter(
        role="enterprise", enterprise_id__in={c.enterprise_id for c in claims}, until_at__isnull=True
    ).values_list("enterprise_id", "officer__display_name", "officer__username")
    for enterprise_id, name, username in rows.order_by("from_at"):
        found.setdefault(enterprise_id or 0, []).append(f"{name}（{username}）")
    return found
