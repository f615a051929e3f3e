"""A second calculation of the innovative tier, slow and simple, that shares nothing with the judge.

The standard is written out here once more by hand. Unknown facts are tried out on grids of values, elements
are combined by brute force, and the answer is whatever all combinations agree on.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

WAN = 1_000_000  # fen in 1 万元
CLASS = {"I1": "innovation", "I2": "innovation", "I3": "growth", "I4": "growth"}
CLASS |= {"I5": "specialisation", "I6": "specialisation"}
LARGE = {  # industry of the grid → lower bounds of "large"
    "A0111": {"revenue": 20000 * WAN},
    "C3985": {"employees": 1000, "revenue": 40000 * WAN},
    "E4710": {"revenue": 80000 * WAN, "total_assets": 80000 * WAN},
    "F5111": {"employees": 200, "revenue": 40000 * WAN},
    "L7211": {"employees": 300, "total_assets": 120000 * WAN},
    "M7310": {"employees": 300},
    "J6620": None,
}
SIZES = {
    "employees": [0, 199, 200, 299, 300, 999, 1000],
    "revenue": [0] + [n * WAN + d for n in (20000, 40000, 80000) for d in (-1, 0)],
    "total_assets": [0] + [n * WAN + d for n in (80000, 120000) for d in (-1, 0)],
}


def rd(r):
    return (
        20
        if r >= Fraction(5, 100)
        else 15
        if r >= Fraction(3, 100)
        else 10
        if r >= Fraction(2, 100)
        else (5 if r >= Fraction(1, 100) else 0)
    )


def growth(r):
    return (
        20
        if r >= Fraction(15, 100)
        else 15
        if r >= Fraction(10, 100)
        else 10
        if r >= Fraction(5, 100)
        else (5 if r >= 0 else 0)
    )


def debt(r):
    return 10 if r <= Fraction(55, 100) else 5 if r <= Fraction(75, 100) else 0


def main(r):
    return (
        20
        if r >= Fraction(70, 100)
        else 15
        if r >= Fraction(60, 100)
        else 10
        if r >= Fraction(55, 100)
        else (5 if r >= Fraction(50, 100) else 0)
    )


def ratio(facts, top, base, band, marks):
    """(levels, {fact: pairs of levels it can switch between})"""
    t, b = facts.get(top), facts.get(base)
    if t is not None and b is not None and b != 0:
        return {band(Fraction(t, b))}, {}
    culprits = [c for c, v in ((top, t), (base, b)) if v is None or (c == base and v == 0)]
    return set(marks), {c: {(x, y) for x in marks for y in marks} for c in culprits}


def elements(facts, on):
    """code → (possible states or points, {fact: pairs it can switch between})"""
    out = {}
    code = facts.get("uscc")
    head = None if code is None else code[:2]
    out["E1"] = (
        ({True}, {})
        if head in ("91", "93")
        else ({False}, {})
        if head == "92"
        else (
            {True, False},
            {"uscc": {(True, False)}},
        )
    )
    out["E2"] = size(facts)
    for element, fact in (
        ("E3", "on_abnormal_list"),
        ("E4", "on_dishonesty_list"),
        ("E5", "restricted_product"),
        ("E6", "accident_3y"),
    ):
        v = facts.get(fact)
        out[element] = ({True, False}, {fact: {(True, False)}}) if v is None else ({not v}, {})
    start = (
        on.replace(year=on.year - 3)
        if (on.month, on.day) != (2, 29)
        else on.replace(year=on.year - 3, day=28)
    )
    awards = [facts.get("provincial_award_on"), facts.get("national_award_on")]
    out["D1"] = ({any(a is not None and start < a and a <= on for a in awards)}, {})
    titles = ["hnte_valid_until", "ip_demonstration_valid_until", "tech_innovation_demo_valid_until"]
    out["D2"] = ({any(facts.get(t) is not None and facts[t] >= on for t in titles)}, {})
    level = facts.get("rd_institution_level")
    out["D3"] = (
        ({True, False}, {"rd_institution_level": {(True, False)}})
        if level is None
        else (
            {level in ("national", "provincial")},
            {},
        )
    )
    out["D4"] = grid(
        facts,
        ["equity_financing", "equity_financing[Y-1]", "equity_financing[Y-2]"],
        [0, 500 * WAN],
        lambda y0, y1, y2: y0 + y1 + y2 >= 500 * WAN,
    )
    out["I1"] = grid(
        facts,
        ["ip1_high_value", "ip1_self_developed", "ip1", "ip2"],
        [0, 1],
        lambda a, b, c, d: 20 if a else 15 if b else 10 if c else 5 if d else 0,
    )
    out["I2"] = ratio(facts, "rd_expense", "revenue", rd, [0, 5, 10, 15, 20])
    now, base = facts.get("main_revenue"), facts.get("main_revenue[Y-1]")
    if now is not None and base is not None and base > 0:
        out["I3"] = ({growth(Fraction(now - base, base))}, {})
    else:
        culprits = [] if now is not None else ["main_revenue"]
        culprits += [] if base is not None and base > 0 else ["main_revenue[Y-1]"]
        marks = [0, 5, 10, 15, 20]
        out["I3"] = (set(marks), {c: {(x, y) for x in marks for y in marks} for c in culprits})
    out["I4"] = ratio(facts, "total_liabilities", "total_assets", debt, [0, 5, 10])
    strategic = facts.get("in_strategic_emerging")
    out["I5"] = (
        ({5, 10}, {"in_strategic_emerging": {(5, 10)}})
        if strategic is None
        else (
            {10 if strategic else 5},
            {},
        )
    )
    out["I6"] = ratio(facts, "main_revenue", "revenue", main, [0, 5, 10, 15, 20])
    return out


def grid(facts, codes, values, result):
    tried = {
        combination: result(*combination)
        for combination in product(*[[facts[c]] if facts.get(c) is not None else values for c in codes])
    }
    pairs = {}
    for n, code in enumerate(codes):
        if facts.get(code) is None:
            found = {
                (tried[a], tried[b])
                for a in tried
                for b in tried
                if a[:n] + a[n + 1 :] == b[:n] + b[n + 1 :] and tried[a] != tried[b]
            }
            if found:
                pairs[code] = found
    return set(tried.values()), pairs


def size(facts):
    codes = ["industry_code", "employees", "revenue", "total_assets"]
    choices = [[facts["industry_code"]] if facts.get("industry_code") else list(LARGE)]
    choices += [[facts[c]] if facts.get(c) is not None else SIZES[c] for c in codes[1:]]
    tried = {}
    for combination in product(*choices):
        bounds = LARGE[combination[0]]
        values = dict(zip(codes, combination, strict=True))
        tried[combination] = (
            {True, False} if bounds is None else {not all(values[k] >= limit for k, limit in bounds.items())}
        )
    levels = set().union(*tried.values())
    if facts.get("industry_code") and LARGE[facts["industry_code"]] is None:
        return levels, {"industry_code": {(True, False)}}
    pairs = {}
    for n, code in enumerate(codes):
        if facts.get(code) is None:
            for a in tried:
                for b in tried:
                    if tried[a] != tried[b] and a[:n] + a[n + 1 :] == b[:n] + b[n + 1 :]:
                        pairs[code] = {(True, False)}
    return levels, pairs


def score_route(points):
    by_class = {"innovation": 0, "growth": 0, "specialisation": 0}
    for code, mark in points.items():
        by_class[CLASS[code]] += mark
    return (
        sum(by_class.values()) >= 60
        and by_class["innovation"] >= 20
        and by_class["growth"] >= 15
        and by_class["specialisation"] >= 15
    )


def outcome(states, route):
    return all(states[f"E{n}"] for n in range(1, 7)) and (route or any(states[f"D{n}"] for n in range(1, 5)))


CONDITIONS = [f"E{n}" for n in range(1, 7)] + [f"D{n}" for n in range(1, 5)]
INDICATORS = [f"I{n}" for n in range(1, 7)]


def routes(levels, fixed=None):
    fixed = fixed or {}
    choices = [[fixed[c]] if c in fixed else sorted(levels[c]) for c in INDICATORS]
    return {score_route(dict(zip(INDICATORS, marks, strict=True))) for marks in product(*choices)}


def outcomes(levels, route_values, fixed=None):
    fixed = fixed or {}
    choices = [[fixed[c]] if c in fixed else sorted(levels[c]) for c in CONDITIONS]
    return {
        outcome(dict(zip(CONDITIONS, states, strict=True)), route)
        for states in product(*choices)
        for route in route_values
    }


def judge(facts, on):
    found = elements(facts, on)
    levels = {code: each[0] for code, each in found.items()}
    possible_routes = routes(levels)
    results = outcomes(levels, possible_routes)
    low = {c: min(levels[c]) for c in INDICATORS}
    high = {c: max(levels[c]) for c in INDICATORS}

    def by_class(marks):
        return {
            k: sum(m for c, m in marks.items() if CLASS[c] == k)
            for k in ("innovation", "growth", "specialisation")
        }

    missing = [c for c in CONDITIONS if levels[c] == {False}]
    if sum(high.values()) < 60:
        missing.append("SCORE")
    for name, limit in (("innovation", 20), ("growth", 15), ("specialisation", 15)):
        if by_class(high)[name] < limit:
            missing.append(f"MIN_{name.upper()}")
    return {
        "outcome": "unknown" if len(results) == 2 else "pass" if True in results else "fail",
        "score": sum(low.values()),
        "score_max": sum(high.values()),
        "class_scores": by_class(low),
        "class_scores_max": by_class(high),
        "direct": [c for c in CONDITIONS if c[0] == "D" and levels[c] == {True}],
        "missing": missing,
        "unknown": tipping(found, levels, possible_routes) if len(results) == 2 else [],
    }


def tipping(found, levels, possible_routes):
    facts = set()
    for code, (_, pairs) in found.items():
        for fact, switches in pairs.items():
            if fact not in facts and any(tips(code, pair, levels, possible_routes) for pair in switches):
                facts.add(fact)
    return sorted(facts)


def tips(code, pair, levels, possible_routes):
    """Whether switching this element between two levels can change the outcome, the others being anything."""
    if code in CONDITIONS:
        others = [c for c in CONDITIONS if c != code]
        for states in product(*[sorted(levels[c]) for c in others]):
            fixed = dict(zip(others, states, strict=True))
            for route in possible_routes:
                if outcome(fixed | {code: pair[0]}, route) != outcome(fixed | {code: pair[1]}, route):
                    return True
        return False
    others = [c for c in INDICATORS if c != code]
    for marks in product(*[sorted(levels[c]) for c in others]):
        fixed = dict(zip(others, marks, strict=True))
        a, b = score_route(fixed | {code: pair[0]}), score_route(fixed | {code: pair[1]})
        if a != b:
            for states in product(*[sorted(levels[c]) for c in CONDITIONS]):
                held = dict(zip(CONDITIONS, states, strict=True))
                if outcome(held, a) != outcome(held, b):
                    return True
            return False
    return False
