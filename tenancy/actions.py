"""Acts of the ground floor: people, postings and the trail of sign-ins."""

from __future__ import annotations

import secrets

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from tenancy import audit
from tenancy.access import Actor, Denied, actor_of, open_postings, require, serves_elsewhere
from tenancy.models import Officer, Posting


def note_sign_in(request: HttpRequest, officer: Officer) -> None:
    """Writes the sign-in to the trail of the officer's first posting."""
    from tenancy.middleware import BEGAN_KEY, POSTING_KEY, SEEN_KEY, address

    now = timezone.now().timestamp()
    request.session.pop(POSTING_KEY, None)
    request.session[BEGAN_KEY] = request.session[SEEN_KEY] = now
    _note(officer, address(request), "signin.done")


def note_failed_sign_in(request: HttpRequest | None, username: str) -> None:
    """Writes a failed try to the trail, where the account exists; an unknown name has no region."""
    from tenancy.middleware import address

    officer = Officer.objects.filter(username=username).first()
    if officer is not None:
        _note(officer, address(request) if request else "", "signin.failed")


def _note(officer: Officer, origin: str, action: str) -> None:
    postings = open_postings(officer.pk)
    if postings:
        audit.note(by=actor_of(officer, postings[0], origin), action=action, subject=officer.username)


@transaction.atomic
def end_posting(*, posting: Posting, by: Actor) -> Posting:
    """Ends a posting at this moment; the officer's next request no longer acts there."""
    require(by, "people.manage", posting.region_id)
    posting.until_at = timezone.now()
    posting.save(update_fields=["until_at"])
    audit.record(
        by=by,
        action="people.end_posting",
        region=posting.region_id,
        subject=f"posting:{posting.pk}",
        before={"until_at": None},
        after={"until_at": posting.until_at.isoformat()},
        detail={"officer": posting.officer_id, "role": posting.role},
    )
    return posting


@transaction.atomic
def post(*, officer: Officer, role: str, region: str, by: Actor, enterprise_id: int | None = None) -> Posting:
    """Gives an officer a role in a region from this moment on."""
    require(by, "people.manage", region)
    posting = Posting.objects.create(
        officer=officer, role=role, region_id=region, enterprise_id=enterprise_id
    )
    audit.record(
        by=by,
        action="people.post",
        region=region,
        subject=f"posting:{posting.pk}",
        after={"officer": officer.pk, "role": role, "enterprise_id": enterprise_id},
    )
    return posting


def _first_password() -> str:
    """A password that can be read out on the telephone: four groups without look-alikes."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


@transaction.atomic
def appoint(
    *, username: str, display_name: str, role: str, region: str, by: Actor
) -> tuple[Officer, str | None]:
    """Gives a person a role; makes the account where it is missing and returns its first password once.

    An existing account keeps its password and name (None is returned for the password).
    """
    require(by, "people.manage", region)
    officer = Officer.objects.only("id", "username", "display_name").filter(username=username).first()
    password = None
    if officer is None:
        password = _first_password()
        officer = Officer.objects.create_user(
            username, password, display_name=display_name, must_change_password=True
        )
        audit.record(by=by, action="people.create", region=region, subject=username)
    if not Posting.objects.filter(
        officer_id=officer.pk, role=role, region_id=region, until_at__isnull=True
    ).exists():
        post(officer=officer, role=role, region=region, by=by)
    return officer, password


@transaction.atomic
def reset_password(*, officer_id: int, region: str, by: Actor) -> tuple[str, str]:
    """A new first password; the officer must change it at once, and open sessions end.

    The hash is part of each session, so changing it ends them. Raises Denied for an account that also
    serves outside the actor's place: the new password would open that place as well.
    """
    require(by, "people.manage", region)
    # The context shows the postings inside the actor's place; the function tells of any outside.
    if serves_elsewhere(officer_id) or not open_postings(officer_id):
        raise Denied("people.manage", "")
    officer = Officer.objects.only("id", "username").get(pk=officer_id)
    password = _first_password()
    Officer.objects.filter(pk=officer_id).update(password=make_password(password), must_change_password=True)
    audit.record(by=by, action="people.reset", region=region, subject=officer.username)
    return officer.username, password
