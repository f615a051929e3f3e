"""Facts and answers as JSON, exactly and back.

Facts: money as whole fen, dates as ISO text, counts, yes/no and choices as they are; unknown ones are left
out. Answers: a ratio as a reduced fraction `"num/den"`, money as yuan with two decimals in a text, a date as
ISO text, a list for a size class still open, an object where several facts are read, null when unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import gcd
from typing import Any

from cultivation.rules.amounts import Quotient
from cultivation.rules.judge import Answer, Judgement
from cultivation.rules.shapes import Bands, Condition, Edition, FactTest, Indicator, Number
from cultivation.rules.vocabulary import DECIMALS, KINDS, NOT_APPLICABLE, operands


def fact_codes(edition: Edition) -> tuple[str, ...]:
    """The raw facts that an edition reads, earlier years included."""
    return tuple(dict.fromkeys(code for fact in edition.facts for code in operands(fact)))


def facts_to_json(facts: Mapping[str, Any], codes: tuple[str, ...]) -> dict[str, Any]:
    return {
        code: value.isoformat()
        if isinstance(value, date)
        else format(value, "f")
        if isinstance(value, Decimal)
        else value
        for code in codes
        if (value := facts.get(code)) is not None
    }


def fact_texts(facts: Mapping[str, Any], codes: Iterable[str]) -> dict[str, str]:
    """Each known fact as it stands in the JSON text of `facts_to_json`, for several editions at once."""
    return {
        code: f"{_quoted(code)}:{value if type(value) is int else _fact_text(value)}"
        for code in codes
        if (value := facts.get(code)) is not None
    }


def facts_text(texts: Mapping[str, str], codes: tuple[str, ...], excused: tuple[str, ...] = ()) -> str:
    """The JSON text of `facts_to_json` for one edition, out of `fact_texts`, and the conditions that do not apply."""
    known = [texts[code] for code in codes if code in texts]
    if excused:
        known.append(f'"{NOT_APPLICABLE}":{dumps(excused)}')
    return "{" + ",".join(known) + "}"


def _fact_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, Decimal):
        return f'"{value:f}"'
    return _quoted(value) if isinstance(value, str) else dumps(value)


def facts_from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as the judge knows them."""
    return {
        code: value if code == NOT_APPLICABLE else _read_as(code.split("[")[0])(value)
        for code, value in stored.items()
    }


def _read_as(fact: str) -> Callable[[Any], Any]:
    if KINDS[fact] == "date":
        return date.fromisoformat
    return Decimal if fact in DECIMALS else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def money_codes(edition: Edition) -> frozenset[str]:
    """The elements whose value is money."""
    found = set()
    for element in edition.elements:
        if isinstance(element, Condition) and isinstance(element.test, FactTest):
            fact = element.test.fact
        elif isinstance(element, Indicator) and isinstance(element.points, Bands):
            fact = element.points.fact
        else:
            continue
        if KINDS[fact] == "money":
            found.add(element.code)
    return frozenset(found)


def answers_to_json(answers: tuple[Answer, ...], money: frozenset[str]) -> list[dict[str, Any]]:
    """`[{code, outcome, value, points, points_max}]`; `points` is what is certain, null for a condition."""
    return [
        {
            "code": code,
            "outcome": outcome,
            "value": yuan(value) if code in money and value is not None else value_to_json(value),
            "points": points_to_json(points),
            "points_max": points_to_json(points_max),
        }
        for code, outcome, value, points, points_max in answers
    ]


class AnswerTexts:
    """The JSON text of `answers_to_json`, written directly: a run spends most of its time on these.

    Answers whose value is a word, a yes or a no, or unknown repeat all over a region, so their texts are kept.
    """

    _FEW = frozenset({bool, str, type(None)})
    _MOST = 20_000

    def __init__(self, money: frozenset[str]) -> None:
        self._money = money
        self._known: dict[Answer, str] = {}

    def __call__(self, answers: tuple[Answer, ...]) -> str:
        known, few = self._known, self._FEW
        texts = []
        for answer in answers:
            if type(answer[2]) in few:
                text = known.get(answer)
                if text is None:
                    text = self._text(answer)
                    if len(known) < self._MOST:
                        known[answer] = text
            else:
                text = self._text(answer)
            texts.append(text)
        return "[" + ",".join(texts) + "]"

    def _text(self, answer: Answer) -> str:
        code, outcome, value, points, points_max = answer
        return (
            f'{{"code":"{code}","outcome":"{outcome}","value":{_value_text(value, code in self._money)},'
            f'"points":{_number_text(points)},"points_max":{_number_text(points_max)}}}'
        )


def _number_text(points: Number | None) -> str:
    return "null" if points is None else str(points) if type(points) is int else dumps(points_to_json(points))


def _value_text(value: Any, is_money: bool = False) -> str:
    """As `dumps(value_to_json(value))`, without the encoder's way through each of them."""
    kind = type(value)
    if value is None:
        return "null"
    if is_money:
        return f'"{yuan(value)}"'
    if kind is int:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is str:
        return _quoted(value)
    if kind is Quotient:
        return f'"{value_to_json(value)}"'
    if kind is dict:
        return "{" + ",".join([f"{_quoted(code)}:{_value_text(each)}" for code, each in value.items()]) + "}"
    return dumps(value_to_json(value))


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return dumps(text)


def points_to_json(points: Number | None) -> int | float | None:
    """Points as a JSON number; a province's own score may have decimals."""
    return float(points) if isinstance(points, Decimal) else points


def scores_to_json(scores: Mapping[str, Number]) -> dict[str, int | float | None]:
    """Points of each class as JSON numbers."""
    return {code: points_to_json(points) for code, points in scores.items()}


def value_to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Quotient):
        top, base = value
        common = gcd(top, base)
        return f"{top // common}/{base // common}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {code: value_to_json(each) for code, each in value.items()}
    return value


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: `1234.50`."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


#: compact JSON text; one encoder for all, since making one costs more than a small text
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def content_hash(edition: str, facts: str, judgement: Judgement) -> str:
    """The fingerprint of an answer: the edition, the facts it saw, the outcome and points of every element.

    The values of the elements follow from the facts, so they need not be written out to be compared.
    """
    outcomes = ",".join([f"{answer[1]}{answer[3]}{answer[4]}" for answer in judgement.answers])
    return hashlib.sha256(f"{edition}\n{facts}\n{judgement.outcome}\n{outcomes}".encode()).hexdigest()
