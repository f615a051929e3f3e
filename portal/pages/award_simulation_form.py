"""The form of a tried scheme: every value that a policy may give, with what it says today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.wording import level_title
from subsidies.rules.schemes import CLAIMS, LEVELS, ONCE, TITLES, Policy
from subsidies.rules.simulating import KINDS, NEW, PRIZES, Typed, Wrong
from subsidies.wording import title_name


class _Day(forms.DateField):
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": gettext_lazy("日期写成 2025-12-31"), "required": gettext_lazy("请填写日期")}
        super().__init__(input_formats=["%Y-%m-%d"], error_messages=wrong, **kwargs)


class _Wan(forms.CharField):
    """Text in 万元; the policy's own loader says whether it is an amount."""

    unit = gettext_lazy("万元")

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, required=False, max_length=20)


class _Percent(forms.CharField):
    unit = "%"


class _Parts(forms.CharField):
    unit = gettext_lazy("份")


class SimulationForm(forms.Form):
    """`code` is the scheme that is tried; what only a new one is asked falls away for the others."""

    on = _Day(label=gettext_lazy("按哪一天测算"))
    event = forms.ChoiceField(label=gettext_lazy("奖励什么"))
    kind = forms.ChoiceField(label=gettext_lazy("金额怎样定"))
    fixed = _Wan(gettext_lazy("金额"))
    low = _Wan(gettext_lazy("下限"))
    high = _Wan(gettext_lazy("上限"))
    percent = _Percent(label=gettext_lazy("配套比例"), required=False, max_length=10)
    prize1 = _Wan(gettext_lazy("一等"))
    prize2 = _Wan(gettext_lazy("二等"))
    prize3 = _Wan(gettext_lazy("三等"))
    since = _Day(label=gettext_lazy("事项从哪天起"), required=False)
    until = _Day(label=gettext_lazy("事项到哪天止"), required=False)
    once = forms.ChoiceField(label=gettext_lazy("多久奖一次"))
    needs = forms.ChoiceField(label=gettext_lazy("须有的称号"), required=False)
    highest_only = forms.BooleanField(label=gettext_lazy("同一年度就高，只兑现最高的一项"), required=False)
    matching_in_highest = forms.BooleanField(label=gettext_lazy("配套也参加就高"), required=False)
    stops = _Day(
        label=gettext_lazy("兑现到哪天止"), required=False, help_text=gettext_lazy("过了这天不再兑现；不填为没有期限")
    )  # fmt: skip

    def __init__(self, data: Any = None, *, initial: dict[str, Any], code: str) -> None:
        super().__init__(data, initial=initial)
        for level in LEVELS:
            self.fields[level] = _Parts(label=level_title(level), required=False, max_length=6)
        if code != NEW:
            del self.fields["event"]
        else:
            self._choose("event", [(key, event_title(key)) for key in events()])
        self._choose("kind", [(kind, kind_title(kind)) for kind in KINDS])
        self._choose("once", [(once, once_title(once)) for once in ONCE])
        self._choose("needs", [("", _("不要求"))] + [(title, title_name(title)) for title in TITLES])
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "input"

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        field.error_messages["invalid_choice"] = _("没有这个选项，重新选")

    def judged(self, judge: Callable[[Typed], Policy]) -> Policy | None:
        """The policy that was typed; None where something is wrong, which is told at its field then."""
        if not self.is_valid():
            return None
        said = self.cleaned_data
        try:
            return judge(
                Typed(
                    **{name: said[name] for name in _PLAIN},
                    prizes={prize: said[f"prize{prize}"] for prize in PRIZES},
                    parts={level: said[level] for level in LEVELS},
                )
            )
        except Wrong as wrong:
            for name in sorted(wrong.fields - set(_JOINT)):
                self.add_error(name, _wrong_text(name))
            for name, fields in _JOINT.items():
                if name in wrong.fields and not wrong.fields & set(fields):
                    self.add_error(fields[1], _joint_text(name))
            return None

    def tell_present(self) -> None:
        """Puts today's value under each field that says something else."""
        for name, field in self.fields.items():
            now, bound = self.initial.get(name, ""), self[name]
            if name != "on" and _text(now) != _text(bound.value()):
                bound.help_text = _("现行：%(value)s") % {"value": _shown(field, now)}

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """The fields as the page lays them out; of the kinds of amount the chosen one is open."""
        kind = self["kind"].value()
        of_kind = {"fixed": ["fixed"], "between": ["low", "high"], "of_received": ["percent"],
                   "prizes": [f"prize{prize}" for prize in PRIZES]}  # fmt: skip
        first = ["on", *(["event"] if "event" in self.fields else []), "kind"]
        found: list[dict[str, Any]] = [{"title": "", "names": first, "open": True}]
        found += [{"title": kind_title(k), "names": names, "open": k == kind} for k, names in of_kind.items()]
        found += [
            {"title": _("条件"), "names": ["since", "until", "once", "needs"], "open": True},
            {"title": _("各级分担"), "names": list(LEVELS), "open": True},
            {
                "title": _("叠加和期限"),
                "names": ["highest_only", "matching_in_highest", "stops"],
                "open": True,
            },
        ]
        for group in found:
            group["fields"] = [self[name] for name in group["names"]]
            group["open"] = group["open"] or any(field.errors for field in group["fields"])
        return found


