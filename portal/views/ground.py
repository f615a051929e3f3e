"""Small answers of the roof: health, the switch of postings, addresses that lead nowhere."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from tenancy.http import ActedRequest
from tenancy.middleware import POSTING_KEY


@login_not_required
def nowhere(request: ActedRequest) -> HttpResponse:
    """The portal has no self-registration and no reset by mail."""
    raise Http404


@require_POST
def switch_posting(request: ActedRequest) -> HttpResponse:
    """Acts in another of one's own postings from the next request on."""
    wanted = request.POST.get("posting", "")
    mine = {str(p.pk): p.pk for p in request.postings}
    if wanted not in mine:
        raise Http404
    request.session[POSTING_KEY] = mine[wanted]
    return redirect("home")


@login_not_required
@require_GET
def health(request: ActedRequest) -> HttpResponse:
    """Whether the database answers and its login is one that row-level security binds."""
    from tenancy.checks import unbound_login

    try:
        reason = unbound_login()
    except Exception:
        reason = "database"
    return JsonResponse({"ok": reason is None}, status=200 if reason is None else 503)
