"""Reads the parts of an edition out of plain dicts and lists, and names the place that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from cultivation.rules.shapes import (
    KINDS_OF_JUDGEMENT,
    Bands,
    BestOf,
    Case,
    Condition,
    Confidence,
    Count,
    Edition,
    FactTest,
    Group,
    Indicator,
    Line,
    Options,
    Own,
    Points,
    ScoreClass,
    Test,
    Text,
    Tree,
    facts_of,
)
from cultivation.rules.vocabulary import KINDS
from enterprises.rules.fields import FEN
from enterprises.rules.size_class import SizeEdition

#: short and plain, since it stands in tables and texts as it is
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


class EditionError(ValueError):
    """An edition that says something outside the vocabulary; `where` is the path to the place."""

    def __init__(self, where: str, code: str, **params: object) -> None:
        self.where, self.code, self.params = where, code, params
        detail = ", ".join(f"{key}={value!r}" for key, value in params.items())
        super().__init__(f"{where}: {code}" + (f" ({detail})" if detail else ""))


class Reader:
    """Reads plain dicts and lists; every method knows the path of the place that it reads."""

    def __init__(self, sizes: Mapping[str, SizeEdition]) -> None:
        self.sizes = sizes

    def edition(self, data: Any) -> Edition:
        self._keys(
            data,
            "edition",
            needed={"id", "tier", "title", "document", "valid_from", "passes", "counted"},
            allowed={
                "valid_until",
                "note",
                "sources",
                "classes",
                "conditions",
                "indicators",
                "lines",
                "size_standard",
                "applies_to",
            },
        )
        document = data["document"]
        self._keys(document, "document", needed={"number", "part"}, allowed={"title", "issued_on"})
        classes = tuple(
            ScoreClass(
                code,
                self._text(item, f"classes.{code}", extra={"max"}),
                self._whole(item, "max", f"classes.{code}"),
            )
            for code, item in (data.get("classes") or {}).items()
        )
        sources = dict(data.get("sources") or {})
        conditions = tuple(
            self._condition(item, f"conditions[{n}]", sources)
            for n, item in enumerate(self._list(data.get("conditions") or [], "conditions"))
        )
        indicators = tuple(
            self._indicator(item, f"indicators[{n}]", sources)
            for n, item in enumerate(self._list(data.get("indicators") or [], "indicators"))
        )
        lines = tuple(
            self._line(item, f"lines[{n}]")
            for n, item in enumerate(self._list(data.get("lines") or [], "lines"))
        )
        note = data.get("note")
        return Edition(
            id=self._string(data, "id", "edition"),
            tier=self._string(data, "tier", "edition"),
            title=self._text(data["title"], "title"),
            document_number=self._string(document, "number", "document"),
            document_part=self._text(document["part"], "document.part"),
            valid_from=self._day(data["valid_from"], "valid_from"),
            valid_until=None
            if data.get("valid_until") is None
            else self._day(data["valid_until"], "valid_until"),
            note=None if note is None else self._text(note, "note"),
            sources=sources,
            classes=classes,
            conditions=conditions,
            indicators=indicators,
            lines=lines,
            passes=self._tree(data["passes"], "passes"),
            counted={code: self._tree(tree, f"counted.{code}") for code, tree in data["counted"].items()},
            size_standard=self._size_standard(data.get("size_standard")),
            applies_to=self._applies_to(data.get("applies_to", list(KINDS_OF_JUDGEMENT))),
            facts=tuple(dict.fromkeys(facts_of(conditions, indicators))),
        )

    def _size_standard(self, name: Any) -> SizeEdition | None:
        if name is not None and name not in self.sizes:
            raise EditionError("size_standard", "unknown_value", value=name)
        return None if name is None else self.sizes[name]

    def _applies_to(self, value: Any) -> frozenset[str]:
        found = frozenset(self._list(value, "applies_to"))
        if not found or not found <= set(KINDS_OF_JUDGEMENT):
            raise EditionError("applies_to", "unknown_value", value=value)
        return found

    def _condition(self, item: Any, where: str, sources: Mapping[str, str]) -> Condition:
        self._keys(item, where, needed={"code", "group", "label", "standard", "clause", "confidence", "test"})
        if item["group"] not in ("entry", "direct", "required"):
            raise EditionError(f"{where}.group", "unknown_value", value=item["group"])
        return Condition(
            code=self._code(item, where),
            group=item["group"],
            label=self._text(item["label"], f"{where}.label"),
            standard=self._text(item["standard"], f"{where}.standard"),
            clause=self._text(item["clause"], f"{where}.clause"),
            confidence=self._confidence(item["confidence"], f"{where}.confidence", sources),
            test=self._test(item["test"], f"{where}.test"),
        )

    def _indicator(self, item: Any, where: str, sources: Mapping[str, str]) -> Indicator:
        self._keys(item, where, needed={"code", "class", "max", "label", "clause", "confidence", "points"})
        return Indicator(
            code=self._code(item, where),
            class_code=self._string(item, "class", where),
            max=self._whole(item, "max", where),
            label=self._text(item["label"], f"{where}.label"),
            clause=self._text(item["clause"], f"{where}.clause"),
            confidence=self._confidence(item["confidence"], f"{where}.confidence", sources),
            points=self._points(item["points"], f"{where}.points"),
        )

    def _line(self, item: Any, where: str) -> Line:
        self._keys(item, where, needed={"code", "label", "clause", "score_ge"}, allowed={"class"})
        return Line(
            code=self._code(item, where),
            label=self._text(item["label"], f"{where}.label"),
            clause=self._text(item["clause"], f"{where}.clause"),
            class_code=self._string(item, "class", where) if "class" in item else None,
            score_ge=self._whole(item, "score_ge", where),
        )

    def _test(self, item: Any, where: str) -> Test:
        if not isinstance(item, Mapping):
            raise EditionError(where, "not_a_mapping")
        for word in ("any", "all"):
            if word in item:
                self._keys(item, where, needed={word})
                parts = self._list(item[word], f"{where}.{word}")
                if not parts:
                    raise EditionError(f"{where}.{word}", "empty")
                return Group(
                    word == "any", tuple(self._test(p, f"{where}.{word}[{n}]") for n, p in enumerate(parts))
                )
        self._keys(
            item,
            where,
            needed={"fact"},
            allowed={"is", "in", "ge", "le", "starts", "within_years", "in_force", "not"},
        )
        operations = [word for word in item if word != "fact"]
        if len(operations) != 1:
            raise EditionError(where, "one_operation_needed", found=operations)
        fact, kind, op = self._fact(item, where), KINDS[item["fact"]], operations[0]
        operand = item[op]
        at = f"{where}.{op}"
        if op == "is" and kind == "flag" and isinstance(operand, bool):
            return FactTest(fact, op, operand)
        if op == "in" and kind == "choice":
            return FactTest(fact, op, frozenset(self._list(operand, at)))
        if op in ("ge", "le") and kind in ("count", "money", "ratio"):
            return FactTest(fact, op, self._threshold(operand, kind, at))
        if op == "starts" and kind == "text":
            self._keys(operand, at, needed={"met", "not_met"})
            return FactTest(fact, op, (tuple(operand["met"]), tuple(operand["not_met"])))
        if op == "within_years" and kind == "date" and isinstance(operand, int) and operand > 0:
            return FactTest(fact, op, operand)
        if op == "not" and kind == "size" and operand == "large":
            return FactTest(fact, op, operand)
        if op == "in_force" and kind == "date" and operand is True:
            return FactTest(fact, op, True)
        raise EditionError(at, "does_not_fit", fact=fact, kind=kind, value=operand)

    def _points(self, item: Any, where: str) -> Points:
        if not isinstance(item, Mapping):
            raise EditionError(where, "not_a_mapping")
        if "best_of" in item:
            self._keys(item, where, needed={"best_of", "else"})
            cases = []
            for n, case in enumerate(self._list(item["best_of"], f"{where}.best_of")):
                at = f"{where}.best_of[{n}]"
                self._keys(case, at, needed={"name", "label", "test", "points"})
                cases.append(
                    Case(
                        self._string(case, "name", at),
                        self._text(case["label"], f"{at}.label"),
                        self._test(case["test"], f"{at}.test"),
                        self._whole(case, "points", at),
                    )
                )
            marks = [case.points for case in cases]
            if marks != sorted(marks, reverse=True):
                raise EditionError(f"{where}.best_of", "best_case_first", points=marks)
            return BestOf(tuple(cases), self._whole(item, "else", where))
        if "count" in item:
            self._keys(item, where, needed={"count", "each", "cap"})
            tests = tuple(
                self._test(part, f"{where}.count[{n}]")
                for n, part in enumerate(self._list(item["count"], f"{where}.count"))
            )
            return Count(tests, self._whole(item, "each", where), self._whole(item, "cap", where))
        if "most" in item:
            self._keys(item, where, needed={"fact", "most"})
            fact = self._fact(item, where)
            if KINDS[fact] != "count":
                raise EditionError(where, "does_not_fit", fact=fact, kind=KINDS[fact])
            return Own(fact, self._whole(item, "most", where))
        if "options" in item:
            self._keys(item, where, needed={"fact", "options"})
            fact = self._fact(item, where)
            choices = item["options"]
            if KINDS[fact] == "flag":
                # JSON knows no key but text.
                choices = {
                    {"true": True, "false": False}.get(key, key): mark for key, mark in choices.items()
                }
            if KINDS[fact] not in ("flag", "choice"):
                raise EditionError(f"{where}.options", "does_not_fit", fact=fact, kind=KINDS[fact])
            if KINDS[fact] == "flag" and set(choices) != {True, False}:
                raise EditionError(f"{where}.options", "true_and_false_needed")
            return Options(fact, tuple((value, int(points)) for value, points in choices.items()))
        self._keys(item, where, needed={"fact", "else"}, allowed={"ge", "le"})
        fact, kind = self._fact(item, where), KINDS[item["fact"]]
        if ("ge" in item) == ("le" in item) or kind not in ("count", "money", "ratio"):
            raise EditionError(where, "does_not_fit", fact=fact, kind=kind)
        word = "ge" if "ge" in item else "le"
        steps = []
        for n, step in enumerate(self._list(item[word], f"{where}.{word}")):
            if not isinstance(step, Sequence) or len(step) != 2 or not isinstance(step[1], int):
                raise EditionError(f"{where}.{word}[{n}]", "threshold_and_points_needed", value=step)
            steps.append((self._threshold(step[0], kind, f"{where}.{word}[{n}]"), step[1]))
        limits, marks = [s[0] for s in steps], [s[1] for s in steps]
        if limits != sorted(limits, reverse=word == "ge") or marks != sorted(marks, reverse=True):
            raise EditionError(f"{where}.{word}", "best_band_first", limits=[str(limit) for limit in limits])
        return Bands(fact, word == "ge", tuple(steps), self._whole(item, "else", where))

    def _tree(self, item: Any, where: str) -> Tree:
        if isinstance(item, str):
            return item
        if isinstance(item, Mapping) and len(item) == 1 and next(iter(item)) in ("any", "all"):
            word = next(iter(item))
            parts = self._list(item[word], f"{where}.{word}")
            if parts:
                return Group(
                    word == "any", tuple(self._tree(p, f"{where}.{word}[{n}]") for n, p in enumerate(parts))
                )
        raise EditionError(where, "code_or_any_or_all_needed", value=item)

    def _threshold(self, value: Any, kind: str, where: str) -> Fraction | int:
        if kind == "count" and isinstance(value, int) and not isinstance(value, bool):
            return value
        text = str(value).replace(" ", "")
        if kind == "ratio" and (found := re.fullmatch(r"(-?\d+(?:\.\d+)?)%", text)):
            return Fraction(found[1]) / 100
        if kind == "money" and (found := re.fullmatch(r"(-?\d+(?:\.\d+)?)(元|千元|万元|百万元|亿元)", text)):
            amount = Fraction(found[1]) * FEN[found[2]]
            if amount.denominator == 1:
                return int(amount)
        raise EditionError(where, "threshold_needs_its_unit", kind=kind, value=value)

    def _confidence(self, item: Any, where: str, sources: Mapping[str, str]) -> Confidence:
        self._keys(item, where, needed={"mark", "sources"}, allowed={"note"})
        if item["mark"] not in ("verified", "recalled", "inferred"):
            raise EditionError(f"{where}.mark", "unknown_value", value=item["mark"])
        names = tuple(self._list(item["sources"], f"{where}.sources"))
        for name in names:
            if name not in sources:
                raise EditionError(f"{where}.sources", "unknown_source", value=name)
        return Confidence(
            item["mark"], names, self._text(item["note"], f"{where}.note") if "note" in item else None
        )

    def _fact(self, item: Mapping[str, Any], where: str) -> str:
        fact = self._string(item, "fact", where)
        if fact not in KINDS:
            raise EditionError(f"{where}.fact", "unknown_fact", value=fact)
        return fact

    def _text(self, item: Any, where: str, extra: frozenset[str] | set[str] = frozenset()) -> Text:
        self._keys(item, where, needed={"zh", "en"}, allowed=set(extra))
        return Text(str(item["zh"]), str(item["en"]))

    @staticmethod
    def _string(item: Mapping[str, Any], key: str, where: str) -> str:
        if not isinstance(item[key], str) or not item[key]:
            raise EditionError(f"{where}.{key}", "text_needed", value=item[key])
        return item[key]

    @staticmethod
    def _code(item: Mapping[str, Any], where: str) -> str:
        code = item["code"]
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise EditionError(f"{where}.code", "unknown_value", value=code)
        return code

    @staticmethod
    def _whole(item: Mapping[str, Any], key: str, where: str) -> int:
        value = item.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise EditionError(f"{where}.{key}", "whole_number_needed", value=value)
        return value

    @staticmethod
    def _day(value: Any, where: str) -> date:
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if isinstance(value, date):
            return value
        raise EditionError(where, "date_needed", value=value)

    @staticmethod
    def _list(value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise EditionError(where, "list_needed", value=value)
        return value

    @staticmethod
    def _keys(item: Any, where: str, needed: set[str], allowed: set[str] | None = None) -> None:
        if not isinstance(item, Mapping):
            raise EditionError(where, "not_a_mapping", value=item)
        for key in needed:
            if key not in item:
                raise EditionError(where, "key_missing", key=key)
        for key in item:
            if key not in needed and key not in (allowed or ()):
                raise EditionError(where, "key_unknown", key=key)
