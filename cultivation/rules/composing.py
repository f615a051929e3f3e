"""A standard as somebody writes it down: tests and points in words that an official types, and back.

The words are those of the vocabulary: a fact, a comparison, a value with its unit. What they make is the plain data of an
edition, which `rules.edition.load` checks as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cultivation.rules.vocabulary import DERIVED, JUDGEMENTS, KINDS
from enterprises.rules.fields import BY_CODE, NUMERIC_CHOICES

#: the comparisons that a kind of fact allows, as they are typed
OPERATIONS: dict[str, tuple[str, ...]] = {
    "flag": ("is",),
    "choice": ("in",),
    "count": ("ge", "le"),
    "money": ("ge", "le"),
    "ratio": ("ge", "le"),
    "date": ("in_force", "within_years"),
}
#: facts that a composed test may name; what is told by the code of the enterprise or its size is left to the base
FACTS = tuple(code for code, kind in KINDS.items() if kind in OPERATIONS)
#: facts that earn points of their own
SCORES = frozenset({"local_feature_score", "platform_score"})
YES, NO = frozenset({"是", "yes", "true"}), frozenset({"否", "no", "false"})


class Unreadable(ValueError):
    """A value that does not fit its fact; `code` is `operation`, `yes_no`, `choice`, `whole_number`, `unit`, `line`,
    `empty` or `fact`."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Leaf(NamedTuple):
    """One test as it is typed."""

    fact: str
    op: str
    value: str


def choices_of(fact: str) -> dict[str, str]:
    """The words of a choice → its code."""
    base = fact.split("[")[0]
    if base not in BY_CODE or base in NUMERIC_CHOICES:
        return {}
    return {word: str(code) for code, word, _more in BY_CODE[base].choices}


def test_of(leaf: Leaf) -> dict[str, Any]:
    """The plain data of one test. Raises Unreadable."""
    fact, op, text = leaf.fact, leaf.op, leaf.value.strip()
    if fact not in FACTS:
        raise Unreadable("fact", value=fact)
    if op not in OPERATIONS[KINDS[fact]]:
        raise Unreadable("operation", fact=fact)
    if op == "in_force":
        return {"fact": fact, "in_force": True}
    if not text:
        raise Unreadable("empty", fact=fact)
    if op == "is":
        return {"fact": fact, "is": _yes_no(text)}
    if op == "in":
        return {
            "fact": fact,
            "in": [_choice(fact, word) for word in re.split(r"[、,，;；]+", text) if word.strip()],
        }
    if op == "within_years":
        return {"fact": fact, op: _whole(text)}
    return {"fact": fact, op: _threshold(fact, text)}


def _yes_no(text: str) -> bool:
    if text.lower() in YES or text.lower() in NO:
        return text.lower() in YES
    raise Unreadable("yes_no", value=text)


def _choice(fact: str, word: str) -> str:
    words, word = choices_of(fact), word.strip()
    if word in words:
        return words[word]
    if word in words.values():
        return word
    raise Unreadable("choice", value=word, allowed="、".join(words))


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Unreadable("whole_number", value=text)
    return int(text)


_UNITS = {"ratio": r"-?[0-9]+(\.[0-9]+)?%", "money": r"-?[0-9]+(\.[0-9]+)?(元|千元|万元|百万元|亿元)"}


def _threshold(fact: str, text: str) -> int | str:
    kind, text = KINDS[fact], text.replace(" ", "").replace("％", "%").replace(",", "").replace("，", "")
    if kind == "count":
        return _whole(text)
    if not re.fullmatch(_UNITS[kind], text):
        raise Unreadable("unit", value=text, kind=kind)
    return text


def joined(leaves: Iterable[Leaf], together: str) -> dict[str, Any]:
    """One test, or several of which `any` or `all` must hold. Raises Unreadable where there is none."""
    tests = [test_of(leaf) for leaf in leaves]
    if not tests:
        raise Unreadable("empty", fact="")
    return tests[0] if len(tests) == 1 else {"any" if together == "any" else "all": tests}


