"""What the awards of a place add up to: decided, promised, ordered, arrived, taken back; by scheme, tier, county, year, level."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal.pages.awards import VIEW, scheme_name
from subsidies import awarded
from subsidies.rules.amounts import in_wan
from subsidies.wording import title_name
from tenancy.access import require
from tenancy.http import ActedRequest, one_snapshot
from tenancy.models import Region

_BY = ("scheme", "title", "county", "year", "level")


@require_GET
@one_snapshot
def award_totals(request: ActedRequest) -> HttpResponse:
    """One split of the sums, all of one moment, and how old is what has not arrived. Three queries."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    by = request.GET.get("by", "")
    by = by if by in _BY else "scheme"
    found = awarded.totals(actor.region_path, by)
    names = _names(by, [key for key, _sums in found])
    whole = {name: sum(sums[name] for _key, sums in found) for name in awarded.COLUMNS}
    return render(
        request,
        "portal/awards/totals.html",
        {
            "by": by,
            "splits": [(code, _by_title(code)) for code in _BY],
            "word": _by_title(by),
            "rows": [{"name": names.get(key, key), **_shown(sums)} for key, sums in found],
            "whole": _shown(whole),
            "ageing": [
                {"days": bound, "n": n, "amount": in_wan(fen)}
                for bound, n, fen in awarded.ageing(awarded.awards(actor), timezone.localdate())
            ],
            "now": timezone.now(),
        },
    )


def _by_title(by: str) -> str:
    return {
        "scheme": _("奖补项目"),
        "title": _("称号或事项"),
        "county": _("县（市、区）"),
        "year": _("年度"),
        "level": _("承担的级次"),
    }[by]


def _names(by: str, keys: list[str]) -> dict[str, str]:
    if by == "scheme":
        return {key: scheme_name(key) for key in keys}
    if by == "title":
        return {key: title_name(key) for key in keys}
    if by in ("county", "level"):
        return dict(Region.objects.filter(path__in=keys).values_list("path", "name"))
    return {}


def _shown(sums: dict[str, int]) -> dict[str, Any]:
    return {"awards": sums["awards"]} | {name: in_wan(sums[name]) for name in awarded.COLUMNS[1:]}
