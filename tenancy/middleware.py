"""The tenant context of a web request, session time-outs, and headers of every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from tenancy import audit, rates, tokens
from tenancy.access import Actor, Denied, actor_of, open_postings
from tenancy.context import acting
from tenancy.models import Officer, Token
from tenancy.signin import signed_on_elsewhere

#: addresses that run as the bare login: sign-in tables can be written there, tenant tables not read
SIGN_IN_PREFIX = "/accounts/"
POSTING_KEY, BEGAN_KEY, SEEN_KEY = "posting", "began_at", "seen_at"

#: wrong keys from one address in a minute
_WRONG_KEYS = 30

Handler = Callable[[HttpRequest], HttpResponse]


class HeadersMiddleware:
    """Personal pages are never kept by a browser or proxy, and fragments differ from pages."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        if "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


class PlainTextMiddleware:
    """A NUL in an address, a form or a cookie is refused: no database text can hold one, and nobody types one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A quoted cookie can spell a NUL; such a cookie is nobody's session.
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        words = [request.path]
        for given in (request.GET, request.POST):
            for name, values in given.lists():
                words += [name, *(value for value in values if isinstance(value, str))]
        if any("\0" in word for word in words):
            raise BadRequest("NUL")


def address(request: HttpRequest) -> str:
    """The client's address as the last trusted proxy saw it; a client's own claim is ignored."""
    proxies = settings.AXES_IPWARE_PROXY_COUNT
    forwarded = [p.strip() for p in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if p.strip()]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies]
    return request.META.get("REMOTE_ADDR", "")


class ActingMiddleware:
    """Opens the tenant context around the whole answer, so that lazily rendered templates are inside.

    An answer of 400 or above rolls back everything, and refusals are then written to the audit trail
    in a transaction of their own. The posting is read on each request: a move or an ended posting
    takes effect with the next one.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        request.postings = []  # type: ignore[attr-defined]
        of_the_api = request.path.startswith(tokens.API_PREFIX)
        if of_the_api and "Authorization" in request.headers:
            return self._with_token(request)
        if not request.user.is_authenticated:
            if of_the_api:
                return _no_key() if request.path != tokens.API_PREFIX else redirect_to_login(request.path)
            return self.get_response(request)
        if self._timed_out(request):
            logout(request)
            return to_sign_in(request, "timeout")
        request.postings = open_postings(request.user.pk)  # type: ignore[attr-defined]
        actor = self._actor(request)
        if actor is None:
            logout(request)
            return to_sign_in(request, "posting")
        request.actor = actor  # type: ignore[attr-defined]
        if request.path.startswith(SIGN_IN_PREFIX):
            return self.get_response(request)
        if request.user.must_change_password and not signed_on_elsewhere(request):
            return _whole_page(request, "/accounts/password/change/")
        if (
            settings.SECOND_FACTOR_REQUIRED
            and actor.role != "enterprise"
            and not self._second_factor(request)
        ):
            return _whole_page(request, "/accounts/2fa/")
        return self._answered(request, actor)

    def _with_token(self, request: HttpRequest) -> HttpResponse:
        """A program's request: no session, no cookie; the key alone says who acts and where."""
        token = tokens.find(request.headers["Authorization"])
        if token is None:
            within = rates.within(f"tokens:{address(request)}", _WRONG_KEYS, 60)
            return _no_key() if within else _too_many()
        posting = token.posting
        request.user, request.postings = posting.officer, [posting]  # type: ignore[attr-defined]
        request.token = token  # type: ignore[attr-defined]
        request.actor = actor = actor_of(posting.officer, posting, origin=address(request))  # type: ignore[attr-defined]
        return self._answered(request, actor, token)

    def _answered(self, request: HttpRequest, actor: Actor, token: Token | None = None) -> HttpResponse:
        with acting(actor, snapshot=_one_snapshot(request)):
            if token is not None:
                tokens.note_use(token)
            response = self.get_response(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        # What must be kept although the answer rolled everything back, such as that it was given.
        for keep in getattr(request, "afterwards", ()):
            with acting(actor):
                keep()
        refusal = getattr(request, "refusal", None)
        if refusal is not None:
            audit.note(by=actor, action="access.refused", subject=request.path, detail=refusal)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, Denied):
            request.refusal = {"permission": exception.permission, "region": exception.region_path}  # type: ignore[attr-defined]

    def _actor(self, request: HttpRequest) -> Actor | None:
        postings = request.postings  # type: ignore[attr-defined]
        if not postings:
            return None
        chosen = request.session.get(POSTING_KEY)
        posting = next((p for p in postings if p.pk == chosen), None)
        if posting is None:
            if chosen is not None and not request.path.startswith(SIGN_IN_PREFIX):
                # The posting that this session was opened with has ended: the session ends with it.
                return None
            posting = postings[0]
            request.session[POSTING_KEY] = posting.pk
        assert isinstance(request.user, Officer)
        return actor_of(request.user, posting, origin=address(request))

    def _timed_out(self, request: HttpRequest) -> bool:
        now = timezone.now().timestamp()
        began = request.session.setdefault(BEGAN_KEY, now)
        seen = request.session.get(SEEN_KEY, now)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - began > settings.SESSION_ABSOLUTE_SECONDS:
            return True
        if now - seen > 60 or SEEN_KEY not in request.session:
            request.session[SEEN_KEY] = now
        return False

    def _second_factor(self, request: HttpRequest) -> bool:
        from allauth.mfa.utils import is_mfa_enabled

        return is_mfa_enabled(request.user)


def _one_snapshot(request: HttpRequest) -> bool:
    """Whether the view asks for it (`tenancy.http.one_snapshot`); the transaction begins before the view does."""
    try:
        return getattr(resolve(request.path_info).func, "one_snapshot", False)
    except Resolver404:
        return False


def _no_key() -> HttpResponse:
    said = {"code": "not_authenticated", "detail": "A key is needed: Authorization: Bearer …"}
    return JsonResponse(said, status=401, headers={"WWW-Authenticate": "Bearer"})


def _too_many() -> HttpResponse:
    said = {"code": "throttled", "detail": "Too many wrong keys from this address."}
    return JsonResponse(said, status=429, headers={"Retry-After": "60"})


def _whole_page(request: HttpRequest, target: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(target)
    return redirect(target)


def to_sign_in(request: HttpRequest, reason: str) -> HttpResponse:
    """To the sign-in page as a whole page, never a form inside a table row."""
    from urllib.parse import urlencode

    here = request.get_full_path() if request.method == "GET" else "/"
    if request.headers.get("HX-Request"):
        here = request.headers.get("HX-Current-URL-Path", "/")
    return _whole_page(request, f"{settings.LOGIN_URL_PATH}?{urlencode({'next': here, 'reason': reason})}")
