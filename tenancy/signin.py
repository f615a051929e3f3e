"""Sign-in: no self-registration, locked pairs of account and address, a trail of failures."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

log = logging.getLogger("tidu.signin")


class OfficerAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only a page of ours, written from the root."""
        return bool(url) and str(url).startswith("/") and super().is_safe_url(url)

    def set_password(self, user: Any, password: str) -> None:
        user.must_change_password = False
        super().set_password(user, password)


def locked_out(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
    return render(request, "account/locked.html", status=429)


@receiver(user_logged_in)
def remember_sign_in(sender: object, request: HttpRequest, user: Any, **_: object) -> None:
    from tenancy.actions import note_sign_in

    note_sign_in(request, user)


@receiver(user_login_failed)
def remember_failure(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: object
) -> None:
    from tenancy.actions import note_failed_sign_in

    note_failed_sign_in(request, str(credentials.get("username", "")))