_PLAIN = ("kind", "once", "fixed", "low", "high", "percent", "since", "until", "needs", "highest_only",
          "matching_in_highest", "stops")  # fmt: skip

#: what is said of several fields together → these fields; it is told at the last of the first two
_JOINT = {"bounds": ("low", "high"), "prizes": ("prize1", "prize2", "prize3"), "shares": LEVELS}


def _wrong_text(name: str) -> str:
    if name.startswith("prize") or name in ("fixed", "low", "high"):
        return _("按万元填，如 25 或 80.5，须大于 0")
    return {
        "percent": _("填百分数，如 25，须大于 0"),
        "until": _("不能早于开始的日期"),
        "stops": _("不能早于政策开始的日期"),
    }.get(name) or _("填份数，1 至 9999 的整数")


def _joint_text(name: str) -> str:
    return {
        "bounds": _("上限不能小于下限"),
        "prizes": _("至少填一个等次的金额"),
        "shares": _("至少由一级承担，填它的份数"),
    }[name]


def events() -> list[str]:
    """What a new scheme may pay for: a title with how, or a claim."""
    return [f"{title}:{how}" for title in TITLES for how in ("new", "renewal")] + list(CLAIMS)


def event_title(key: str) -> str:
    code, _colon, how = key.partition(":")
    return title_name(code) + {"new": _("（首次认定）"), "renewal": _("（复核）")}.get(how, "")


def kind_title(kind: str) -> str:
    return {
        "fixed": _("定额"),
        "between": _("区间内核定"),
        "of_received": _("按收到的上级补助配套"),
        "prizes": _("按等次"),
    }[kind]


def once_title(once: str) -> str:
    return {
        "title": _("每家企业每项称号一次"),
        "project": _("每个项目一次"),
        "year": _("每年一次"),
        "event": _("每件一次"),
    }[once]


def typed_values(typed: Typed) -> dict[str, Any]:
    """What a scheme says today, as the form's first values."""
    found = {name: getattr(typed, name) for name in _PLAIN}
    found |= {f"prize{prize}": text for prize, text in typed.prizes.items()}
    return found | dict(typed.parts)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return value.isoformat() if isinstance(value, dt.date) else str(value or "").strip()


def _shown(field: forms.Field, value: Any) -> str:
    """A value of today in words."""
    if isinstance(field, forms.BooleanField):
        return _("是") if value else _("否")
    if isinstance(field, forms.ChoiceField):
        return str(dict(list(field.choices)).get(value, value))  # type: ignore[arg-type]
    return " ".join([_text(value), str(getattr(field, "unit", ""))]).strip() if _text(value) else _("不填")
