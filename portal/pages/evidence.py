"""Evidence of an application: attaching, taking away, and giving out."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation import actions
from cultivation.models import Application, Evidence
from cultivation.rules.workflow import Refused
from cultivation.wording.refusals import refusal_text
from portal.pages.applications import found_application
from subsidies.models import ClaimFile
from tenancy.http import ActedRequest


@require_POST
def attach(request: ActedRequest, public_id: str) -> HttpResponse:
    """Keeps the chosen files for one element; each that is refused is named."""
    application = found_application(request, public_id)
    uploads = request.FILES.getlist("files")
    if not uploads:
        messages.warning(request, _("请先选文件"), extra_tags="warn")
    kept = 0
    for upload in uploads:
        try:
            actions.attach(
                by=request.actor,
                application=application,
                element=request.POST.get("element", ""),
                name=upload.name or "",
                file=cast("BinaryIO", upload),
            )
            kept += 1
        except Refused as refused:
            told = f"{upload.name}{_('：')}{refusal_text(refused.code)}"
            messages.error(request, told, extra_tags="bad")
    if kept:
        messages.success(request, _("已上传 %(n)d 个文件") % {"n": kept}, extra_tags="ok")
    return redirect("application", public_id)


def _found(request: ActedRequest, public_id: str, evidence_id: str) -> tuple[Application, Evidence]:
    application = found_application(request, public_id)
    return application, get_object_or_404(Evidence, application=application, public_id=evidence_id)


@require_POST
def detach(request: ActedRequest, public_id: str, evidence_id: str) -> HttpResponse:
    _application, evidence = _found(request, public_id, evidence_id)
    try:
        actions.detach(by=request.actor, evidence=evidence)
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("已移除“%(name)s”") % {"name": evidence.name}, extra_tags="ok")
    return redirect("application", public_id)


@require_GET
def download(request: ActedRequest, public_id: str, evidence_id: str) -> HttpResponseBase:
    _application, evidence = _found(request, public_id, evidence_id)
    return given_out(evidence)


def given_out(kept: Evidence | ClaimFile) -> FileResponse:
    """What somebody attached, to be saved and not to be opened in this site. Raises 404 where its content is gone."""
    try:
        content = kept.open()
    except OSError:
        raise Http404 from None
    return FileResponse(content, as_attachment=True, filename=kept.name, content_type=kept.media_type)
