"""A second calculation of the upper tiers and of 115号, slow and simple, that shares nothing with the judge.

The standards are written out here once more by hand over three answers: True, False and None (unknown).
Every element is bounded on its own. Money is in fen.
"""

from __future__ import annotations

from fractions import Fraction

WAN = 1_000_000


def both(*parts):
    return False if False in parts else None if None in parts else True


def either(*parts):
    return True if True in parts else None if None in parts else False


def ge(value, limit):
    return None if value is None else value >= limit


def le(value, limit):
    return None if value is None else value <= limit


class World:
    def __init__(self, facts, on):
        self.facts, self.on = facts, on

    def __getitem__(self, code):
        return self.facts.get(code)

    def ratio(self, top, base):
        a, b = self[top], self[base]
        return None if a is None or not b else Fraction(a, b)

    def growth(self, now, base):
        a, b = self[now], self[base]
        return None if a is None or b is None or b <= 0 else Fraction(a - b, b)

    def mean_growth(self):
        one = self.growth("main_revenue", "main_revenue[Y-1]")
        two = self.growth("main_revenue[Y-1]", "main_revenue[Y-2]")
        return None if one is None or two is None else (one + two) / 2

    def rd(self):
        a, b = self["rd_expense"], self["rd_expense[Y-1]"]
        return None if a is None or b is None else a + b

    def equity(self, limit):
        known = [self[code] for code in ("equity_financing", "equity_financing[Y-1]")]
        if sum(x or 0 for x in known) >= limit:
            return True
        return None if None in known else False

    def held(self, code):
        return self[code] is not None and self[code] >= self.on

    def within(self, code, years):
        day = self[code]
        try:
            start = self.on.replace(year=self.on.year - years)
        except ValueError:
            start = self.on.replace(year=self.on.year - years, day=28)
        return day is not None and start < day <= self.on

    def award(self, level, rank, years=3):
        return both(self.within(f"{level}_award_on", years), le(self[f"{level}_award_rank"], rank))

    def maker(self, band):
        return both(self.within("maker_china_on", 3), le(self["maker_china_band"], band))

    def institution(self, *levels):
        level = self["rd_institution_level"]
        return None if level is None else level in levels

    def share(self):
        return None if self["segment_share"] is None else Fraction(self["segment_share"]) / 100

    def entry(self, sized=True):
        code = self["uscc"]
        legal = None if code is None or code[:2] not in ("91", "92", "93") else code[:2] != "92"
        no = [
            None if self[c] is None else not self[c]
            for c in ("on_abnormal_list", "on_dishonesty_list", "restricted_product", "accident_3y")
        ]
        return both(legal, *([self.not_large()] if sized else []), *no)

    def not_large(self):
        """Industry C alone: large from 1,000 persons and 400 million."""
        return either(
            None if self["employees"] is None else self["employees"] < 1000,
            None if self["revenue"] is None else self["revenue"] < 40000 * WAN,
        )


def banded(value, steps, rest=0, down=False):
    """(certain, possible) points of a value in bands; unknown gives the lowest and the highest."""
    marks = [mark for _, mark in steps] + [rest]
    if value is None:
        return min(marks), max(marks)
    for limit, mark in steps:
        if (value <= limit) if down else (value >= limit):
            return mark, mark
    return rest, rest


def best(cases):
    """(certain, possible) points of the best case."""
    sure = max([points for state, points in cases if state], default=0)
    return sure, max([sure, *(points for state, points in cases if state is None)])


def pct(*steps):
    return [(Fraction(limit, 100), mark) for limit, mark in steps]


