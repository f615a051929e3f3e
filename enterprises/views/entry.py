"""Entering by hand: a form that keeps what was typed, warns of duplicates and can wait as a draft."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enterprises import wording
from enterprises.actions import entry as actions
from enterprises.actions.elsewhere import told_of
from enterprises.forms import EnterpriseForm, StateForm, typed
from enterprises.models import AnnualFigures, Enterprise, EntryDraft
from enterprises.queries import likely_duplicates
from enterprises.rules.uscc import normalise
from tenancy.access import require
from tenancy.http import ActedRequest, whole_number

_VERSIONS = ("version", "figures_version")


def asked_year(request: ActedRequest) -> int:
    """The data year that a form or an address names; last year otherwise."""
    asked = whole_number(request.POST.get("year") or request.GET.get("year") or "") or 0
    this_year = timezone.localdate().year
    return asked if this_year - 10 <= asked <= this_year else this_year - 1


def _refused(code: str, params: dict[str, Any]) -> str:
    own = {
        "uscc_registered": _("这个代码已在名录里，请在原有企业上修改"),
        "changed_meanwhile": _("别人刚刚改过这家企业，你的修改还在下面；核对后再保存一次"),
    }
    return own.get(code) or wording.refusal(code, params)


def _page(request: ActedRequest, form: EnterpriseForm, year: int, **more: Any) -> HttpResponse:
    this_year = timezone.localdate().year
    actor = request.actor
    drafts = EntryDraft.objects.filter(by_id=actor.officer_id).order_by("-saved_at")[:5]
    context = {
        "form": form,
        "year": year,
        "years": range(this_year, this_year - 6, -1),
        "drafts": [
            {
                "id": d.public_id,
                "name": d.data.get("name") or d.data.get("uscc") or _("未填名称"),
                "at": d.saved_at,
            }
            for d in drafts
        ],
        **more,
    }
    return render(
        request,
        "enterprises/entry.html",
        context,
        status=422 if any(f.is_bound and f.errors for f in (form, more.get("state_form", form))) else 200,
    )


def _save(request: ActedRequest, enterprise: Enterprise | None, draft: EntryDraft | None) -> HttpResponse:
    """Saves the form, or keeps it as a draft; what was typed is never lost."""
    actor = request.actor
    year = asked_year(request)
    form = EnterpriseForm(request.POST, fixed_code=enterprise is not None)
    versions = {name: whole_number(request.POST.get(name, "")) for name in _VERSIONS}
    if "draft" in request.POST:
        data: dict[str, Any] = {
            code: request.POST.get(code, "") for code in form.fields if request.POST.get(code)
        }
        # What the draft was begun from, so that a change made meanwhile is noticed when it is saved.
        data |= {name: version for name, version in versions.items() if version is not None}
        kept = actions.save_draft(
            by=actor, region=actor.region_path, year=year, data=data, enterprise=enterprise, draft=draft
        )
        messages.success(
            request,
            _("草稿已存 %(at)s，名录没有改动") % {"at": timezone.localtime(kept.saved_at).strftime("%H:%M")},
            extra_tags="ok",
        )
        return redirect("enterprises:draft", kept.public_id)
    if form.is_valid():
        try:
            saved = actions.save_by_hand(
                by=actor, region=actor.region_path, year=year, values=form.values(), enterprise=enterprise,
                draft=draft, **versions,
            )  # fmt: skip
        except actions.ChangedMeanwhile as changed:
            form.add_error(None, _refused(changed.code, changed.params))
            assert enterprise is not None
            enterprise.refresh_from_db()
            _show_differences(form, enterprise, year, changed)
        except actions.Refused as refused:
            if refused.code == "registered_elsewhere":
                code = normalise(form.cleaned_data.get("uscc") or "")
                request.afterwards = [lambda: told_of(by=actor, region=actor.region_path, codes=[code])]
            form.add_error(
                "uscc" if refused.code.startswith(("uscc", "registered_elsewhere", "elsewhere")) else None,
                _refused(refused.code, refused.params),
            )
        else:
            messages.success(
                request, _("已保存“%(name)s”，评价随后自动更新") % {"name": saved.name}, extra_tags="ok"
            )
            return redirect(saved)
    return _page(request, form, year, enterprise=enterprise, draft=draft, **_versions(enterprise, year))


def _show_differences(
    form: EnterpriseForm, enterprise: Enterprise, year: int, changed: actions.ChangedMeanwhile
) -> None:
    """Beside each field that somebody else changed: what stands there now."""
    stored = typed(enterprise, AnnualFigures.objects.filter(enterprise=enterprise, year=year).first())
    for code, _stored, _typed in changed.differences:
        if code in form.fields:
            form.add_error(code, _("名录里现在是“%(value)s”") % {"value": stored.get(code) or _("空")})


def _versions(enterprise: Enterprise | None, year: int) -> dict[str, Any]:
    if enterprise is None:
        return {}
    figures = AnnualFigures.objects.filter(enterprise=enterprise, year=year).first()
    return {
        "version": enterprise.version,
        "figures_version": figures.version if figures else 0,
        "state_form": StateForm(initial={"state": enterprise.state, "on": timezone.localdate().isoformat()}),
    }


@require_http_methods(["GET", "POST"])
def new(request: ActedRequest) -> HttpResponse:
    actor = request.actor
    require(actor, "enterprises.edit", actor.region_path)
    if actor.region_path.count("/") < 3:
        return render(request, "enterprises/entry_above.html")
    if request.method == "POST":
        return _save(request, None, None)
    return _page(request, EnterpriseForm(), asked_year(request))


def _find(request: ActedRequest, public_id: str) -> Enterprise:
    actor = request.actor
    require(actor, "enterprises.edit", actor.region_path)
    return get_object_or_404(Enterprise.objects.select_related("region"), public_id=public_id)


@require_http_methods(["GET", "POST"])
def edit(request: ActedRequest, public_id: str) -> HttpResponse:
    enterprise = _find(request, public_id)
    if request.method == "POST":
        return _save(request, enterprise, None)
    year = asked_year(request)
    figures = AnnualFigures.objects.filter(enterprise=enterprise, year=year).first()
    form = EnterpriseForm(initial=typed(enterprise, figures), fixed_code=True)
    return _page(request, form, year, enterprise=enterprise, **_versions(enterprise, year))


@require_http_methods(["GET", "POST"])
def draft(request: ActedRequest, public_id: str) -> HttpResponse:
    actor = request.actor
    require(actor, "enterprises.edit", actor.region_path)
    kept = get_object_or_404(
        EntryDraft.objects.select_related("enterprise__region"), public_id=public_id, by_id=actor.officer_id
    )
    if request.method == "POST":
        return _save(request, kept.enterprise, kept)
    form = EnterpriseForm(initial=kept.data, fixed_code=kept.enterprise is not None)
    return _page(
        request,
        form,
        kept.year,
        enterprise=kept.enterprise,
        draft=kept,
        **_versions(kept.enterprise, kept.year)
        | {name: kept.data[name] for name in _VERSIONS if kept.enterprise and name in kept.data},
    )


@require_POST
def discard(request: ActedRequest, public_id: str) -> HttpResponse:
    actor = request.actor
    require(actor, "enterprises.edit", actor.region_path)
    kept = get_object_or_404(EntryDraft, public_id=public_id, by_id=actor.officer_id)
    actions.delete_draft(by=actor, draft=kept)
    messages.success(request, _("草稿已删除"), extra_tags="ok")
    return redirect("enterprises:new")


@require_GET
def check(request: ActedRequest) -> HttpResponse:
    """Checks one field on leaving it, and looks for likely duplicates of a name or code."""
    actor = request.actor
    require(actor, "enterprises.edit", actor.region_path)
    code = next((c for c in request.GET if c in EnterpriseForm().fields), None)
    if code is None:
        raise Http404
    form = EnterpriseForm({code: request.GET[code]})
    form.is_valid()
    errors = [str(error) for error in form.errors.get(code, [])]
    twins: list[Enterprise] = []
    if code in ("name", "uscc") and request.GET[code].strip():
        found = likely_duplicates(
            name=request.GET[code] if code == "name" else "",
            uscc=normalise(request.GET[code]) if code == "uscc" else "",
        )
        twins = list(found.select_related("region").exclude(public_id=request.GET.get("except", ""))[:5])
    return render(request, "enterprises/check.html", {"errors": errors, "twins": twins})


@require_POST
def state(request: ActedRequest, public_id: str) -> HttpResponse:
    enterprise = _find(request, public_id)
    form = StateForm(request.POST)
    if form.is_valid():
        actions.set_state(by=request.actor, enterprise=enterprise, **form.cleaned_data)
        messages.success(request, _("状态已登记，原来的记录都在"), extra_tags="ok")
        return redirect(enterprise)
    year = asked_year(request)
    figures = AnnualFigures.objects.filter(enterprise=enterprise, year=year).first()
    page = EnterpriseForm(initial=typed(enterprise, figures), fixed_code=True)
    return _page(
        request, page, year, enterprise=enterprise, **{**_versions(enterprise, year), "state_form": form}
    )
