"""Keys of programs: each acts in one posting of its officer, through the API alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenancy import audit
from tenancy.access import Actor, Denied, require
from tenancy.models import Posting, Token

#: what the API's addresses begin with
API_PREFIX = "/api/"
MOST_DAYS = 366
#: so that a key that lies in a wrong place is known for what it is
_MARK = "tidu_"
_SHOWN = 12
_NOTED_EVERY = dt.timedelta(hours=1)


def _digest(secret: str) -> str:
    # A key is 256 random bits, so nothing slow is needed to keep it from being guessed.
    return hashlib.sha256(secret.encode()).hexdigest()


def find(header: str) -> Token | None:
    """The token of an `Authorization` header, if it is in force with its posting and officer. One query.

    To be called without a context: it is how one is found.
    """
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret.startswith(_MARK):
        return None
    now = timezone.now()
    token = (
        Token.objects.select_related("posting__officer", "posting__region")
        .filter(digest=_digest(secret), revoked_at__isnull=True, until_at__gt=now)
        .first()
    )
    if token is None:
        return None
    posting = token.posting
    in_force = posting.from_at <= now and (posting.until_at is None or posting.until_at > now)
    officer = posting.officer
    return token if in_force and officer.is_active and not officer.must_change_password else None


def note_use(token: Token) -> None:
    """Notes once an hour that the key is in use; within the context of its posting."""
    now = timezone.now()
    if token.used_at is None or now - token.used_at > _NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(used_at=now)


def of(actor: Actor) -> QuerySet[Token]:
    """The keys of the actor's own posting, newest first."""
    return Token.objects.filter(posting_id=actor.posting_id or 0).order_by("-created_at", "-id")


def make(*, by: Actor, name: str, days: int) -> tuple[Token, str]:
    """A key for the actor's present posting, and its secret, which is told this once. Raises Denied, ValueError."""
    require(by, "tokens.own", by.region_path)
    name = " ".join(name.split())
    if not name or not 1 <= days <= MOST_DAYS:
        raise ValueError("token")
    if by.posting_id is None or not Posting.objects.filter(pk=by.posting_id).exists():
        raise Denied("tokens.own", by.region_path)
    secret = _MARK + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = Token.objects.create(
            region_id=by.region_path,
            posting_id=by.posting_id,
            name=name[:60],
            start=secret[:_SHOWN],
            digest=_digest(secret),
            until_at=timezone.now() + dt.timedelta(days),
        )
        audit.record(
            by=by,
            action="tokens.make",
            region=by.region_path,
            subject=f"token:{token.pk}",
            detail={"name": token.name, "start": token.start, "until_at": token.until_at.isoformat()},
        )
    return token, secret


def revoke(*, by: Actor, token: Token) -> None:
    """Ends a key at once; twice is once. Raises Denied for a key that is not of the actor's own posting."""
    require(by, "tokens.own", token.region_id)
    if token.posting_id != by.posting_id:
        raise Denied("tokens.own", token.region_id)
    with transaction.atomic():
        ended = Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
        if ended:
            audit.record(
                by=by,
                action="tokens.revoke",
                region=token.region_id,
                subject=f"token:{token.pk}",
                detail={"name": token.name, "start": token.start},
            )