def specialised_2022(w):
    strategic = {"gap_closing": 5, "six_foundations": 3, "old_brand": 3, "serves_chain_leader": 3}
    field = w["product_field"]
    years = w["segment_years"]
    quality = [w[c] for c in ("quality_award", "quality_certificate", "own_brand", "standards")]
    local = w["local_feature_score"]
    level = w["rd_institution_level"]
    levels = {"national": 10, "provincial": 8, "municipal": 4, "below_municipal": 2, "none": 0}
    rd = []
    for mark, wan, percent in ((10, 500, 10), (8, 400, 8), (6, 300, 6), (4, 200, 4), (2, 100, 3)):
        ratio = ge(w.ratio("rd_expense", "revenue"), Fraction(percent, 100))
        rd.append((either(ge(w["rd_expense"], wan * WAN), ratio), mark))
    ip = [("ip1_high_value", 10), ("ip1_self_developed", 8), ("ip1", 6), ("ip2", 2)]
    points = {
        "specialisation": [
            banded(w.ratio("main_revenue", "revenue"), pct((80, 5), (70, 3), (60, 1))),
            banded(w.mean_growth(), pct((10, 10), (8, 8), (6, 6), (4, 4), (0, 2))),
            (0, 5) if years is None else (min(5, years // 2),) * 2,
            (0, 5) if field is None else (strategic.get(field, 0),) * 2,
        ],
        "refinement": [
            banded(w["digital_level"], [(3, 5), (2, 3)]),
            (
                min(5, 3 * sum(x is True for x in quality)),
                min(5, 3 * sum(x is not False for x in quality)),
            ),
            banded(w.ratio("net_profit", "revenue"), pct((10, 10), (8, 8), (6, 6), (4, 4), (2, 2))),
            banded(w.ratio("total_liabilities", "total_assets"), pct((50, 5), (60, 3), (70, 1)), down=True),
        ],
        "local_feature": [(0, 15) if local is None else (local, local)],
        "innovation": [
            best([(ge(w[code], 1), mark) for code, mark in ip]),
            best(rd),
            banded(w.ratio("rd_staff", "employees"), pct((20, 5), (10, 3), (5, 1))),
            (0, 10) if level is None else (levels[level],) * 2,
        ],
    }
    elements = [
        w.held("innovative_valid_until"),
        ge(years, 2),
        both(ge(w["rd_expense"], 100 * WAN), ge(w.ratio("rd_expense", "revenue"), Fraction(3, 100))),
        either(ge(w["revenue"], 1000 * WAN), w.equity(2000 * WAN)),
        lambda score: either(
            score,
            either(w.award("provincial", 3), w.award("national", 5)),
            ge(w.rd(), 2000 * WAN),
            w.equity(6000 * WAN),
            w.maker(500),
        ),
    ]
    return points, elements, w.entry(), lambda low, high, classes: reached(low, high, 60)


def reached(low, high, limit):
    return True if low >= limit else None if high >= limit else False


def little_giant_2022(w, *, floor=False, growth=True):
    ratio, before = w.ratio("rd_expense", "revenue"), w.ratio("rd_expense[Y-1]", "revenue[Y-1]")

    def each(percent):
        return both(ge(ratio, Fraction(percent, 100)), ge(before, Fraction(percent, 100)))

    revenue = w["revenue"]
    spend = either(
        both(ge(revenue, 10000 * WAN), each(3)),
        both(ge(revenue, 5000 * WAN), each(6)),
        both(
            None if revenue is None else revenue < 5000 * WAN,
            w.equity(8000 * WAN),
            ge(w.rd(), 3000 * WAN),
            ge(w.ratio("rd_staff", "employees"), Fraction(1, 2)),
        ),
    )
    innovation = either(
        both(
            spend,
            w.institution("national", "provincial", "municipal", "below_municipal"),
            ge(w["ip1_applied"], 2),
        ),
        w.award("national", 3),
        w.maker(50),
    )
    field = w["product_field"]
    known_field = (
        None if field is None else field in ("six_foundations", "key_manufacturing", "network_power")
    )
    elements = [
        w.held("specialised_valid_until"),
        ge(w["segment_years"], 3),
        ge(w.ratio("main_revenue", "revenue"), Fraction(7, 10)),
        *([ge(w.mean_growth(), Fraction(1, 20))] if growth else []),
        ge(w["core_it_systems"], 1),
        either(w["management_certificate"], w["foreign_product_certificate"]),
        le(w.ratio("total_liabilities", "total_assets"), Fraction(7, 10)),
        ge(w.share(), Fraction(1, 10)),
        w["own_brand"],
        innovation,
        w["chain_role"],
        either(known_field, w["product_field_fit"]),
        *([ge(revenue, 5000 * WAN)] if floor else []),
    ]
    return {}, elements, w.entry(), None


def specialised_2026(w, *, review=False):
    scores = [w["platform_score"], *([w["platform_score[Y-1]"]] if review else [])]
    elements = [
        w.held("tech_sme_valid_until") or w.held("innovative_valid_until"),
        ge(w["segment_years"], 3),
        either(ge(w["revenue"], 1500 * WAN), w.equity(2000 * WAN)),
        ge(w.ratio("main_revenue", "revenue"), Fraction(8, 10)),
        le(w.ratio("total_liabilities", "total_assets"), Fraction(8, 10)),
        ge(w["rd_expense"], 100 * WAN),
        ge(w["rd_expense[Y-1]"], 100 * WAN),
        ge(w.ratio("rd_expense", "revenue"), Fraction(3, 100)),
        ge(w.ratio("rd_expense[Y-1]", "revenue[Y-1]"), Fraction(3, 100)),
        either(
            ge(w["ip1_applied"], 1),
            w.award("provincial", 3),
            w.award("national", 3),
            w.institution("provincial", "national"),
        ),
        w["segment_position"],
        either(*(ge(score, 50) for score in scores)),
    ]
    return {}, elements, w.entry(), None


def little_giant_2026(w, *, review=False):
    scores = [w["platform_score"], *([w["platform_score[Y-1]"]] if review else [])]
    now, base = w["revenue"], w["revenue[Y-2]"]
    compound = None if now is None or base is None or base <= 0 else now * 400 >= base * 441
    elements = [
        w.held("specialised_valid_until"),
        ge(w["segment_years"], 3),
        ge(now, 5000 * WAN),
        ge(w.ratio("main_revenue", "revenue"), Fraction(9, 10)),
        *([] if review else [compound]),
        le(w.ratio("total_liabilities", "total_assets"), Fraction(3, 4)),
        ge(w.rd(), 1200 * WAN),
        ge(w.ratio("rd_expense", "revenue"), Fraction(3, 100)),
        ge(w.ratio("rd_expense[Y-1]", "revenue[Y-1]"), Fraction(3, 100)),
        either(ge(w["ip1_applied"], 4), w.award("national", 3)),
        either(ge(w.share(), Fraction(1, 10)), le(w["domestic_rank"], 3)),
        w["chain_role"],
        either(*(ge(score, 60) for score in scores)),
    ]
    return {}, elements, w.entry(), None


def tech_sme(w):
    staff = w["tech_staff"] if w["tech_staff"] is not None else w["rd_staff"]
    share = None if staff is None or not w["employees"] else Fraction(staff, w["employees"])
    rd = []
    for mark, sales, cost in ((50, 6, 30), (40, 5, 25), (30, 4, 20), (20, 3, 15), (10, 2, 10)):
        by_cost = False
        if w["total_cost"] is not None:
            by_cost = ge(w.ratio("rd_expense", "total_cost"), Fraction(cost, 100))
        rd.append((either(ge(w.ratio("rd_expense", "revenue"), Fraction(sales, 100)), by_cost), mark))
    points = {
        "staff": [banded(share, pct((30, 20), (25, 16), (20, 12), (15, 8), (10, 4)))],
        "rd": [best(rd)],
        "results": [
            best([(ge(w["ip1"], 1), 30), *((ge(w["ip2"], n), 6 * n) for n in (4, 3, 2, 1))]),
        ],
    }
    elements = [
        le(w["employees"], 500),
        le(w["revenue"], 20000 * WAN),
        le(w["total_assets"], 20000 * WAN),
        lambda score: either(
            score,
            w.held("hnte_valid_until"),
            w.award("national", 3, 5),
            w.institution("provincial", "national"),
            w.within("led_standard_on", 5),
        ),
    ]

    def line(low, high, classes):
        some_staff = True if classes["staff"][0] > 0 else None if classes["staff"][1] > 0 else False
        return both(reached(low, high, 60), some_staff)

    return points, elements, w.entry(sized=False), line


STANDARDS = {
    "CN-MIIT-2022-63/T2": specialised_2022,
    "CN-MIIT-2022-63/T3": little_giant_2022,
    "CN-MIIT-2025-190/T3": lambda w: little_giant_2022(w, floor=True),
    "CN-MIIT-2025-190/T3-review": lambda w: little_giant_2022(w, floor=True, growth=False),
    "CN-MIIT-2026-117/T3-review": little_giant_2022,
    "CN-MIIT-2026-2/T2": specialised_2026,
    "CN-MIIT-2026-2/T2-review": lambda w: specialised_2026(w, review=True),
    "CN-MIIT-2026-2/T3": little_giant_2026,
    "CN-MIIT-2026-2/T3-review": lambda w: little_giant_2026(w, review=True),
    "CN-MOST-2017-115/T1": tech_sme,
}


def judge(edition_id, facts, on):
    points, elements, entry, line = STANDARDS[edition_id](World(facts, on))
    classes = {
        name: (sum(low for low, _ in marks), sum(high for _, high in marks)) for name, marks in points.items()
    }
    low, high = (sum(pair[n] for pair in classes.values()) for n in (0, 1))
    states = [each(line(low, high, classes)) if callable(each) else each for each in elements]
    outcome = both(entry, *states)
    return {
        "outcome": {True: "pass", False: "fail", None: "unknown"}[outcome],
        "score": low,
        "score_max": high,
        "class_scores": {name: pair[0] for name, pair in classes.items()},
        "missing_count": sum(state is False for state in states),
        "missing_max": sum(state is not True for state in states),
    }
