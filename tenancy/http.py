"""The request as `ActingMiddleware` leaves it: somebody acts, in one of their postings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest

from tenancy.access import Actor
from tenancy.models import Posting, Region


class ActedRequest(HttpRequest):
    """For the types alone: every view behind sign-in gets one."""

    actor: Actor
    postings: list[Posting]
    #: the actor's own place, where a page has asked for it
    own_region: Region
    #: run after the answer, in a transaction of their own
    afterwards: list[Callable[[], object]]


View = TypeVar("View", bound=Callable[..., object])


def one_snapshot(view: View) -> View:
    """A view whose questions all see the data of one moment; the middleware opens its transaction so."""
    view.one_snapshot = True  # type: ignore[attr-defined]
    return view


def site(request: HttpRequest) -> str:
    """The portal's address as people type it, without a slash at the end."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


def whole_number(text: str) -> int | None:
    """What a parameter says, when it is a plain number of at most nine digits; otherwise None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
