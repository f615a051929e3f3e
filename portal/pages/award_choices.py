"""Where an enterprise may take one award only (不得重复享受): under which policy, event by event."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.pages.award_claims import may_look
from portal.pages.awards import enterprise_of
from subsidies import actions
from subsidies.choices import open_choices
from subsidies.models import EventChoice
from subsidies.reasons import refusal_text
from subsidies.rules.workflow import Refused
from subsidies.wording import title_name
from tenancy.http import ActedRequest

_CHOICE = EventChoice.Choice


@require_http_methods(["GET", "POST"])
def choices(request: ActedRequest, public_id: str) -> HttpResponse:
    """The events that leave a choice, with what was chosen. About eight queries."""
    actor = request.actor
    own = may_look(actor)
    firm = enterprise_of(request, public_id)
    if request.method == "POST":
        given = request.POST
        said = {name: given.get(name, "") for name in ("event", "choice", "document")}
        try:
            actions.choose_policy(by=actor, enterprise=firm, **said)
        except Refused as refused:
            messages.error(request, refusal_text(refused.code), extra_tags="bad")
        else:
            messages.success(request, _("已记下，按选择的政策计算"), extra_tags="ok")
        return redirect("award_choices", public_id)
    rows = [
        {
            "event": each.event,
            "title": title_name(each.event.title),
            "chosen": each.chosen,
            "other": each.event.other_policy == _CHOICE.OTHER,
        }
        for each in open_choices(firm)
    ]
    return render(request, "portal/awards/choices.html", {"own": own, "enterprise": firm, "rows": rows})
