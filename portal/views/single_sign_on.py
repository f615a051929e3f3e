"""Single sign-on: the library's two views, which answer with a sentence where the other side does not."""

from __future__ import annotations

from collections.abc import Callable

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from requests import RequestException

from tenancy.signin import not_signed_on


@login_not_required
@require_GET
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the office's sign-in, with the way back."""
    return _asked(views.login, request, provider_id)


@login_not_required
@require_GET
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Who comes back from there is signed in, where the name has an account here."""
    return _asked(views.callback, request, provider_id)


@login_not_required
@require_GET
def gave_up(request: HttpRequest) -> HttpResponse:
    return not_signed_on(request, "cancelled")


def _asked(view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        return view(request, provider_id=provider_id)
    except (RequestException, OAuth2Error, KeyError, ValueError):
        # The other side is down, slow, or answers something that is no OpenID Connect.
        return not_signed_on(request, "unreachable")
    except ImmediateHttpResponse as answer:
        return answer.response
