"""Why an award is this much, in words: for its page and for the audit pack."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from subsidies.rules.amounts import in_wan
from subsidies.wording import percentage, prize_name, title_name


def in_words(why: dict[str, Any], title: str, amount: int) -> dict[str, Any]:
    """The explanation that was kept with an award (`rules.explaining`) for this title and of this amount in fen."""
    return {
        "document": why["document"],
        "clause": why["clause"],
        "amount": _amount(why["rule"], amount),
        "event": title_name(title),
        "how": {"new": _("首次认定"), "renewal": _("复核")}.get(why["how"], ""),
        "window": _window(why["since"], why["until"]),
        "once": {
            "title": _("每家企业每项称号一次"),
            "project": _("每个项目一次"),
            "year": _("每年一次"),
            "event": _("每件一次"),
        }[why["once"]],
        "project": why["project"],
        "needs": title_name(why["needs"]) if why["needs"] else "",
        "highest_only": why["highest_only"],
        "shares": [(level, in_wan(fen)) for level, fen in why["shares"]],
        "on": why["on"],
    }


def _amount(rule: dict[str, Any], amount: int) -> str:
    """How the amount came about."""
    if "between" in rule:
        low, high = rule["between"]
        said = {"low": in_wan(low), "high": in_wan(high), "amount": in_wan(amount)}
        if low <= 1:  # a fen: only an upper bound
            return _("不超过 %(high)s 万元，核定为 %(amount)s 万元") % said
        return _("在 %(low)s–%(high)s 万元之间核定，核定为 %(amount)s 万元") % said
    if "share" in rule:
        said = {"received": in_wan(rule["received"] or 0), "share": percentage(Fraction(rule["share"]))}
        return _("按实际收到的上级补助 %(received)s 万元的 %(share)s%% 配套") % said
    if "of_base" in rule:
        said = {
            "base": rule["base"],
            "amount": in_wan(rule["amount"]),
            "share": percentage(Fraction(rule["of_base"])),
        }
        return _("按上级奖补 %(base)s %(amount)s 万元的 %(share)s%% 配套") % said
    if "prize" in rule:
        said = {"prize": prize_name(rule["prize"]), "amount": in_wan(rule["fixed"])}
        return _("评价等次为%(prize)s，定额 %(amount)s 万元") % said
    return _("定额 %(amount)s 万元") % {"amount": in_wan(rule["fixed"])}


def _window(since: str | None, until: str | None) -> str:
    """The days of the policy; a scheme has both, one or none of them."""
    if since and until:
        return _("%(a)s 至 %(b)s") % {"a": since, "b": until}
    if since:
        return _("%(a)s 起") % {"a": since}
    return _("至 %(b)s 止") % {"b": until} if until else ""
