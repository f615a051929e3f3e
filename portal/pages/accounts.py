"""Who speaks for the county's enterprises: activation letters, printed many at once, and claims to decide about."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F, Q
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from enterprises import letters as of_letters
from enterprises import wording
from enterprises.actions.accounts import INVITE, decide_claim
from enterprises.actions.entry import Refused
from enterprises.models import Claim
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest, site
from tenancy.models import StoredFile
from tenancy.paging import page_of

#: the job that prints letters, and the kind of its file
LETTERS = "accounts.letters"
_PAGE = 50


@require_GET
def letters(request: ActedRequest) -> HttpResponse:
    """The enterprises without letter, with one, or with an account. Five queries."""
    actor = request.actor
    require(actor, INVITE, actor.region_path)
    every = of_letters.accounts(actor)
    q = " ".join(request.GET.get("q", "").split())[:120]
    found = every.filter(Q(name__icontains=q) | Q(uscc__istartswith=q.upper())) if q else every
    view = request.GET.get("view", "")
    view = view if view in of_letters.VIEWS else of_letters.VIEWS[0]
    titles = {"none": _("未发函"), "letter": _("已发函未激活"), "opened": _("已开通")}
    page = page_of(request, of_letters.in_view(found, view), _PAGE)
    numbers = of_letters.counts(every)
    file = StoredFile.objects.filter(kind=LETTERS, created_by_id=actor.officer_id, deleted_at__isnull=True)
    return render(
        request,
        "portal/accounts/letters.html",
        {
            "page": page,
            "view": view,
            "views": [(v, titles[v], numbers[v]) for v in of_letters.VIEWS],
            "q": q,
            "most": of_letters.AT_ONCE,
            "days": of_letters.DAYS,
            "file": file.order_by("-created_at").first(),
            "claims": of_letters.open_claims(actor).count(),
        },
    )


@require_POST
def print_letters(request: ActedRequest) -> HttpResponse:
    """Starts the printing for what is ticked, or for everybody without letter and account."""
    actor = request.actor
    require(actor, INVITE, actor.region_path)
    if request.POST.get("all"):
        chosen = of_letters.in_view(of_letters.accounts(actor), "none")
    else:
        picked = [code[:26] for code in request.POST.getlist("pick")[:_PAGE]]
        chosen = of_letters.accounts(actor).filter(public_id__in=picked, opened_at__isnull=True)
    ids = list(chosen.values_list("pk", flat=True)[: of_letters.AT_ONCE])
    if not ids:
        messages.warning(request, _("先勾选要发函的企业；已开通的不用再发"), extra_tags="warn")
        return redirect("letters")
    params = {"enterprises": ids, "site": site(request)}
    return redirect(jobs.start(by=actor, kind=LETTERS, region=actor.region_path, params=params))


@require_GET
def letter_file(request: ActedRequest, file_id: object) -> HttpResponseBase:
    """The printed letters, for who had them printed alone: their codes stand nowhere else."""
    actor = request.actor
    require(actor, INVITE, actor.region_path)
    stored = get_object_or_404(
        StoredFile, pk=file_id, kind=LETTERS, created_by_id=actor.officer_id, deleted_at__isnull=True
    )
    if not stored.is_there:
        raise Http404
    return FileResponse(
        stored.open(), as_attachment=True, filename=stored.name, content_type=stored.media_type
    )


@require_GET
def claims(request: ActedRequest) -> HttpResponse:
    """What waits for a decision, and what was decided. Three queries."""
    actor = request.actor
    require(actor, INVITE, actor.region_path)
    state = "open" if request.GET.get("state", "open") == "open" else "decided"
    found = Claim.objects.select_related("enterprise").annotate(
        who=F("officer__display_name"), username=F("officer__username"), decider=F("decided_by__display_name")
    )
    if state == "open":
        found = found.filter(state=Claim.State.OPEN).order_by("id")
    else:
        found = found.exclude(state=Claim.State.OPEN).order_by("-decided_at")
    page = page_of(request, found, 50)
    return render(
        request,
        "portal/accounts/claims.html",
        {"page": page, "state": state, "speaking": of_letters.speaking(page)},
    )


@require_POST
def decide(request: ActedRequest, public_id: str) -> HttpResponse:
    actor = request.actor
    require(actor, INVITE, actor.region_path)
    claim = get_object_or_404(Claim, public_id=public_id[:26])
    how = request.POST.get("how", "")
    try:
        decide_claim(by=actor, claim=claim, how=how, reason=request.POST.get("reason", ""))
    except Refused as refused:
        messages.error(request, wording.refusal(refused.code, refused.params), extra_tags="bad")
    else:
        done = {"beside": _("已一并开通"), "replaced": _("已换人，原来的账号不能再登录该企业")}
        messages.success(request, done.get(how, _("没有开通")), extra_tags="ok")
    return redirect("claims")
