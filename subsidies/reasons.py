"""Why an act or an award was refused, and what to do, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cultivation.wording.refusals import refusal_text as of_files


def reason_text(code: str) -> str:
    """Why a scheme does not pay for an event: a code of the arbiter or of `rules.standing`."""
    return {
        "repeats_region": _("与自治区的奖补是同一笔资金，由自治区兑现，本级不另发"),
        "window": _("事项不在政策规定的期间内，或政策已停止兑现"),
        "not_first": _("只奖励首次认定，复核不再发"),
        "once_per_title": _("同一称号（项目、年度）只奖一次，已有更早的一次"),
        "revoked": _("称号已取消"),
        "expired": _("称号已过有效期"),
        "no_title": _("事项发生时没有规定的称号"),
        "same_matter": _("同一事项企业已选择按其他政策享受，不重复"),
        "out_of_range": _("金额不在政策规定的范围内"),
        "highest_only": _("同一年度就高，只兑现最高的一项"),
        "no_scheme": _("没有这个项目"),
        "not_active": _("企业不在业"),
        "barred": _("企业因取消认定，处于不得享受的期限内"),
        "event_gone": _("所依据的认定或事项已不存在"),
        "undecided": _("金额须由人核定，填上后再提出"),
        "amount_changed": _("按现在的情况，应兑现的金额已不同，请不予兑现后重新提出"),
        "lower_awarded": _("同一年度已有较低的一项在兑现，先撤回、终止或追回那一项"),
    }.get(code, code)


def refusal_text(code: str) -> str:
    """The sentence for a code of `subsidies.rules.workflow.Refused`."""
    return (
        {
            "not_found": _("没有找到这项奖补，可能已随企业迁到别处"),
            "not_here": _("这项奖补现在不在你这一环节，刷新后再看"),
            "overtaken": _("刚才已有人办过，请看新的办理情况再定"),
            "same_person": _("你已在另一环节经手过，须由他人办理"),
            "known": _("这项奖补已经提出过"),
            "level": _("该地区没有承担资金的那一级"),
            "taken_up": _("已被受理，不能撤回；需要终止的，由兑现的一级不予兑现"),
            "reason_missing": _("请写明理由，企业会看到"),
            "pool_missing": _("这个奖补项目还没有资金池，先由财政设立"),
            "pool_balance": _("资金池余额不足，先由财政追加预算"),
            "pool_known": _("这个项目和年度的资金池已经有了"),
            "pool": _("没有这个资金池，或不属于本级"),
            "quarter_closed": _("本季度已结账，不再记账"),
            "quarter_open": _("这个季度还没有结束"),
            "amount": _("金额须大于 0，精确到分"),
            "award_balance": _("超过这项奖补可用的金额，刷新后再看"),
            "key_reused": _("这个文号已记过另一个金额，换一个文号"),
            "reason": _("请写明依据"),
            "not_approved": _("还没有审批完，审批后再公示"),
            "notice_words": _("请填写公示标题和受理异议的联系方式"),
            "notice_length": _("公示期为 1 至 60 个工作日"),
            "notice_runs": _("公示期还没有结束，期满后再办"),
            "objections_open": _("还有异议没有答复，答复后再办"),
            "nothing_left": _("没有可办的了"),
            "answer_missing": _("请写明核实情况和答复"),
            "loss_nothing": _("这个资金池与签名记录没有差异，不需要接受"),
            "loss_overtaken": _("账目或签名记录刚有变化，看过现在的情况再定"),
            "loss_words": _("请写明原因和文号"),
            "loss_file": _("签名记录本身不完整，先从备份放回，再办这件事"),
            "loss_not_whole": _("这个资金池的账目本身不符，先查明改正，再办这件事"),
            "loss_open": _("这个资金池已有一项待确认的，先确认或退回"),
            "loss_decided": _("刚才已有人办过"),
            "loss_same_person": _("提出的人不能确认，须由另一人办理"),
            "answered": _("这条异议已经答复"),
            "conflict": _("你已声明与该企业有利害关系，须由他人办理"),
            "not_cleared": _("公示期满且没有异议后才能拨付"),
            "account_missing": _("企业还没有确认收款账户"),
            "account_document": _("代企业填写的，请写明依据的材料"),
            "account_holder": _("户名须与企业名称一致"),
            "account_number": _("账号为 8 至 32 位数字"),
            "account_bank": _("请填写开户银行"),
            "instalment": _("拨付金额须大于 0，不超过未拨付的金额"),
            "order_open": _("有拨付单还没有结果，等到账或退回后再办"),
            "outcome": _("请选择到账或退回"),
            "receipt_missing": _("请填写回单号"),
            "paid_on": _("日期不能早于拨付单，也不能晚于今天"),
            "settled": _("已登记过另一个结果，不能再改；有误的走追回"),
            "recovery_words": _("请选择情形，写明理由和文号"),
            "recovery_amount": _("追回金额须大于 0，不超过已到账未追回的金额"),
            "pick": _("先勾选要办的"),
        }.get(code)
        or (of_files(code) if code.startswith("evidence_") else _claim_text(code))
        or _rule_text(code)
        or _voucher_text(code)
        or reason_text(code)
    )


def _claim_text(code: str) -> str:
    """Of a refusal that is about a claim; empty for another."""
    return {
        "claim_matter": _("本地没有为这个事项兑现的政策，请另选"),
        "claim_on": _("发生日期不能晚于今天"),
        "claim_project": _("请填写项目名称"),
        "claim_prize": _("请选评价等次"),
        "claim_received": _("请填写实际收到的上级补助，须大于 0"),
        "claim_files": _("请附上证明材料，最多 20 个文件"),
        "claim_known": _("同一事项已经申领过或登记过，不能重复"),
        "claim_decided": _("这项申领已经办过，请看结果"),
        "claim_others": _("由申领的人撤回；不符合的，写明理由不予采纳"),
        "choice_document": _("选了其他政策的，请填写是哪个政策"),
        "choice_event": _("这个事项没有可选的政策"),
        "choice_paid": _("本政策的奖补已拨付，不能改选；要改选的先追回"),
        "claim_gone": _("没有找到这项申领，可能已随企业迁到别处"),
    }.get(code, "")


def _rule_text(code: str) -> str:
    """Of a refusal that is about what a place settles; empty for another."""
    return {
        "rule_policy": _("请选择在本地适用的政策"),
        "rule_document": _("请填写依据的文件名称或文号"),
        "rule_days": _("结束日期不能早于开始日期"),
        "rule_base": _("请选择要配套的奖补项目"),
        "rule_amount": _("定额和比例只填一个，须大于 0"),
        "rule_share": _("比例须大于 0，不超过 100%"),
        "rule_highest": _("这个政策没有就高或没有配套，不用设定"),
        "rule_parts": _("请填写本级和以下各级承担的份数，至少一级"),
        "rule_known": _("这个项目已有本地配套，先终止再启用新的"),
        "rule_decided": _("这条规定刚才已有人办过，刷新后再看"),
        "rule_end": _("最后一天不能早于今天"),
        "rule_gone": _("没有找到这条规定"),
    }.get(code, "")


def _voucher_text(code: str) -> str:
    """Of a refusal that is about innovation vouchers; empty for another."""
    return {
        "no_programme": _("本级没有创新券"),
        "enterprise_unknown": _("没有找到这家企业，可能已迁到别处"),
        "face": _("面额不在规定的几种之内"),
        "cap_issued": _("超过每家企业每年可领的上限"),
        "voucher_gone": _("没有找到这张创新券，可能已随企业迁到别处"),
        "voucher_away": _("企业已迁出发券的地区，不再兑付"),
        "voucher_expired": _("创新券已过有效期"),
        "provider_unknown": _("服务机构没有在发券的地区登记"),
        "provider_ended": _("服务机构的登记已终止"),
        "provider_own": _("不能兑付企业自己提供的服务"),
        "provider_known": _("这家服务机构已经登记，要改的先终止再登记"),
        "provider_name": _("请填写服务机构的名称"),
        "provider_uscc": _("统一社会信用代码须为 18 位，核对后再填"),
        "provider_kinds": _("至少选一类服务"),
        "returned_on": _("退回日期不能早于兑付日期，也不能晚于今天"),
        "receipt_returned": _("这个回单号是已退回的那一笔，请填新的回单号"),
        "price": _("合同金额须大于 0，支付的至少 1 分"),
        "invoice": _("请填写发票号码，最多 40 个字"),
        "invoice_known": _("这张发票已经申请过，不能重复兑付"),
        "face_used": _("这张创新券已用完"),
        "redemption_settled": _("已登记过另一个结果，不能再改；银行退回的，登记退回后再兑付"),
        "cap_used": _("企业今年可兑付的已到上限"),
    }.get(code, "")
