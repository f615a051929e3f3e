"""The form of one enterprise and its figures of a year; values are read as a workbook's cells are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises import wording
from enterprises.models import AnnualFigures, Enterprise, State
from enterprises.rules.cells import Flawed, Place, converter
from enterprises.rules.fields import FIELDS, Field
from enterprises.rules.problems import Problem
from enterprises.wording import GROUP_NAMES

FEN_OF_YUAN = 100
SECTIONS = tuple(GROUP_NAMES.items())
_YES_NO = (("", gettext_lazy("未报")), ("是", gettext_lazy("是")), ("否", gettext_lazy("否")))
_LEFT_OUT = frozenset({"region"})


class FactField(forms.CharField):
    """A text field whose value is converted by the same rules as a cell of a workbook."""

    def __init__(self, fact: Field, **kwargs: Any) -> None:
        super().__init__(required=fact.code in ("uscc", "name"), strip=True, max_length=600, **kwargs)
        self.fact = fact
        self.unit = _(fact.unit) if fact.unit else "%" if fact.kind == "percent" else ""


class EnterpriseForm(forms.Form):
    """All facts of one enterprise for a year. `values()` is what `save_by_hand` takes."""

    def __init__(
        self, *args: Any, fixed_code: bool = False, only: frozenset[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.read: dict[str, Any] = {}
        for fact in FIELDS:
            if fact.code in _LEFT_OUT or (fixed_code and fact.code == "uscc"):
                continue
            if only is not None and fact.code not in only:
                continue
            self.fields[fact.code] = self._field(fact)

    def _field(self, fact: Field) -> FactField:
        attrs: dict[str, Any] = {"class": "input", "autocomplete": "off"}
        widget: forms.Widget = forms.TextInput(attrs)
        if fact.kind == "yes_no":
            widget = forms.Select({"class": "input"}, choices=_YES_NO)
        elif fact.kind == "choice":
            widget = forms.Select(
                {"class": "input"}, choices=[("", _("未报")), *((w, _(w)) for _v, w, _m in fact.choices)]
            )
        elif fact.kind == "date":
            attrs["placeholder"] = "2019-07-01"
        elif fact.kind in ("money", "count", "percent", "score"):
            attrs["inputmode"] = "decimal"
            attrs["class"] = "input w-money"
        return FactField(fact, label=_label(fact), widget=widget)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        place = Place(regions={}, today=timezone.localdate())
        for code, field in self.fields.items():
            if not isinstance(field, FactField) or code in self.errors or code not in data:
                continue
            found = converter(field.fact, unit="万元", place=place)(data[code] or None)
            if isinstance(found, Flawed):
                if found.severity == "error":
                    problem = Problem("error", found.code, params=found.params, value=data[code])
                    self.add_error(code, wording.remedy(problem))
                    continue
                found = found.value
            self.read[code] = found
        return data

    def values(self) -> dict[str, Any]:
        """The facts as the model holds them: money in yuan."""
        kinds = {f.code: f.kind for f in FIELDS}
        return {
            code: Decimal(value) / FEN_OF_YUAN if kinds[code] == "money" and value is not None else value
            for code, value in self.read.items()
        }

    def sections(self) -> list[dict[str, Any]]:
        """The fields in groups, each with how many of them are filled or wrong."""
        groups = []
        for code, title in SECTIONS:
            fields = [self[f.code] for f in FIELDS if f.group == code and f.code in self.fields]
            if fields:
                groups.append(
                    {
                        "code": code,
                        "title": title,
                        "fields": fields,
                        "open": code in ("identity", "yearly") or any(f.errors for f in fields),
                        "filled": sum(bool(f.value()) for f in fields),
                    }
                )
        return groups


def _label(fact: Field) -> str:
    # The vocabulary is pure; its words are translated where they are shown.
    return _(wording.field_name(fact.code))


def typed(enterprise: Enterprise, figures: AnnualFigures | None) -> dict[str, str]:
    """The stored facts as one types them: money in 万元, choices in words."""
    found = {}
    for fact in FIELDS:
        if fact.code in _LEFT_OUT:
            continue
        row = figures if fact.by_year else enterprise
        value = getattr(row, fact.code, None) if row is not None else None
        if value is not None:
            found[fact.code] = _typed(fact, value, enterprise)
    return found


def _typed(fact: Field, value: Any, enterprise: Enterprise) -> str:
    if fact.kind == "money":
        return f"{(value / 10000).normalize():f}"
    if fact.kind == "yes_no":
        return "是" if value else "否"
    if fact.kind == "choice":
        return next((word for stored, word, _m in fact.choices if str(stored) == str(value)), str(value))
    if isinstance(value, dt.date):
        month_only = fact.code == "established_on" and enterprise.established_month_only
        return f"{value:%Y-%m}" if month_only else value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


class StateForm(forms.Form):
    """A dated change of an enterprise's state."""

    state = forms.ChoiceField(label=gettext_lazy("状态"), choices=State.choices)
    on = forms.DateField(label=gettext_lazy("日期"), widget=forms.DateInput({"type": "date"}))
    merged_into = forms.CharField(label=gettext_lazy("并入企业的信用代码"), required=False, max_length=18)
    note = forms.CharField(label=gettext_lazy("说明"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("merged_into") and data.get("state") != State.MERGED:
            self.add_error("merged_into", _("只有“被合并”才填并入企业"))
        if data.get("on") and data["on"] > timezone.localdate():
            self.add_error("on", _("日期晚于今天，请核对后重填"))
        return data
