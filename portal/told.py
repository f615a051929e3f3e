"""Messages of the inbox in words, with the page where one goes on; for the page and for the digest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cultivation.models import Application, ChangeReport, PoolEntry, Tier
from enterprises.models import Enterprise
from portal.wording import role_title
from subsidies.models import LocalRule
from subsidies.rules.amounts import in_wan
from subsidies.wording import title_name
from tenancy.access import Actor
from tenancy.models import Message, Region

#: the first word of a kind → its group
_GROUPS = {
    "round": "applications",
    "application": "applications",
    "visit": "applications",
    "notice": "titles",
    "title": "titles",
    "change": "titles",
    "pool": "titles",
    "edition": "titles",
    "ledger": "awards",
    "award": "awards",
    "voucher": "awards",
    "claim": "awards",
    "proposal": "data",
    "account": "people",
    "move": "data",
    "people": "people",
    "due": "due",
}
GROUPS = ("due", "applications", "titles", "awards", "data", "people")


def group_of(kind: str) -> str:
    """The group of a kind of message, by which people choose what the digest tells."""
    return _GROUPS[kind.split(".")[0]]


def group_title(group: str) -> str:
    return {
        "due": _("期限提醒"),
        "applications": _("申报审核"),
        "titles": _("培育与称号"),
        "awards": _("奖补资金"),
        "data": _("企业数据"),
        "people": _("账号与人员"),
    }[group]


def kinds_of(group: str) -> list[str]:
    """The first words of the kinds of a group."""
    return [word for word, of in _GROUPS.items() if of == group]


@dataclass(frozen=True)
class Told:
    """A message in words: the matter, what is to be said beside it, the place, and where one goes on."""

    message: Message
    group: str
    title: str
    note: str
    place: str
    url: str


def told(actor: Actor, messages: Iterable[Message]) -> list[Told]:
    """Two queries: the names of the enterprises and of the places."""
    messages = list(messages)
    firms = {m.params["enterprise"] for m in messages if "enterprise" in m.params}
    names = dict(Enterprise.objects.filter(pk__in=firms).values_list("pk", "name")) if firms else {}
    paths = {m.region_id for m in messages if m.region_id != actor.region_path and not m.enterprise_id}
    places = dict(Region.objects.filter(path__in=paths).values_list("path", "name")) if paths else {}
    return [_told(actor, m, names, places) for m in messages]


def _told(actor: Actor, message: Message, names: dict[int, str], places: dict[str, str]) -> Told:
    said = dict(message.params)
    said["firm"] = names.get(said.get("enterprise", 0), _("一家企业"))
    group = group_of(message.kind)
    words = {
        "due": _due,
        "applications": _applications,
        "titles": _titles,
        "awards": _awards,
        "data": _data,
        "people": _people,
    }[group]
    title, note, url = words(actor, message, said)
    return Told(message, group_title(group), title, note, places.get(message.region_id, ""), url)


_Words = tuple[str, str, str]


def _firms(said: dict[str, Any]) -> str:
    n = said["n"]
    return said["firm"] if n == 1 else ngettext("%(n)d 家企业", "%(n)d 家企业", n) % {"n": n}


def _tier(said: dict[str, Any]) -> str:
    return str(Tier(said["tier"]).label)


def _day(text: str) -> str:
    day = dt.date.fromisoformat(text)
    return _("%(y)d 年 %(m)d 月 %(d)d 日") % {"y": day.year, "m": day.month, "d": day.day}


def _because(said: dict[str, Any]) -> str:
    return _("理由：%(reason)s") % {"reason": said["reason"]} if said.get("reason") else ""


def _own_application(said: dict[str, Any]) -> str:
    if said.get("application"):
        return reverse("application", args=[said["application"]])
    return reverse("applications")


def _applications(actor: Actor, message: Message, said: dict[str, Any]) -> _Words:
    kind = message.kind
    if kind == "round.opened":
        note = _("受理到 %(day)s") % {"day": _day(said["until"])}
        return _("申报批次已开放：%(title)s") % said, note, reverse("rounds")
    if kind == "visit.assigned":
        return _("请到 %(firm)s 实地核查") % said, "", reverse("visit", args=[said["visit"]])
    url = _own_application(said)
    if message.enterprise_id:
        state = str(Application.State(said["after"]).label)
        said["state"] = state
        title = {
            "application.submit": _("县里已代你提交申报，%(state)s"),
            "application.recommend": _("你的申报已获推荐，%(state)s"),
            "application.approve": _("你的申报%(state)s"),
            "application.return": _("你的申报退回补正，%(state)s"),
            "application.reject": _("你的申报未通过"),
            "application.withdraw": _("你的申报已由县里撤回"),
            "application.reopen": _("你的申报已重新打开，%(state)s"),
        }[kind] % said
    else:
        said["firms"] = _firms(said)
        title = {
            "application.arrived": _("%(firms)s的申报等你办理"),
            "application.returned": _("%(firms)s的申报退回补正"),
            "application.rejected": _("%(firms)s的申报未通过"),
            "application.withdrawn": _("%(firms)s的申报已撤回"),
        }[kind] % said
    return title, " · ".join(part for part in (said["title"], _because(said)) if part), url


def _titles(actor: Actor, message: Message, said: dict[str, Any]) -> _Words:
    kind = message.kind
    if kind == "notice.published":
        said["firms"] = _firms(said | {"firm": _("一家企业")})
        note = _("公示到 %(day)s") % {"day": _day(said["until"])}
        return (
            _("%(title)s开始公示，本地有 %(firms)s") % said,
            note,
            reverse("notice", args=[said["notice"]]),
        )
    if kind == "notice.objected":
        return (
            _("收到一条对公示的异议"),
            _("%(title)s · 答复后才能认定") % said,
            reverse("notice", args=[said["notice"]]),
        )
    if kind.startswith("change."):
        said["change"] = str(ChangeReport.Kind(said["change"]).label)
        if kind == "change.reported":
            said["day"] = _day(said["on"])
            return (
                _("%(firm)s报告了重大变化：%(change)s") % said,
                _("发生在 %(day)s") % said,
                reverse("changes"),
            )
        said["outcome"] = str(ChangeReport.Outcome(said["outcome"]).label)
        url = reverse("titles") if message.enterprise_id else reverse("changes")
        title = _("重大变化（%(change)s）已核定：%(outcome)s") % said
        return (
            title,
            " · ".join(
                part for part in ("" if message.enterprise_id else said["firm"], _because(said)) if part
            ),
            url,
        )
    said["tier"] = _tier(said)
    if kind.startswith("edition."):
        note = " · ".join(part for part in (said["tier"], _because(said)) if part)
        if kind == "edition.in_force":
            said["day"] = _day(said["from"])
            url = reverse("cultivation:standard", args=[said["edition"]])
            return _("启用了地方标准：%(title)s，%(day)s起施行") % said, note, url
        title = {
            "edition.proposed": _("标准草案等你启用：%(title)s"),
            "edition.returned": _("标准草案退回修改：%(title)s"),
        }[kind] % said
        return title, note, reverse("draft", args=[said["draft"]])
    if kind.startswith("pool."):
        if kind == "pool.entered":
            title = _("你已列入培育库：%(tier)s") % said
            note = _("还差 %(n)d 项") % {"n": said["missing"]} if said["missing"] else ""
        elif kind == "pool.left":
            title, note = _("你已移出培育库：%(tier)s") % said, _because(said)
        else:
            said["stage"] = str(PoolEntry.Stage(said["stage"]).label)
            title, note = _("培育阶段调整为“%(stage)s”：%(tier)s") % said, _because(said)
        return title, note, reverse("home")
    url = reverse("title", args=[said["title"]]) if said.get("title") else reverse("titles")
    if kind == "title.withdrawn":
        who = "" if message.enterprise_id else said["firm"]
        barred = _("%(day)s 前不能再申报") % {"day": _day(said["barred"])} if said["barred"] else ""
        title = _("称号已取消：%(tier)s") % said
        return title, " · ".join(part for part in (who, _because(said), barred) if part), url
    said["day"] = _day(said["until"])
    note = _("%(number)s · 有效期到 %(day)s") % said
    if message.enterprise_id:
        return _("你已认定为%(tier)s") % said, note, url
    said["firms"] = _firms(said)
    return _("%(firms)s已认定为%(tier)s") % said, note, url


def _awards(actor: Actor, message: Message, said: dict[str, Any]) -> _Words:
    kind, own = message.kind, bool(message.enterprise_id)
    if kind == "ledger.broken":
        n = said["n"]
        title = ngettext("奖补账夜间核对发现 %(n)d 处不符", "奖补账夜间核对发现 %(n)d 处不符", n) % said
        note = _("是哪几笔，请系统运维人员运行 check_ledger 查明；丢失无法找回的，两人办理后接着记账")
        return title, note, reverse("ledger_heads")
    if kind == "ledger.loss":
        title = _("资金池 %(scheme)s（%(year)s 年）账目有丢失，等你确认接受现状") % said
        return title, "", reverse("ledger_heads")
    if kind == "award.arrived":
        said["firms"] = _firms(said)
        return _("%(firms)s的奖补等你受理") % said, "", reverse("awards") + "?view=waiting"
    if kind == "award.published":
        said["firms"] = _firms(said | {"firm": _("一家企业")})
        note = _("公示到 %(day)s") % {"day": _day(said["until"])}
        return (
            _("%(title)s开始公示，本地有 %(firms)s") % said,
            note,
            reverse("award_notice", args=[said["notice"]]),
        )
    if kind == "award.rule_drafted":
        said["kind"] = str(LocalRule.Kind(said["kind"]).label)
        return _("奖补规定等你启用：%(kind)s") % said, said["document"], reverse("award_rules")
    if kind.startswith("claim."):
        return _claims(kind, said)
    said["amount"] = in_wan(said["amount"])
    if kind.startswith("voucher."):
        return _vouchers(kind, said, own)
    url = reverse("award", args=[said["award"]])
    if kind == "award.proposed":
        title = _("县里为你提出了奖补 %(amount)s 万元，请确认收款账户") % said
        return title, said["scheme"], reverse("awards")
    title = {
        "award.refused": _("奖补 %(amount)s 万元不予兑现"),
        "award.paid": _("奖补 %(amount)s 万元已到账"),
        "award.bounced": _("奖补 %(amount)s 万元被退回，请核对收款账户"),
        "award.reclaim": _("决定追回奖补 %(amount)s 万元"),
    }[kind] % said
    note = " · ".join(part for part in ("" if own else said["firm"], _because(said)) if part)
    return title, note, url


def _claims(kind: str, said: dict[str, Any]) -> _Words:
    said["matter"], url = title_name(said["matter"]), reverse("award_claim", args=[said["claim"]])
    if kind == "claim.made":
        return _("%(firm)s申领奖补：%(matter)s，等你核实") % said, "", url
    title = _("你的申领已采纳：%(matter)s") if said["accepted"] else _("你的申领未采纳：%(matter)s")
    return title % said, _because(said), url


def _vouchers(kind: str, said: dict[str, Any], own: bool) -> _Words:
    title = {
        "voucher.issued": _("你有一张创新券，面额 %(amount)s 万元"),
        "voucher.asked": _("%(firm)s申请兑付创新券 %(amount)s 万元，等你审批"),
        "voucher.refused": _("创新券 %(amount)s 万元不予兑付"),
        "voucher.paid": _("创新券 %(amount)s 万元已兑付"),
        "voucher.returned": _("创新券 %(amount)s 万元被银行退回，请核对收款账户"),
    }[kind] % said
    who = said["firm"] if kind == "voucher.returned" and not own else ""
    return (
        title,
        " · ".join(part for part in (who, _because(said)) if part),
        reverse("voucher", args=[said["voucher"]]),
    )


def _data(actor: Actor, message: Message, said: dict[str, Any]) -> _Words:
    if message.kind.startswith("move."):
        if message.enterprise_id:
            return _("本企业的档案已移交到新的县（市、区）"), "", reverse("home")
        title = {
            "move.offered": _("%(name)s迁入，等你接收"),
            "move.taken_back": _("%(name)s的迁入已由迁出地撤回"),
            "move.declined": _("%(name)s的迁出没有被接收"),
            "move.failed": _("%(name)s没有移交成功"),
            "move.left": _("%(name)s已迁出，档案已移交"),
            "move.arrived": _("%(name)s已迁入，档案在这里了"),
        }[message.kind] % said
        why = "" if message.kind == "move.failed" else _because(said)
        if message.kind == "move.failed":
            why = failure(said["reason"])
        return title, why, reverse("moves")
    n, url = said["n"], reverse("enterprises:proposals")
    if message.kind == "proposal.above":
        title = ngettext("上级导入的数据有 %(n)d 项等你核定", "上级导入的数据有 %(n)d 项等你核定", n) % said
        return title, said["file"], url
    if message.kind == "proposal.own":
        title = ngettext("%(firm)s报来 %(n)d 项数据等你核定", "%(firm)s报来 %(n)d 项数据等你核定", n) % said
        return title, "", url
    if message.enterprise_id:
        url = reverse("enterprises:own")
    title = {
        "accepted": ngettext("%(n)d 项数据已采纳", "%(n)d 项数据已采纳", n),
        "declined": ngettext("%(n)d 项数据未采纳", "%(n)d 项数据未采纳", n),
        "overtaken": ngettext("%(n)d 项数据与登记的已经一致", "%(n)d 项数据与登记的已经一致", n),
    }[said["state"]] % said
    return title, _because(said) if said["state"] == "declined" else "", url


def failure(reason: str) -> str:
    """Why a move ended undone: what the job found, or the county's own words."""
    return {
        "tied": _("企业在本省还有没办结的申报，办结或撤回后再迁往外省"),
        "awards": _("原地还有没办完的奖补，到账、终止或追回后再迁"),
        "state": _("企业已不在业，或已不在迁出地"),
    }.get(reason, reason)


