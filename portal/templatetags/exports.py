"""The export menu of a list. A module of its own, because the lists import pages, which import the other tags."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import RequestContext

from portal.exports import queries
from portal.exports.catalogue import may_export
from portal.exports.lists import LISTS

register = template.Library()


@register.inclusion_tag("parts/export_menu.html", takes_context=True)
def export_menu(context: RequestContext, *codes: str) -> dict[str, Any]:
    """The export button of a page: its lists with one click, the officer's own choices, the way to choose.

    One query for each list that the actor may export; nothing is shown for the others.
    """
    request = context["request"]
    forms = []
    for listed in (LISTS[code] for code in codes if may_export(request.actor, code)):
        query = listed.narrowed(request.GET)
        more = query.copy()
        more["list"] = listed.code
        forms.append(
            {
                "listed": listed,
                "query": query.urlencode(),
                "more": more.urlencode(),
                "saved": list(queries.saved(request.actor, listed.code).only("public_id", "name", "format")),
            }
        )
    return {"forms": forms, "csrf_token": context.get("csrf_token")}
