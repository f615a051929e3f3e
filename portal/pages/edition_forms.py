"""The forms of a drafted standard: its head, one condition, the indicators of a class."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.fact_names import fact_name
from cultivation.rules import composing
from cultivation.rules.composing import Leaf, Unreadable
from cultivation.wording.drafts import leaf_text, operation_title, unreadable_text

#: parts of one test, and indicators of one class
PARTS, INDICATORS = 5, 6
_MARKS = [
    ("verified", gettext_lazy("已核对原文")),
    ("recalled", gettext_lazy("凭记忆，待核对")),
    ("inferred", gettext_lazy("推断")),
]


class _Plain(forms.Form):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
                field.widget.attrs["class"] = "input"


class HeadForm(_Plain):
    title_zh = forms.CharField(label=gettext_lazy("标准名称"), max_length=60)
    title_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=120, required=False)
    number = forms.CharField(label=gettext_lazy("文号"), max_length=60)
    part_zh = forms.CharField(
        label=gettext_lazy("文件的哪一部分"), max_length=40, help_text=gettext_lazy("如 附件 2、第十二条")
    )
    valid_from = forms.DateField(
        label=gettext_lazy("施行日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    valid_until = forms.DateField(
        label=gettext_lazy("截止日期"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("所依据的标准有截止日期时必填"),
    )
    applies_to = forms.MultipleChoiceField(
        label=gettext_lazy("用于"),
        choices=[("first", gettext_lazy("首次申报")), ("review", gettext_lazy("复核"))],
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(label=gettext_lazy("说明"), max_length=200, required=False)


def head_of(data: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """An overlay with this head."""
    until = data["valid_until"]
    return {
        **over,
        "title": {"zh": data["title_zh"], "en": data["title_en"] or data["title_zh"]},
        "document": {"number": data["number"], "part": {"zh": data["part_zh"], "en": data["part_zh"]}},
        "valid_from": data["valid_from"].isoformat(),
        "valid_until": until.isoformat() if until else None,
        "applies_to": data["applies_to"],
        "note": {"zh": data["note"], "en": data["note"]} if data["note"] else None,
    }


def head_values(content: dict[str, Any]) -> dict[str, Any]:
    """What the form shows of a draft."""
    return {
        "title_zh": content["title"]["zh"],
        "title_en": content["title"]["en"] if content["title"]["en"] != content["title"]["zh"] else "",
        "number": content["document"]["number"],
        "part_zh": content["document"]["part"]["zh"],
        "valid_from": content["valid_from"],
        "valid_until": content.get("valid_until"),
        "applies_to": content.get("applies_to", ["first", "review"]),
        "note": (content.get("note") or {}).get("zh", ""),
    }


def _facts(codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("", "—"), *((code, fact_name(code)) for code in codes)]


def _sourced(over: dict[str, Any], text: str) -> str:
    """The key of a source in the overlay; the same words are one source."""
    sources = over.setdefault("sources", {})
    for key, said in sources.items():
        if said == text:
            return str(key)
    key = f"P{len(sources) + 1}"
    sources[key] = text
    return key


def _said(now: dict[str, Any] | None, sources: dict[str, str]) -> dict[str, str]:
    """Words and source of an element as the forms show them."""
    if now is None:
        return {"mark": "verified"}
    confidence = now["confidence"]
    return {
        "label_zh": now["label"]["zh"],
        "label_en": now["label"]["en"] if now["label"]["en"] != now["label"]["zh"] else "",
        "clause_zh": now["clause"]["zh"],
        "mark": confidence["mark"],
        "source": "；".join(sources.get(key, key) for key in confidence["sources"]),
    }


def _free(prefix: str, taken: set[str]) -> str:
    return next(code for n in range(1, 200) if (code := f"{prefix}{n}") not in taken)


class ConditionForm(_Plain):
    """One condition. A test that is deeper than one level keeps its shape and lets its values be changed."""

    label_zh = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    label_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=80, required=False)
    standard_zh = forms.CharField(
        label=gettext_lazy("标准的文字"),
        max_length=120,
        help_text=gettext_lazy("企业看到的要求，如 不低于 5000 万元"),
    )
    standard_en = forms.CharField(label=gettext_lazy("英文文字"), max_length=200, required=False)
    clause_zh = forms.CharField(label=gettext_lazy("条款"), max_length=40)
    mark = forms.ChoiceField(label=gettext_lazy("出处可靠程度"), choices=_MARKS)
    source = forms.CharField(
        label=gettext_lazy("出处"), max_length=500, help_text=gettext_lazy("网址或文件名")
    )

    def __init__(self, data: Any, *, now: dict[str, Any] | None, sources: dict[str, str]) -> None:
        self.now = now
        self.shape = composing.flat(now["test"]) if now else ("all", [])
        initial: dict[str, Any] = _said(now, sources)
        if now is not None:
            initial |= {
                "standard_zh": now["standard"]["zh"],
                "standard_en": now["standard"]["en"]
                if now["standard"]["en"] != now["standard"]["zh"]
                else "",
            }
        super().__init__(data, initial=initial)
        if now is None:
            self.fields["group"] = forms.ChoiceField(
                label=_("性质"),
                choices=[("required", _("必备条件，计入要素")), ("entry", _("准入条件"))],
                widget=forms.Select(attrs={"class": "input"}),
            )
        self.leaves = composing.leaves_of(now["test"]) if now and self.shape is None else []
        if self.shape is None:
            for n, (_path, leaf) in enumerate(self.leaves):
                self.fields[f"value{n}"] = forms.CharField(
                    label=leaf_text(leaf), initial=leaf.value, max_length=120,
                    widget=forms.TextInput(attrs={"class": "input"}),
                )  # fmt: skip
        else:
            self._parts(*self.shape)

    def _parts(self, together: str, leaves: list[Leaf]) -> None:
        small = {"class": "input"}
        self.fields["together"] = forms.ChoiceField(
            label=_("几项之间"), choices=[("all", _("全部满足")), ("any", _("满足一项"))], initial=together,
            widget=forms.Select(attrs=small),
        )  # fmt: skip
        titles: dict[str, str] = {}
        for ops in composing.OPERATIONS.values():
            titles |= {op: operation_title(op) for op in ops}
        for n in range(max(PARTS, len(leaves))):
            leaf = leaves[n] if n < len(leaves) else Leaf("", "", "")
            self.fields[f"fact{n}"] = forms.ChoiceField(
                label=_("指标"), choices=_facts(composing.FACTS), initial=leaf.fact, required=False,
                widget=forms.Select(attrs=small),
            )  # fmt: skip
            self.fields[f"op{n}"] = forms.ChoiceField(
                label=_("比较"), choices=list(titles.items()), initial=leaf.op, required=False,
                widget=forms.Select(attrs=small),
            )  # fmt: skip
            self.fields[f"value{n}"] = forms.CharField(
                label=_("数值"), initial=leaf.value, required=False, max_length=120,
                widget=forms.TextInput(attrs=small),
            )  # fmt: skip

    @property
    def words(self) -> list[forms.BoundField]:
        names = ["label_zh", "standard_zh", "clause_zh", "source", "mark", "label_en", "standard_en"]
        return [self[name] for name in (["group", *names] if "group" in self.fields else names)]

    @property
    def parts(self) -> list[dict[str, forms.BoundField]]:
        """The rows of a test that can be composed; none where only values may change."""
        n, rows = 0, []
        while f"fact{n}" in self.fields:
            rows.append({"fact": self[f"fact{n}"], "op": self[f"op{n}"], "value": self[f"value{n}"]})
            n += 1
        return rows

    @property
    def values(self) -> list[forms.BoundField]:
        return [self[f"value{n}"] for n in range(len(self.leaves))]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            data["test"] = self._test(data)
        except Unreadable as wrong:
            self.add_error(None, unreadable_text(wrong))
        return data

    def _test(self, data: dict[str, Any]) -> dict[str, Any]:
        if self.shape is None and self.now is not None:
            values = {path: data.get(f"value{n}", "") for n, (path, _leaf) in enumerate(self.leaves)}
            return composing.with_values(self.now["test"], values)
        leaves = [
            Leaf(data[f"fact{n}"], data.get(f"op{n}", ""), data.get(f"value{n}", ""))
            for n in range(len(self.parts))
            if data.get(f"fact{n}")
        ]
        return composing.joined(leaves, data.get("together", "all"))

    def made(self, over: dict[str, Any], taken: set[str]) -> dict[str, Any]:
        """The condition as data; its source goes into the overlay."""
        data, now = self.cleaned_data, self.now
        return {
            "code": now["code"] if now else _free("LOCAL", taken),
            "group": now["group"] if now else data["group"],
            "label": {"zh": data["label_zh"], "en": data["label_en"] or data["label_zh"]},
            "standard": {"zh": data["standard_zh"], "en": data["standard_en"] or data["standard_zh"]},
            "clause": {"zh": data["clause_zh"], "en": data["clause_zh"]},
            "confidence": {"mark": data["mark"], "sources": [_sourced(over, data["source"])]},
            "test": data["test"],
        }


class IndicatorForm(_Plain):
    label_zh = forms.CharField(label=gettext_lazy("名称"), max_length=40, required=False)
    label_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=80, required=False)
    fact = forms.ChoiceField(label=gettext_lazy("按哪个指标打分"), required=False)
    rising = forms.ChoiceField(
        label=gettext_lazy("方向"),
        choices=[("up", gettext_lazy("越高越好")), ("down", gettext_lazy("越低越好"))],
        required=False,
    )
    bands = forms.CharField(
        label=gettext_lazy("各档"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "每行一档，从好到差：门槛、空格、分数，如 10% 5；是否类和地方特色化得分不用填"
        ),
    )
    max = forms.IntegerField(label=gettext_lazy("满分"), min_value=0, max_value=100, required=False)
    clause_zh = forms.CharField(label=gettext_lazy("条款"), max_length=40, required=False)
    mark = forms.ChoiceField(label=gettext_lazy("出处可靠程度"), choices=_MARKS, required=False)
    source = forms.CharField(label=gettext_lazy("出处"), max_length=500, required=False)

    def __init__(
        self, data: Any, *, prefix: str, initial: dict[str, Any], kept: dict[str, Any] | None
    ) -> None:
        self.kept = kept
        super().__init__(data, prefix=prefix, initial=initial)
        self.fields["fact"] = forms.ChoiceField(
            label=_("按哪个指标打分"), choices=_facts(composing.SCORED), required=False,
            widget=forms.Select(attrs={"class": "input"}),
        )  # fmt: skip

    @property
    def used(self) -> bool:
        return bool(self.cleaned_data.get("label_zh") or self.cleaned_data.get("fact"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (data.get("label_zh") or data.get("fact")):
            return data
        for name in ("label_zh", "clause_zh", "source"):
            if not data.get(name):
                self.add_error(name, _("请填写"))
        if data.get("max") is None and "max" not in self.errors:
            self.add_error("max", _("请填写"))
        if self.kept is not None and not data.get("fact"):
            data["points"] = self.kept
        elif data.get("max") is not None:
            try:
                data["points"] = composing.scale_of(
                    data.get("fact", ""), data.get("rising") != "down", data.get("bands", ""), data["max"]
                )
            except Unreadable as wrong:
                self.add_error("fact" if wrong.code == "fact" else "bands", unreadable_text(wrong))
        return data


class IndicatorForms:
    """All indicators of a class on one page. Points of another make than the form's stay as they are."""

    def __init__(self, data: Any, *, now: list[dict[str, Any]], sources: dict[str, str]) -> None:
        self.errors: list[str] = []
        self.forms = []
        for n in range(max(INDICATORS, len(now))):
            one = now[n] if n < len(now) else None
            initial: dict[str, Any] = _said(one, sources)
            kept = None
            if one is not None:
                typed = composing.typed_scale(one["points"])
                if typed is not None and typed[0] in composing.SCORED:
                    fact, rising, bands = typed
                    initial |= {"fact": fact, "rising": "up" if rising else "down", "bands": bands}
                else:
                    kept = one["points"]
                initial["max"] = one["max"]
            self.forms.append(IndicatorForm(data, prefix=f"i{n}", initial=initial, kept=kept))

    def is_valid(self) -> bool:
        # Every form is asked, so that all faults are told at once.
        answers = [form.is_valid() for form in self.forms]
        good = all(answers)
        if good and not any(form.used for form in self.forms):
            self.errors.append(_("至少要有一个指标"))
            return False
        return good

    def made(self, over: dict[str, Any], class_code: str, taken: set[str]) -> list[dict[str, Any]]:
        """The indicators as data; their sources go into the overlay."""
        found = []
        for form in self.forms:
            if not form.used:
                continue
            data, code = form.cleaned_data, _free("L", taken)
            taken.add(code)
            found.append(
                {
                    "code": code,
                    "class": class_code,
                    "max": data["max"],
                    "label": {"zh": data["label_zh"], "en": data["label_en"] or data["label_zh"]},
                    "clause": {"zh": data["clause_zh"], "en": data["clause_zh"]},
                    "confidence": {
                        "mark": data.get("mark") or "verified",
                        "sources": [_sourced(over, data["source"])],
                    },
                    "points": data["points"],
                }
            )
        return found
