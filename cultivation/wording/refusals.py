"""Why a step in the way of an application was refused, and what to do, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _


def refusal_text(code: str) -> str:
    """The sentence for a code of `cultivation.rules.workflow.Refused`."""
    return {
        "not_found": _("没有找到这份申报，可能已随企业迁到别处"),
        "not_here": _("这份申报现在不在你这一环节，刷新后再看"),
        "overtaken": _("刚才已有人办过这份申报，请看新的办理意见再定"),
        "own_step": _("你已在另一环节经手过这份申报，须由他人办理"),
        "conflict": _("你已声明与该企业有利害关系，须由他人办理"),
        "target": _("只能退回到已经过的环节"),
        "reason_missing": _("请写明理由，申报企业会看到"),
        "batch": _("这个批次不受理该地区的企业"),
        "not_active": _("企业不在业，不能申报"),
        "not_open_yet": _("这个批次还没有开始受理"),
        "closed": _("这个批次已截止受理"),
        "title": _("请填写批次名称并选择层级"),
        "title_known": _("已有同名的批次，换一个名称"),
        "dates": _("截止日期不能早于开始日期"),
        "no_edition": _("那一天没有这个层级的认定标准，先核对日期和层级"),
    }[code]
