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
        "barred": _("该企业因取消认定，处于不得申报的期限内"),
        "title_held": _("该企业的这项称号还在有效期内，到期前请走复核批次"),
        "no_title": _("复核批次只受理称号在有效期内的企业"),
        "with_a_list": _("公示和认定按名单办理，请到“公示与认定”"),
        "notice_words": _("请填写公示标题和受理异议的联系方式"),
        "notice_length": _("公示期为 1 至 60 个工作日"),
        "notice_over": _("公示期已过，不再受理异议"),
        "notice_runs": _("公示期还没有结束，期满后再认定"),
        "objection_words": _("请填写姓名、联系方式和异议内容"),
        "answer_missing": _("请写明核实情况和答复"),
        "answered": _("这条异议已经答复"),
        "objections_open": _("还有异议没有答复，答复后再认定"),
        "announced": _("已按这个文号公告，无需重复"),
        "announced_too_early": _("公告日期应在公示期满之后"),
        "number_missing": _("请填写公告文号"),
        "date_future": _("日期不能晚于今天"),
        "nothing_left": _("名单里已没有可认定的企业"),
        "withdrawal_words": _("请选择情形，写明理由和依据"),
        "withdrawal_date": _("取消日期应在认定之后，且不晚于今天"),
        "withdrawn": _("这项称号已经取消"),
        "pool_left": _("该企业已出库，可重新入库"),
        "pool_same": _("该企业已在这个阶段"),
        "pool_stage": _("请选择培育阶段"),
        "pool_in": _("该企业已在库"),
        "pool_title_held": _("该企业已有这项称号，请选上一层级作为培育方向"),
        "pool_not_judged": _("还没有这个层级的评价，评价后再入库"),
        "pool_missing": _("要素缺项超过规定，不能入库"),
        "pool_reason": _("还有未定的要素，请写明入库理由"),
        "pool_leave_reason": _("请写明出库理由"),
        "count_words": _("请填写户数、统计日期和来源"),
        "element": _("这一项不由人工判定，请改对应的数据"),
        "no_edition": _("那一天没有这个层级的认定标准，先核对日期和层级"),
    }[code]
