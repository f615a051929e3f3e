"""Words for codes that several pages of the roof show."""

from __future__ import annotations

from django.utils.translation import gettext as _


def role_title(role: str) -> str:
    return {
        "county": _("县级经办"),
        "prefecture": _("州级审核"),
        "region": _("省级审核"),
        "finance": _("财政经办"),
        "commissioner": _("服务专员"),
        "purchaser": _("采购单位"),
        "enterprise": _("企业"),
        "auditor": _("审计员"),
        "sysadmin": _("系统管理员"),
        "secadmin": _("安全管理员"),
        "system": _("系统任务"),
    }.get(role, role)


def permission_title(permission: str) -> str:
    return {
        "enterprises.view": _("查看企业名录"),
        "enterprises.edit": _("录入和修改企业"),
        "enterprises.import": _("导入数据"),
        "enterprises.import.return": _("下载错误工作簿"),
        "enterprises.import.infected": _("上传文件带病毒，已删除"),
        "enterprises.import.forget_personal": _("删除含身份证号的上传文件"),
        "enterprises.decide": _("核定上级建议"),
        "enterprises.export": _("导出名录"),
        "lists.export": _("导出看得到的列表"),
        "cultivation.view": _("查看评价"),
        "cultivation.evaluate": _("重新评价"),
        "reports.view": _("查看季度报告"),
        "reports.close": _("生成季度报告"),
        "audit.view": _("查看审计记录"),
        "audit.seal": _("封存审计记录"),
        "people.manage": _("管理人员与岗位"),
        "access.view": _("查看权限说明"),
        "jobs.view": _("查看后台任务"),
        "own.view": _("查看本企业"),
        "own.apply": _("为本企业申报"),
        "applications.view": _("查看申报"),
        "applications.file": _("代企业申报"),
        "applications.recommend": _("县级推荐"),
        "applications.review": _("地州审核"),
        "applications.decide": _("省级审核"),
        "batches.open": _("开放申报批次"),
        "notices.publish": _("发布公示"),
        "recognitions.decide": _("认定与取消认定"),
        "pool.view": _("查看培育库"),
        "pool.edit": _("管理培育库"),
        "judgements.answer": _("人工判定评价要素"),
        "hooks.manage": _("管理消息推送"),
        "tokens.own": _("管理自己的接口密钥"),
    }.get(permission, permission)


def job_title(kind: str) -> str:
    return {
        "import.read": _("读取工作簿"),
        "import.write": _("写入企业数据"),
        "import.return": _("准备错误工作簿"),
        "report": _("生成季度报告"),
        "evaluate": _("评价"),
        "export": _("导出列表"),
        "applications.decide": _("批量办理申报"),
        "applications.list": _("生成推荐汇总表"),
    }.get(kind, kind)


def stage_title(stage: str) -> str:
    return {
        "read": _("正在读取文件"),
        "check": _("正在逐行核对"),
        "write": _("正在写入"),
        "count": _("正在统计"),
        "render": _("正在排版"),
        "judge": _("正在评价"),
        "decide": _("正在办理"),
        "done": _("已完成"),
    }.get(stage, "")


def action_title(action: str) -> str:
    return {
        "signin.done": _("登录"),
        "signin.failed": _("登录失败"),
        "access.refused": _("越权被拒"),
        "people.post": _("任命岗位"),
        "people.end_posting": _("结束岗位"),
        "people.create": _("新增人员"),
        "people.reset": _("重设密码"),
        "judgements.answer": _("人工判定评价要素"),
        "changes.report": _("报告重大变化"),
        "changes.decide": _("核定重大变化"),
        "updates.report": _("登记年度信息更新"),
        "hooks.make": _("新增消息推送"),
        "hooks.end": _("停用消息推送"),
        "official.take": _("导入公告名单"),
        "official.decide": _("确认公告名单中的企业"),
        "official.confirm": _("按公告名单认定"),
        "visits.draw": _("抽取实地核查"),
        "visits.assign": _("指派实地核查"),
        "visits.record": _("登记实地核查结果"),
        "lists.make": _("生成推荐汇总表"),
        "lists.scan": _("上传盖章扫描件"),
        "tokens.make": _("新建接口密钥"),
        "tokens.revoke": _("停用接口密钥"),
        "enterprises.import": _("导入数据"),
        "enterprises.import.infected": _("上传文件带病毒，已删除"),
        "enterprises.import.forget_personal": _("删除含身份证号的上传文件"),
        "enterprises.import.take_back": _("收回导入"),
        "enterprises.import.abandon": _("放弃导入"),
        "enterprises.elsewhere": _("查询是否在其他县登记"),
        "enterprises.check": _("批量登记核查结果"),
        "enterprises.proposals.accept": _("采纳上级建议"),
        "enterprises.proposals.decline": _("不采纳上级建议"),
        "enterprises.create": _("新增企业"),
        "enterprises.update": _("修改企业"),
        "exports.make": _("导出列表"),
        "exports.download": _("再次下载导出文件"),
        "exports.forget": _("删除到期的导出文件"),
        "enterprises.set_state": _("变更企业状态"),
        "cultivation.evaluate": _("评价"),
        "applications.file": _("开始申报"),
        "applications.save": _("填写申报"),
        "applications.attach": _("上传佐证材料"),
        "applications.detach": _("移除佐证材料"),
        "applications.submit": _("提交申报"),
        "applications.recommend": _("同意推荐"),
        "applications.approve": _("审核通过"),
        "applications.return": _("退回补正"),
        "applications.reject": _("不予通过"),
        "applications.withdraw": _("撤回申报"),
        "applications.reopen": _("重新打开申报"),
        "applications.conflict": _("声明回避"),
        "applications.conflict_ended": _("撤销回避声明"),
        "applications.publish": _("列入公示"),
        "applications.recognise": _("认定"),
        "batches.open": _("开放申报批次"),
        "notices.publish": _("发布公示"),
        "notices.object": _("收到异议"),
        "notices.answer": _("答复异议"),
        "recognitions.announce": _("公告认定"),
        "pool.admit": _("列入培育库"),
        "pool.move": _("调整培育阶段"),
        "pool.leave": _("移出培育库"),
        "pool.count": _("登记规上工业企业数"),
        "recognitions.withdraw": _("取消认定"),
        "quarters.close": _("季度结账"),
        "reports.render": _("生成季度报告"),
    }.get(action, action)


def export_title(listed: str) -> str:
    return {
        "registry": _("企业名录"),
        "overview": _("企业名录一览"),
        "applications": _("推荐汇总表"),
        "recognitions": _("称号名单"),
        "pool": _("培育库"),
        "imports": _("导入记录"),
        "exports": _("导出记录"),
        "audit": _("审计记录"),
        "people": _("人员与岗位"),
        "jobs": _("我的任务"),
        "all_jobs": _("后台任务"),
    }.get(listed, listed)