def flat(test: Mapping[str, Any]) -> tuple[str, list[Leaf]] | None:
    """A test as it is typed: how its parts are joined, and the parts; None where it is deeper, or not of FACTS."""
    for word in ("any", "all"):
        if word in test:
            parts = [_leaf(part) for part in test[word]]
            return None if None in parts else (word, [part for part in parts if part is not None])
    one = _leaf(test)
    return None if one is None else ("all", [one])


def _leaf(test: Mapping[str, Any]) -> Leaf | None:
    if "fact" not in test or test["fact"] not in FACTS:
        return None
    op = next(word for word in test if word != "fact")
    return Leaf(test["fact"], op, _typed(test["fact"], op, test[op]))


def _typed(fact: str, op: str, operand: Any) -> str:
    if op == "in_force":
        return ""
    if op == "is":
        return "是" if operand else "否"
    if op == "in":
        words = {code: word for word, code in choices_of(fact).items()}
        return "、".join(words.get(str(each), str(each)) for each in operand)
    return str(operand)


def leaves_of(test: Mapping[str, Any], path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Leaf]]:
    """Every part of FACTS in a test, however deep, with the way to it; for changing values where nothing else may."""
    for word in ("any", "all"):
        if word in test:
            return [found for n, part in enumerate(test[word]) for found in leaves_of(part, (*path, word, n))]
    one = _leaf(test)
    return [] if one is None or one.op == "in_force" else [(path, one)]


def with_values(test: Mapping[str, Any], values: Mapping[tuple[Any, ...], str]) -> dict[str, Any]:
    """The test with other values at some of `leaves_of`. Raises Unreadable."""

    def rebuilt(part: Mapping[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
        for word in ("any", "all"):
            if word in part:
                return {word: [rebuilt(each, (*path, word, n)) for n, each in enumerate(part[word])]}
        leaf = _leaf(part)
        return (
            dict(part) if leaf is None or path not in values else test_of(leaf._replace(value=values[path]))
        )

    return rebuilt(test, ())


def scale_of(fact: str, rising: bool, text: str, most: int) -> dict[str, Any]:
    """The points of an indicator with at most `most`, one line of `text` for each band (`10% 5`) or choice (`国家级 5`);
    a yes/no fact and a province's own score need no lines. Raises Unreadable."""
    if fact in SCORES:
        return {"fact": fact, "most": most}
    kind = KINDS.get(fact)
    if kind == "flag":
        return {"fact": fact, "options": {"true": most, "false": 0}}
    if kind not in ("choice", "count", "money", "ratio"):
        raise Unreadable("fact", value=fact)
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines:
        raise Unreadable("empty", fact=fact)
    for parts in lines:
        if len(parts) < 2:
            raise Unreadable("line", value=" ".join(parts))
    marked = [("".join(parts[:-1]), _whole(parts[-1])) for parts in lines]
    if kind == "choice":
        return {"fact": fact, "options": {_choice(fact, word): mark for word, mark in marked}}
    steps = [[_threshold(fact, limit), mark] for limit, mark in marked]
    return {"fact": fact, "ge" if rising else "le": steps, "else": 0}


def typed_scale(points: Mapping[str, Any]) -> tuple[str, bool, str] | None:
    """(fact, rising, lines) of points as they are typed; None where they are of another make."""
    if "fact" not in points or ("else" in points and points["else"] != 0):
        return None
    fact = points["fact"]
    if "most" in points or KINDS.get(fact) == "flag":
        return fact, True, ""
    if "options" in points:
        words = {code: word for word, code in choices_of(fact).items()}
        marks = points["options"].items()
        return fact, True, "\n".join(f"{words.get(str(code), code)} {mark}" for code, mark in marks)
    word = "ge" if "ge" in points else "le"
    return fact, word == "ge", "\n".join(f"{limit} {mark}" for limit, mark in points[word])


#: facts that may earn points
SCORED = tuple(
    code
    for code in FACTS
    if KINDS[code] != "date" and code not in JUDGEMENTS and (code in DERIVED or "[" not in code)
)
