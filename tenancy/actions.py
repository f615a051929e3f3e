"""Acts of the ground floor: people, postings and the trail of sign-ins."""

from __future__ import annotations

import secrets

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from tenancy import audit, inbox
from tenancy.access import Actor, Denied, actor_of, open_postings, person, require, serves_elsewhere
from tenancy.models import Appointment, Officer, Posting, Region
from tenancy.rules.roles import APPOINTABLE, ROLES


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
    return _end(posting, by)


def _end(posting: Posting, by: Actor) -> Posting:
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


def _post(*, officer_id: int, role: str, region: str, by: Actor, enterprise_id: int | None = None) -> bool:
    """From this moment on the officer holds the role; False where it is held already."""
    same = {"officer_id": officer_id, "role": role, "region_id": region, "enterprise_id": enterprise_id}
    if Posting.objects.filter(**same, until_at__isnull=True).exists():
        return False
    posting = Posting.objects.create(**same)
    audit.record(
        by=by,
        action="people.post",
        region=region,
        subject=f"posting:{posting.pk}",
        after={"officer": officer_id, "role": role, "enterprise_id": enterprise_id},
    )
    return True


def _first_password() -> str:
    """A password that can be read out on the telephone: four groups without look-alikes."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


class Unfit(ValueError):
    """A person is not proposed or confirmed so; `code` is `role`, `held`, `waiting`, `decided`, `self` or `reason`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def propose(*, username: str, display_name: str, role: str, region: Region, by: Actor) -> Appointment:
    """Proposes a person for a role; the security administrator confirms. Raises Denied, Unfit."""
    require(by, "people.propose", region.path)
    if role not in APPOINTABLE or region.kind not in ROLES[role].levels:
        raise Unfit("role")
    held = Posting.objects.filter(
        officer__username=username, role=role, region_id=region.path, until_at__isnull=True
    )
    if held.exists():
        raise Unfit("held")
    try:
        with transaction.atomic():
            made = Appointment.objects.create(
                region_id=region.path,
                username=username,
                display_name=display_name,
                role=role,
                proposed_by_id=person(by),
            )
    except IntegrityError as wrong:
        raise Unfit("waiting") from wrong
    audit.record(
        by=by,
        action="people.propose",
        region=region.path,
        subject=username,
        after={"role": role, "display_name": display_name},
    )
    told = {"username": username, "name": display_name, "role": role}
    note = inbox.Note("people.proposed", str(made.pk), region.path, role="secadmin", params=told)
    inbox.tell([note], by.officer_id)
    return made


@transaction.atomic
def found(*, administrators: dict[str, tuple[str, str]], region: Region, by: Actor) -> list[tuple[str, str]]:
    """The first administrators of a place, role → (username, name): nobody is there yet who could confirm them.

    Returns each username with its first password. Raises Denied; Unfit `held` where the place has an administrator
    already, `role` for other roles or one person for both.
    """
    require(by, "people.found", region.path)
    names = {username for username, _name in administrators.values()}
    if set(administrators) != {"sysadmin", "secadmin"} or len(names) < 2:
        raise Unfit("role")
    if Posting.objects.filter(region_id=region.path, role__in=administrators, until_at__isnull=True).exists():
        raise Unfit("held")
    made = []
    for role, (username, display_name) in administrators.items():
        officer, password = _account(username, display_name, region.path, by)
        _post(officer_id=officer.pk, role=role, region=region.path, by=by)
        made.append((username, password or ""))
    audit.record(by=by, action="people.found", region=region.path, subject=", ".join(sorted(names)))
    return made


def _account(username: str, display_name: str, region: str, by: Actor) -> tuple[Officer, str | None]:
    """The account of this name; one that is missing is made, with a first password that is returned once."""
    officer = Officer.objects.only("id", "username", "display_name").filter(username=username).first()
    if officer is not None:
        return officer, None
    password = _first_password()
    officer = Officer.objects.create_user(
        username, password, display_name=display_name, must_change_password=True
    )
    audit.record(by=by, action="people.create", region=region, subject=username)
    return officer, password


@transaction.atomic
def confirm(*, appointment: Appointment, by: Actor) -> tuple[Officer, str | None]:
    """Puts a proposed person in the role; makes the account where it is missing and returns its first password once.

    An existing account keeps its password and name (None is returned for the password). Raises Denied; Unfit where
    somebody decided meanwhile, or for who proposed it.
    """
    appointment = _decided(appointment, by, Appointment.State.CONFIRMED)
    officer, password = _account(appointment.username, appointment.display_name, appointment.region_id, by)
    _post(officer_id=officer.pk, role=appointment.role, region=appointment.region_id, by=by)
    return officer, password


@transaction.atomic
def decline(*, appointment: Appointment, reason: str, by: Actor) -> None:
    """Declines a proposed person, with a reason. Raises Denied, Unfit."""
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise Unfit("reason")
    appointment = _decided(appointment, by, Appointment.State.DECLINED, reason)
    audit.record(
        by=by,
        action="people.decline",
        region=appointment.region_id,
        subject=appointment.username,
        detail={"role": appointment.role, "reason": reason},
    )


def _decided(appointment: Appointment, by: Actor, state: str, reason: str = "") -> Appointment:
    """The appointment, decided by this person; of two at once one decides."""
    require(by, "people.manage", appointment.region_id)
    locked = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if locked.state != Appointment.State.OPEN:
        raise Unfit("decided")
    if locked.proposed_by_id == by.officer_id:
        raise Unfit("self")
    locked.state, locked.reason = state, reason
    locked.decided_at, locked.decided_by_id = timezone.now(), person(by)
    locked.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    told = {"username": locked.username, "name": locked.display_name, "role": locked.role, "reason": reason}
    note = inbox.Note(
        f"people.{state}", str(locked.pk), locked.region_id, officer=locked.proposed_by_id, params=told
    )
    inbox.tell([note], by.officer_id)
    return locked


@transaction.atomic
def speak_for(*, officer_id: int, enterprise_id: int, region: str, by: Actor) -> None:
    """Lets a person speak for an enterprise of the region in the portal. Raises Denied."""
    require(by, "accounts.invite", region)
    _post(officer_id=officer_id, role="enterprise", region=region, by=by, enterprise_id=enterprise_id)


@transaction.atomic
def stop_speaking_for(*, enterprise_id: int, region: str, by: Actor, but: int) -> int:
    """Ends the postings of everybody who speaks for the enterprise (but one officer); returns how many."""
    require(by, "accounts.invite", region)
    ending = Posting.objects.filter(
        role="enterprise", enterprise_id=enterprise_id, region_id=region, until_at__isnull=True
    ).exclude(officer_id=but)
    found = list(ending)
    for posting in found:
        _end(posting, by)
    return len(found)


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


@transaction.atomic
def carry_postings(*, by: Actor, enterprise_id: int, region: str) -> int:
    """Who speaks for an enterprise goes on in the region that it has moved to; returns how many postings. Raises Denied."""
    require(by, "accounts.invite", region)
    open_ones = Posting.objects.filter(role="enterprise", enterprise_id=enterprise_id, until_at__isnull=True)
    found = list(open_ones.exclude(region_id=region).order_by("pk"))
    for posting in found:
        left = posting.region_id
        posting.region_id = region
        posting.save(update_fields=["region"])
        audit.record(
            by=by,
            action="people.carry",
            region=region,
            subject=f"posting:{posting.pk}",
            before={"region": left},
            after={"region": region},
        )
    return len(found)
