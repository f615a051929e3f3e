"""Payment orders: which have arrived, which came back, and which nobody has reported yet."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal.pages.awards import VIEW, scheme_name
from subsidies import orders
from subsidies.results import Sum
from subsidies.rules.amounts import in_wan
from subsidies.rules.workflow import PAY
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.paging import page_of


def stands_title(view: str) -> str:
    return {
        "open": _("待到账"),
        "paid": _("已到账"),
        "bounced": _("被退回"),
        "all": _("全部"),
    }[view]


def narrowed(actor: Actor, got: QueryDict) -> tuple[str, QuerySet[Any], QuerySet[Any]]:
    """The view asked for, its orders, and those of every view. No query is made here."""
    rows = orders.orders(actor)
    if q := got.get("q", "").strip()[:120]:
        rows = rows.filter(
            Q(award__enterprise__name__icontains=q)
            | Q(award__enterprise__uscc__istartswith=q)
            | Q(number__istartswith=q)
        )
    view = got.get("view", orders.OPEN)
    if view in orders.STANDS:
        return view, rows.filter(stands=view), rows
    return "all", rows, rows


@require_GET
def award_orders(request: ActedRequest) -> HttpResponse:
    """The orders of the own level, or of the place for who only looks, the longest under way first. Three queries."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    view, rows, every = narrowed(actor, request.GET)
    sums = orders.totals(every)
    sums["all"] = Sum(sum(s.n for s in sums.values()), sum(s.fen for s in sums.values()))
    page = page_of(request, rows.order_by("ordered_at" if view == orders.OPEN else "-ordered_at", "id"), 50)
    return render(
        request,
        "portal/awards/orders.html",
        {
            "views": [
                (code, stands_title(code), found.n, in_wan(found.fen))
                for code in (*orders.STANDS, "all")
                for found in [sums.get(code, Sum())]
            ],
            "view": view,
            "page": page,
            "rows": [
                {"order": o, "award": o.award, "scheme": scheme_name(o.award.scheme), "amount": in_wan(o.amount),
                 "tail": o.account[-4:], "result": getattr(o, "result", None)}
                for o in page
            ],
            "q": request.GET.get("q", "").strip()[:120],
            "pays": actor.can(PAY),
        },
    )  # fmt: skip
