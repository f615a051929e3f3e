"""Webhooks: outside systems are told in the transaction of the act itself, and sent to afterwards, signed.

A message is sent until it is taken (any 2xx), at most for about two days; the receiver tells repetitions by its
id. Only hosts that the deployment has named may be addressed, and no redirect is followed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenancy import audit
from tenancy.access import Actor, covers, person, require
from tenancy.models import Delivery, Hook

MANAGE = "hooks.manage"
SIGNATURE, STAMP, EVENT_ID = "X-Tidu-Signature", "X-Tidu-Timestamp", "X-Tidu-Event"
#: minutes until the next try
_PAUSES = (1, 5, 30, 120, 360, 720, 1440)
_SECONDS = 5
#: messages of one run, so that a slow receiver does not hold the worker
AT_ONCE = 20


class HookRefused(ValueError):
    """The address is none that may be sent to; `code` is `address` or `host`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def allowed(url: str) -> str:
    """The address, if it may be sent to. Raises HookRefused."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise HookRefused("address") from None
    schemes = {"https"} if settings.HTTPS else {"https", "http"}
    if parts.scheme not in schemes or not host or parts.username or parts.password or parts.fragment:
        raise HookRefused("address")
    if host not in settings.HOOK_HOSTS:
        raise HookRefused("host")
    return url


def make(*, by: Actor, name: str, url: str) -> Hook:
    """A hook for the actor's place. Raises Denied, HookRefused."""
    require(by, MANAGE, by.region_path)
    name = " ".join(name.split())
    if not name or len(url) > 300:
        raise HookRefused("address")
    with transaction.atomic():
        made = Hook.objects.create(
            region_id=by.region_path,
            name=name[:60],
            url=allowed(url),
            secret=secrets.token_urlsafe(32),
            made_by_id=person(by),
        )
        audit.record(
            by=by, action="hooks.make", region=by.region_path, subject=made, detail={"name": name, "url": url}
        )
    return made


def end(*, by: Actor, hook: Hook) -> None:
    """Nothing more is sent to it, also not what waits. Raises Denied."""
    require(by, MANAGE, hook.region_id)
    with transaction.atomic():
        now = timezone.now()
        if Hook.objects.filter(pk=hook.pk, ended_at__isnull=True).update(ended_at=now):
            Delivery.objects.filter(hook=hook, state=Delivery.State.WAITING).update(
                state=Delivery.State.GIVEN_UP, ended_at=now
            )
            audit.record(by=by, action="hooks.end", region=hook.region_id, subject=hook)


def again(*, by: Actor, delivery: Delivery) -> None:
    """Sends a message once more that was given up. Raises Denied."""
    require(by, MANAGE, delivery.region_id)
    Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.GIVEN_UP, hook__ended_at__isnull=True
    ).update(state=Delivery.State.WAITING, tries=0, next_at=timezone.now(), ended_at=None)


def of(actor: Actor) -> QuerySet[Hook]:
    """The hooks of the actor's own place."""
    return Hook.objects.filter(region_id=actor.region_path).order_by("ended_at", "-id")


def tell(event: str, about: Iterable[tuple[str, dict[str, Any]]]) -> int:
    """Writes a message for each hook whose place covers the region of what happened; `about` is (region, data).

    Inside the context and the transaction of the act. Two statements.
    """
    hooks = list(Hook.objects.filter(ended_at__isnull=True))
    made = [
        Delivery(region_id=hook.region_id, hook=hook, event=event, payload=data)
        for region, data in (about if hooks else ())
        for hook in hooks
        if covers(hook.region_id, region)
    ]
    Delivery.objects.bulk_create(made, batch_size=2_000)
    return len(made)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What the receiver computes as well: HMAC-SHA256 over the timestamp, a full stop and the body."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def send_one(now: dt.datetime) -> bool:
    """Sends the message that is due the longest; whether there was one. In a job's context and transaction of its
    own, so that a crash repeats one message at most. Two at once send different messages."""
    due = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("hook")
        .filter(state=Delivery.State.WAITING, next_at__lte=now)
        .order_by("next_at", "id")
        .first()
    )
    if due is None:
        return False
    due.status, due.error = _post(due, now)
    due.tries += 1
    if due.status is not None and 200 <= due.status < 300:
        due.state, due.ended_at = Delivery.State.DONE, now
    elif due.tries > len(_PAUSES):
        due.state, due.ended_at = Delivery.State.GIVEN_UP, now
    else:
        due.next_at = now + dt.timedelta(minutes=_PAUSES[due.tries - 1])
    due.save(update_fields=["status", "error", "tries", "state", "ended_at", "next_at"])
    return True


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _post(delivery: Delivery, now: dt.datetime) -> tuple[int | None, str]:
    """(HTTP status, why there was none)."""
    body = json.dumps(
        {
            "id": delivery.public_id,
            "event": delivery.event,
            "at": delivery.made_at.isoformat(),
            "data": delivery.payload,
        },
        ensure_ascii=False,
    ).encode()
    stamp = str(int(now.timestamp()))
    try:
        request = urllib.request.Request(  # noqa: S310  (the scheme was checked)
            allowed(delivery.hook.url),
            data=body,
            method="POST",
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Tidu",
                EVENT_ID: delivery.public_id,
                STAMP: stamp,
                SIGNATURE: signature(delivery.hook.secret, stamp, body),
            },
        )
        with _opener.open(request, timeout=_SECONDS) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as wrong:
        with wrong:
            return wrong.code, ""
    except HookRefused as refused:
        return None, refused.code
    except (OSError, ValueError) as wrong:
        return None, str(wrong)[:200]
