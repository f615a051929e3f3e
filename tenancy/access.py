"""Who acts, and whether they may. Every permission question of the portal is asked here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from tenancy.models import Officer, Posting, Region
from tenancy.rules.roles import ROLES, covers, may


class Denied(PermissionDenied):
    """The actor's role or place does not allow this. The refusal is written to the audit trail."""

    def __init__(self, permission: str, region_path: str) -> None:
        super().__init__(f"{permission} @ {region_path}")
        self.permission = permission
        self.region_path = region_path


@dataclass(frozen=True)
class Actor:
    """A person (or the account `system`) in one role at one place."""

    officer_id: int | None
    username: str
    display_name: str
    role: str
    region_path: str
    enterprise_id: int | None = None
    posting_id: int | None = None
    #: where the act comes from: network address, or command and operating-system user
    origin: str = field(default="", compare=False)

    def can(self, permission: str) -> bool:
        return may(self.role, permission)

    def covers(self, region_path: str) -> bool:
        return covers(self.region_path, region_path)

    def at(self, region_path: str) -> Actor:
        """The same person, narrowed to a region below. Raises Denied outside."""
        if not self.covers(region_path):
            raise Denied("scope", region_path)
        return replace(self, region_path=region_path)


def require(actor: Actor, permission: str, region_path: str) -> None:
    """Raises Denied unless the actor holds the permission and the region lies in the actor's place."""
    if not actor.can(permission) or not actor.covers(region_path):
        raise Denied(permission, region_path)


def open_postings(officer_id: int) -> list[Posting]:
    """The postings in force at this moment, highest place first. Causes one query; needs no context."""
    now = timezone.now()
    return list(
        Posting.objects.filter(officer_id=officer_id, from_at__lte=now)
        .filter(Q(until_at__isnull=True) | Q(until_at__gt=now))
        .select_related("region")
        .order_by("region_id", "role")
    )


def serves_elsewhere(officer_id: int) -> bool:
    """Whether the account has a posting in force outside the place of the present context. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenancy_serves_elsewhere(%s)", [officer_id])
        return bool(cursor.fetchone()[0])


def actor_of(officer: Officer, posting: Posting, origin: str = "") -> Actor:
    return Actor(
        officer_id=officer.pk,
        username=officer.username,
        display_name=officer.display_name,
        role=posting.role,
        region_path=posting.region_id,
        enterprise_id=posting.enterprise_id,
        posting_id=posting.pk,
        origin=origin,
    )


def actor_for(username: str, *, covering: str | None = None, origin: str = "") -> Actor:
    """The actor behind a username; `covering` picks the posting whose place covers that region.

    Raises LookupError when there is no such active officer or no posting in force. Two queries; to be
    called outside a context (sign-in tables are not readable inside one).
    """
    officer = Officer.objects.filter(username=username, is_active=True).first()
    if officer is None:
        raise LookupError(username)
    postings = open_postings(officer.pk)
    if covering is not None:
        # The narrowest place that covers the region: who is both auditor above and county official acts here.
        near = sorted(postings, key=lambda p: len(p.region_id), reverse=True)
        postings = [p for p in near if covers(p.region_id, covering)] or postings
    if not postings:
        raise LookupError(username)
    return actor_of(officer, postings[0], origin)


def system_actor(region_path: str, origin: str = "") -> Actor:
    """The account `system`: commands and jobs without a person, narrowed to a region."""
    return Actor(None, "system", "system", "system", region_path, origin=origin)


def speaks_for(by: Actor, own: str, permission: str, enterprise_id: int, region: str) -> None:
    """What an enterprise does itself with the permission `own`, its county does for it with another. Raises Denied."""
    if by.can(own):
        if by.enterprise_id != enterprise_id:
            raise Denied(own, region)
        return
    require(by, permission, region)


def person(actor: Actor) -> int:
    """The officer who acts: some acts are people's, jobs and commands do none of them. Raises Denied."""
    if actor.officer_id is None:
        raise Denied("person", actor.region_path)
    return actor.officer_id


def why(actor: Actor, permission: str, region: Region) -> dict[str, object]:
    """Explains one answer: does the role hold the permission, does the place cover the region."""
    role = ROLES.get(actor.role)
    return {
        "role_holds": bool(role and permission in role.permissions),
        "place_covers": actor.covers(region.path),
        "allowed": actor.can(permission) and actor.covers(region.path),
    }
