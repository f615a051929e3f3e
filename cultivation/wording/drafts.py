"""What somebody who composes a standard reads: comparisons, values that do not fit, and what an edition may not say."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cultivation.fact_names import fact_name
from cultivation.rules.composing import Leaf, Unreadable
from cultivation.rules.reading import EditionError


def operation_title(op: str) -> str:
    return {
        "is": _("是否"),
        "in": _("属于其中之一"),
        "ge": _("不低于（≥）"),
        "le": _("不高于（≤）"),
        "in_force": _("在有效期内"),
        "within_years": _("在近几年内"),
    }[op]


def leaf_text(leaf: Leaf) -> str:
    """One test in a sentence."""
    name = fact_name(leaf.fact)
    return {
        "is": _("%(fact)s：%(value)s"),
        "in": _("%(fact)s属于 %(value)s"),
        "ge": _("%(fact)s ≥ %(value)s"),
        "le": _("%(fact)s ≤ %(value)s"),
        "in_force": _("%(fact)s：在有效期内"),
        "within_years": _("%(fact)s在近 %(value)s 年内"),
    }[leaf.op] % {"fact": name, "value": leaf.value}


def unreadable_text(wrong: Unreadable) -> str:
    said = dict(wrong.params)
    if "fact" in said:
        said["fact"] = fact_name(str(said["fact"])) if said["fact"] else ""
    if wrong.code == "unit":
        return (
            _("“%(value)s”要写成比例，如 5%%")
            if said["kind"] == "ratio"
            else _("“%(value)s”要带单位，如 500 万元")
        ) % said
    return {
        "operation": _("“%(fact)s”不能这样比较，换一种比较方式"),
        "yes_no": _("“%(value)s”要写成“是”或“否”"),
        "choice": _("“%(value)s”不在可选范围内；可选：%(allowed)s"),
        "whole_number": _("“%(value)s”要写成整数"),
        "line": _("“%(value)s”这一行要有门槛和分数，中间空一格，如 10%% 5"),
        "empty": _("“%(fact)s”还没有填数值") if said.get("fact") else _("至少要有一个条件"),
        "fact": _("请选择指标"),
    }[wrong.code] % said


def edition_error_text(wrong: EditionError) -> str:
    """The faults that a form can make; others name the place in the standard."""
    said = dict(wrong.params)
    if wrong.code == "max_differs":
        return (
            _("各指标满分之和（%(found)s）要等于这一类的满分（%(max)s）；每个指标最高一档要等于它的满分")
            % said
        )
    if wrong.code == "best_band_first":
        return _("各档要从好到差依次写，分数也从高到低")
    if wrong.code == "code_twice":
        return _("编号 %(value)s 重复") % said
    if wrong.code == "lines_stand_together":
        return _("分数线要和其他条件放在一起判断，不能这样组合")
    if wrong.code == "empty":
        return _("去掉以后没有条件了，至少要留一个")
    return _("标准不成立：%(where)s") % {"where": f"{wrong.where} {wrong.code}"}