def _people(actor: Actor, message: Message, said: dict[str, Any]) -> _Words:
    if message.kind == "account.claimed":
        return _("有人申请代表%(firm)s，等你核实") % said, "", reverse("claims")
    if message.kind == "account.added":
        if said["replaced"]:
            return _("本企业的账号已换人"), _("不是你们办的，请马上找县里"), reverse("home")
        return _("又有一个账号可以代表本企业"), _("不是你们办的，请马上找县里"), reverse("home")
    said["role"] = role_title(said["role"])
    title = {
        "people.proposed": _("%(name)s（%(username)s）提名为%(role)s，等你确认"),
        "people.confirmed": _("%(name)s（%(username)s）的%(role)s岗位已确认"),
        "people.declined": _("%(name)s（%(username)s）的%(role)s岗位未同意"),
    }[message.kind] % said
    return title, _because(said), reverse("people")


def _due(actor: Actor, message: Message, said: dict[str, Any]) -> _Words:
    """What comes due, or is late; the day stands in a column of its own."""
    kind, late, own = message.kind.removeprefix("due."), said["late"], bool(message.enterprise_id)
    if kind in ("title", "update"):
        said["tier"] = str(Tier(said["key"]).label)
        said["firms"] = "" if own else _firms(said | {"firm": said["what"]})
        if kind == "title":
            url = reverse("titles")
            title = _("%(tier)s称号已到期") if late else _("%(tier)s称号快到期，请准备复核")
        else:
            url = reverse("updates")
            title = _("%(tier)s年度信息更新已过期") if late else _("%(tier)s年度信息更新快截止")
        return title % said, said["firms"], url
    if kind == "draft":
        title = _("申报还没有提交，批次快截止")
        return title, said["what"], reverse("application", args=[said["key"]])
    if kind == "round":
        return _("申报批次快截止"), said["what"], reverse("rounds")
    if kind == "notice":
        return _("公示期已满，等你认定"), said["what"], reverse("notice", args=[said["key"]])
    title = (
        ngettext("%(n)d 份申报已超过办理期限", "%(n)d 份申报已超过办理期限", said["n"])
        if late
        else ngettext("%(n)d 份申报快到办理期限", "%(n)d 份申报快到办理期限", said["n"])
    )
    return title % said, said["what"] if said["n"] == 1 else "", reverse("applications")
