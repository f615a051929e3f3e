"""Moves from county to county: what arrives, what leaves, and what became of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enterprises import wording
from enterprises.actions import moving
from enterprises.actions.entry import Refused
from enterprises.models import Move
from portal.hindrance import hindrance
from portal.pages.enterprise import find
from portal.told import failure
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.models import Region
from tenancy.paging import page_of

MOVE = "enterprises.move"


class MoveForm(forms.Form):
    to = forms.CharField(
        label=gettext_lazy("迁入地代码"),
        max_length=6,
        help_text=gettext_lazy("县（市、区）的 6 位行政区划代码，如 652722"),
    )
    moved_on = forms.DateField(
        label=gettext_lazy("迁移日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    document = forms.CharField(
        label=gettext_lazy("依据"), max_length=200, help_text=gettext_lazy("如登记机关的迁移通知书编号")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def clean_to(self) -> Region:
        try:
            return Region.objects.by_code(self.cleaned_data["to"].strip())
        except Region.DoesNotExist:
            raise forms.ValidationError(_("没有这个代码，核对后再填")) from None


@require_http_methods(["GET", "POST"])
def offer(request: ActedRequest, public_id: str) -> HttpResponse:
    """The county offers one of its enterprises to the county that it has moved to."""
    actor = request.actor
    require(actor, moving.MOVE, actor.region_path)
    enterprise = find(request, public_id)
    form = MoveForm(request.POST or None, initial={"moved_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        try:
            moving.offer_move(
                by=actor,
                enterprise=enterprise,
                hindrance=hindrance(enterprise.pk, to.path),
                **form.cleaned_data,
            )
        except Refused as refused:
            form.add_error(None, wording.refusal(refused.code, refused.params))
        else:
            messages.success(request, _("已提出，等%(place)s接收") % {"place": to.full_name}, extra_tags="ok")
            return redirect("moves")
    return render(request, "portal/moves/offer.html", {"form": form, "enterprise": enterprise})


@require_GET
def moves(request: ActedRequest) -> HttpResponse:
    """What waits for this county, what it has offered, and what is done. Four queries."""
    actor = request.actor
    require(actor, moving.MOVE, actor.region_path)
    arriving = Q(to_id=actor.region_path)
    every = Move.objects.filter(arriving | Q(region_id=actor.region_path)).select_related("region", "to")
    view = "done" if request.GET.get("view") == "done" else "open"
    opened = Q(state__in=Move.OPEN)
    found = every.filter(opened) if view == "open" else every.exclude(opened)
    page = page_of(request, found.order_by("-id"), 50)
    rows = [
        {
            "move": move,
            "arrives": move.to_id == actor.region_path,
            "why": failure(move.reason) if move.reason else "",
        }
        for move in page
    ]
    return render(
        request,
        "portal/moves/list.html",
        {"view": view, "rows": rows, "page": page, "waiting": every.filter(opened).count()},
    )


@require_POST
def decide(request: ActedRequest, public_id: str) -> HttpResponse:
    """Takes, declines, or takes back, each by its own side; and begins a hand-over again that broke off."""
    actor = request.actor
    require(actor, moving.MOVE, actor.region_path)
    move: Any = get_object_or_404(Move, public_id=public_id[:26])
    how, said = request.POST.get("how", ""), ""
    try:
        if how == "take_back":
            moving.take_move_back(by=actor, move=move)
            said = _("已撤回")
        elif how == "again":
            require(actor, moving.MOVE, move.to_id)
            if move.state != Move.State.ACCEPTED:
                raise Refused("move_decided")
        elif how in ("accept", "decline"):
            moving.decide_move(
                by=actor, move=move, accept=how == "accept", reason=request.POST.get("reason", "")
            )
            said = _("没有接收，已告诉迁出地")
        else:
            raise Http404
    except Refused as refused:
        messages.error(request, wording.refusal(refused.code, refused.params), extra_tags="bad")
        return redirect("moves")
    if how in ("accept", "again"):
        return redirect(
            jobs.start(by=actor, kind=MOVE, region=actor.region_path, params={"move": move.public_id})
        )
    messages.success(request, said, extra_tags="ok")
    return redirect("moves")
