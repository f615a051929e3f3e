"""What an enterprise has for a condition, what is lacking, and how far it is from meeting it.

Of a condition made of several tests only those are told that decide it: of alternatives the one that is
met, else the nearest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from cultivation.fact_names import choice_name, fact_name
from cultivation.number_words import amount, money, percent
from cultivation.rules import amounts, conditions
from cultivation.rules.amounts import Quotient
from cultivation.rules.judge import FAIL, PASS, UNKNOWN, Answer
from cultivation.rules.shapes import Condition, FactTest, Test, leaves
from cultivation.rules.vocabulary import KINDS, Sum
from cultivation.wording.tags import fact_list
from enterprises.rules.size_class import SizeEdition

Facts = Mapping[str, Any]
_PLACES = ("_rank", "_band")


def condition_value(
    element: Condition, answer: Answer, facts: Facts, on: date, year: int, sizes: SizeEdition | None
) -> str:
    """What the enterprise has for a condition, `—` when unknown, “未获得” for an honour never held."""
    if isinstance(element.test, FactTest):
        return value_text(element.test.fact, answer.value, on, _limits(element.test))
    every = [test.fact for test in leaves(element.test)]
    if all(KINDS[fact] == "flag" for fact in every):
        return of_flags(every, facts, year)
    told = _telling(element.test, facts, on, sizes)
    known = list(
        dict.fromkeys(
            (test.fact, value_text(test.fact, value, on, _limits(test)))
            for test in told
            if (value := _value(test.fact, facts)) is not None
        )
    )
    if not known:
        dated = all(KINDS[test.fact] == "date" or test.fact.endswith(_PLACES) for test in told)
        return _("未获得") if dated and answer.outcome == FAIL else "—"
    if len(known) == 1 and KINDS[known[0][0]] == "date":
        return known[0][1]
    return _("；").join(_of(fact, text, year) for fact, text in known)


def condition_next(
    element: Condition, answer: Answer, facts: Facts, on: date, year: int, sizes: SizeEdition | None
) -> str:
    """What is lacking while it is open; how far it is where a figure falls short; empty when it is met."""
    if answer.outcome == PASS:
        return ""
    if answer.outcome == UNKNOWN:
        return lacking_text(conditions.ready(element.test, sizes).open_facts(facts, on), facts, year)
    tests = [
        test
        for test in _telling(element.test, facts, on, sizes)
        if conditions.ready(test, sizes).look(facts, on)[0] is not True
    ]
    named = not isinstance(element.test, FactTest)
    short = (_short(test, facts, on, direct=element.group == "direct") for test in tests)
    return _("；").join(
        _of(test.fact, text, year) if named and KINDS[test.fact] != "date" else text
        for test, text in zip(tests, short, strict=True)
        if text
    )


def lacking_text(codes: tuple[str, ...] | list[str], facts: Facts, year: int) -> str:
    """“缺“营业收入””, or which known figure makes a ratio that cannot be told; empty where nothing is open."""
    unknown = [code for code in codes if facts.get(code) is None]
    if unknown:
        return _("缺%(facts)s") % {"facts": fact_list(unknown, year)}
    if not codes:
        return ""
    name = {"name": fact_name(codes[0], year)}
    if KINDS.get(codes[0]) in ("money", "count", "ratio"):
        return _("“%(name)s”为零或负，算不出") % name
    return _("凭“%(name)s”还不能判定，须人工确认") % name


def value_text(fact: str, value: Any, on: date, limits: list[Any] | None = None) -> str:
    """One value as a page prints it; a ratio keeps the decimals that tell it from the limits."""
    if KINDS.get(fact) == "date":
        return _day(fact, value, on)
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("或").join(choice_name(fact, each) for each in value)
    if isinstance(value, Quotient):
        return percent(_told(fact, value.exact), [_told(fact, limit) for limit in limits or []]) + "%"
    if KINDS.get(fact) == "money":
        return money(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return choice_name(fact, str(value)) if KINDS.get(fact) in ("choice", "size") else str(value)


def _of(fact: str, text: str, year: int) -> str:
    return _("%(fact)s %(value)s") % {"fact": fact_name(fact, year), "value": text}


def _day(fact: str, day: date | None, on: date) -> str:
    if day is None:
        return _("未获得")
    past = (on - day).days
    if fact.endswith("_until") and past > 0:
        return _("已过期 %(days)d 天") % {"days": past}
    return day.isoformat()


def of_flags(codes: list[str], facts: Facts, year: int) -> str:
    """Which of several are there."""
    held = [fact_name(code, year) for code in codes if facts.get(code)]
    if held:
        return _("、").join(held)
    return "—" if any(facts.get(code) is None for code in codes) else _("没有")


def _value(fact: str, facts: Facts) -> Any:
    if KINDS[fact] in ("money", "ratio", "count"):
        return amounts.value(fact, amounts.reader(fact)(facts))
    return facts.get(fact)


def _limits(test: FactTest) -> list[Any]:
    return [test.operand] if isinstance(test.operand, Fraction) else []


def _telling(test: Test, facts: Facts, on: date, sizes: SizeEdition | None) -> list[FactTest]:
    """The tests that decide: of alternatives those of the one that is met, else of the nearest one."""
    if isinstance(test, FactTest):
        return [test]
    parts = [_telling(part, facts, on, sizes) for part in test.parts]
    if not test.any:
        return [leaf for part in parts for leaf in part]

    def unmet(part: list[FactTest]) -> tuple[int, bool]:
        missed = [leaf for leaf in part if conditions.ready(leaf, sizes).look(facts, on)[0] is not True]
        # An honour never held is no near alternative to figures.
        return len(missed), any(KINDS[leaf.fact] == "date" for leaf in missed)

    # Honours alone stand side by side: the one that came last, or will last longest, tells most.
    if all(KINDS[leaf.fact] == "date" for part in parts for leaf in part):
        held = [part for part in parts if all(facts.get(leaf.fact) for leaf in part)]
        return max(held, key=lambda part: max(facts[leaf.fact] for leaf in part), default=parts[0])
    return min(parts, key=lambda part: (unmet(part)[0] > 0, unmet(part)[1], unmet(part)[0]))


def _short(test: FactTest, facts: Facts, on: date, *, direct: bool) -> str:
    """How far one figure is from its limit; empty for what has no distance."""
    if test.op == "in_force":
        day = facts.get(test.fact)
        if day is None or day >= on or not direct:
            return ""
        return _("%(day)s 到期，重新认定后直接达标") % {"day": day.isoformat()}
    if test.op not in ("ge", "le") or test.fact.endswith(_PLACES):  # a place in a ranking is no distance
        return ""
    value = _value(test.fact, facts)
    if value is None:
        return _known_part(test, facts) if test.op == "ge" else ""
    have = _told(test.fact, value.exact if isinstance(value, Quotient) else Fraction(value))
    limit = _told(test.fact, Fraction(test.operand))
    away = abs(limit - have)
    if KINDS[test.fact] == "ratio":
        text = _("%(away)s 个百分点") % {"away": _points(away)}
    elif away.denominator != 1:
        text = _points(away / 100)
    else:
        text = amount(test.fact, int(away))
    return (_("差 %(away)s") if test.op == "ge" else _("高出 %(away)s")) % {"away": text}


def _told(fact: str, ratio: Fraction) -> Fraction:
    """A ratio as the standard speaks of it: growth over two years is judged whole, but told for one year."""
    if fact != "revenue_growth_2y" or ratio < -1:
        return ratio
    whole = 1 + ratio
    with localcontext(prec=40):
        return Fraction((Decimal(whole.numerator) / whole.denominator).sqrt()) - 1


def _known_part(test: FactTest, facts: Facts) -> str:
    """What a sum lacks by its known parts."""
    made = amounts.DERIVED.get(test.fact)
    if not isinstance(made, Sum):
        return ""
    known = sum(facts.get(part) or 0 for part in made.parts)
    return _("差 %(away)s") % {"away": money(test.operand - known, up=True)}


def _points(share: Fraction) -> str:
    """Percent points, rounded up to two decimals so that what is printed is enough."""
    return f"{Decimal(-(-share * 10_000 // 1)) / 100:.2f}"
