"""Announced lists brought in: the file, whom its lines are about, what a person has to decide, and the recognition."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cultivation import actions
from cultivation.actions.recognising import RECOGNISE
from cultivation.models import OfficialLine, OfficialList, Tier
from cultivation.rules.workflow import Refused
from cultivation.wording.refusals import refusal_text
from enterprises.models import Enterprise
from tenancy.access import Actor, require
from tenancy.http import ActedRequest, whole_number
from tenancy.paging import page_of

How, Result = OfficialLine.How, OfficialLine.Result
#: lines whom somebody sure is behind and that nothing has become of yet
_READY = Q(result="", enterprise_id__isnull=False)
_OPEN = Q(how=How.DOUBTFUL, decided_at__isnull=True)


class OfficialForm(forms.Form):
    tier = forms.ChoiceField(label=gettext_lazy("层级"), choices=Tier.choices)
    review = forms.BooleanField(label=gettext_lazy("复核通过的名单"), required=False)
    number = forms.CharField(
        label=gettext_lazy("公告文号"), max_length=80, help_text=gettext_lazy("如 新工信企业〔2026〕12号")
    )
    announced_on = forms.DateField(
        label=gettext_lazy("公告日期"), widget=forms.DateInput(attrs={"type": "date"})
    )
    file = forms.FileField(
        label=gettext_lazy("名单文件"),
        help_text=gettext_lazy("xlsx 或 csv，要有“企业名称”一列；有信用代码的一并认"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "review":
                field.widget.attrs["class"] = "input"


def _lists(actor: Actor) -> QuerySet[OfficialList]:
    return OfficialList.objects.filter(region_id=actor.region_path)


@require_http_methods(["GET", "POST"])
def official_lists(request: ActedRequest) -> HttpResponse:
    """The lists that were brought in, and the form for one more. Two queries."""
    actor = request.actor
    require(actor, RECOGNISE, actor.region_path)
    form = OfficialForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        upload = given.pop("file")
        if upload.size > settings.UPLOAD_MAX_BYTES:
            form.add_error("file", refusal_text("official_long"))
        else:
            try:
                made = actions.take_list(
                    by=actor, region=actor.region_path, name=upload.name or "", data=upload.read(), **given
                )
            except Refused as refused:
                form.add_error("file", refusal_text(refused.code))
            else:
                return redirect("official_list", made.public_id)
    rows = _lists(actor).annotate(
        total=Count("lines"),
        done=Count("lines", filter=Q(lines__result=Result.RECOGNISED)),
        asks=Count("lines", filter=Q(lines__how=How.DOUBTFUL, lines__decided_at__isnull=True)),
    )
    page = page_of(request, rows.order_by("-made_at", "-id"), 30)
    return render(request, "portal/official/lists.html", {"form": form, "page": page})


def _found(request: ActedRequest, public_id: str) -> OfficialList:
    require(request.actor, RECOGNISE, request.actor.region_path)
    return get_object_or_404(_lists(request.actor), public_id=public_id[:26])


@require_http_methods(["GET", "POST"])
def official_list(request: ActedRequest, public_id: str) -> HttpResponse:
    """One list by how its lines were matched; the button recognises those that are sure. Five queries."""
    made = _found(request, public_id)
    if request.method == "POST":
        try:
            counted = actions.confirm_list(by=request.actor, made=made)
        except Refused as refused:
            messages.error(request, refusal_text(refused.code), extra_tags="bad")
        else:
            messages.success(
                request,
                _("已认定 %(n)d 家，%(known)d 家此前已有这项称号")
                % {"n": counted["recognised"], "known": counted["known"]},
                extra_tags="ok",
            )
        return redirect("official_list", public_id)
    lines = OfficialLine.objects.filter(of_list=made)
    counted = lines.aggregate(
        all=Count("id"),
        ready=Count("id", filter=_READY),
        open=Count("id", filter=_OPEN),
        recognised=Count("id", filter=Q(result=Result.RECOGNISED)),
        known=Count("id", filter=Q(result=Result.KNOWN)),
        none=Count("id", filter=Q(how=How.NONE) | Q(result=Result.NOBODY)),
        repeated=Count("id", filter=Q(how=How.REPEATED)),
    )
    views = {
        "open": (_("待人工确认"), _OPEN),
        "ready": (_("可以认定"), _READY),
        "recognised": (_("已认定"), Q(result=Result.RECOGNISED)),
        "known": (_("此前已有"), Q(result=Result.KNOWN)),
        "none": (_("名录里没有"), Q(how=How.NONE) | Q(result=Result.NOBODY)),
        "repeated": (_("名单内重复"), Q(how=How.REPEATED)),
        "all": (_("全部"), Q()),
    }
    view = request.GET.get("view", "")
    if view not in views:
        view = next((code for code in ("open", "ready") if counted[code]), "all")
    page = page_of(request, lines.filter(views[view][1]).order_by("row", "id"), 50)
    wanted = {pk for line in page for pk in [*line.candidates, line.enterprise_id] if pk is not None}
    known = {e.pk: e for e in Enterprise.objects.filter(pk__in=wanted).select_related("region")}
    return render(
        request,
        "portal/official/list.html",
        {
            "made": made,
            "counts": counted,
            "views": [(code, title, counted[code]) for code, (title, _which) in views.items()],
            "view": view,
            "page": page,
            "rows": [
                {
                    "line": line,
                    "enterprise": known.get(line.enterprise_id or 0),
                    "candidates": [known[pk] for pk in line.candidates if pk in known],
                    "asks": line.how == How.DOUBTFUL and line.decided_at is None,
                }
                for line in page
            ],
            "today": timezone.localdate(),
        },
    )


@require_POST
def decide_line(request: ActedRequest, public_id: str, line_id: int) -> HttpResponse:
    """A person's word about one doubtful line."""
    made = _found(request, public_id)
    line = get_object_or_404(OfficialLine, of_list=made, pk=line_id)
    said = request.POST.get("enterprise", "")
    chosen = None if said == "none" else whole_number(said) or 0
    try:
        actions.decide_line(by=request.actor, line=line, enterprise_id=chosen)
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("“%(name)s”已确认") % {"name": line.name}, extra_tags="ok")
    return redirect("official_list", public_id)
