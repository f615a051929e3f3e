import itertools
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from enterprises.rules.size_class import CLASSES, NOT_COVERED, SizeEdition, categories_of, size

DATA = yaml.safe_load(Path("fixtures/editions/size/CN-MIIT-2011-300.yaml").read_text(encoding="utf-8"))
EDITION = SizeEdition.load(DATA)
WAN = 1_000_000


def fen(wan: object) -> int | None:
    return None if wan is None else int(Decimal(str(wan)) * WAN)


@pytest.mark.parametrize(
    "case", DATA["golden"], ids=lambda c: f"{c['industry']}-{c.get('employees')}-{c.get('revenue')}"
)
def test_i_01_golden_cases_of_the_edition(case: dict) -> None:
    found = size(
        case["industry"],
        case.get("employees"),
        fen(case.get("revenue")),
        fen(case.get("total_assets")),
        EDITION,
    )
    assert found.size_class == case["class"]


def plain(bounds: dict, values: dict) -> str:
    """The rule as it is written in the standard."""
    for name in ("large", "medium", "small"):
        if all(values[i] >= row[name] * (1 if i == "employees" else WAN) for i, row in bounds.items()):
            return name
    return "micro"


EXAMPLES = {
    "agri": "A0111", "industry": "C3511", "construction": "E4700", "wholesale": "F5110", "retail": "F5210",
    "transport": "G5430", "storage": "G5920", "post": "G6010", "hotel": "H6110", "catering": "H6210",
    "info_transmission": "I6410", "software": "I6513", "real_estate_dev": "K7010", "property_mgmt": "K7020",
    "lease_business": "L7211", "other": "M7320",
}  # fmt: skip


@pytest.mark.parametrize("category", EXAMPLES)
def test_both_sides_of_every_bound_of_every_industry(category: str) -> None:
    bounds = DATA["bounds"][category]
    axes = []
    for indicator, row in bounds.items():
        unit = 1 if indicator == "employees" else WAN
        axes.append([row[c] * unit + d for c in ("large", "medium", "small") for d in (-1, 0, 1)] + [0])
    for point in itertools.product(*axes):
        values = dict.fromkeys(("employees", "revenue", "total_assets")) | dict(
            zip(bounds, point, strict=True)
        )
        assert size(EXAMPLES[category], **values, edition=EDITION).size_class == plain(bounds, values)


@given(
    st.sampled_from(sorted(EXAMPLES)),
    *[st.none() | st.integers(0, 3 * 10**5) for _ in range(3)],
)
def test_the_possible_classes_are_those_that_some_value_gives(
    category: str, employees: int | None, revenue: int | None, assets: int | None
) -> None:
    bounds = DATA["bounds"][category]
    known = {
        "employees": employees,
        "revenue": None if revenue is None else revenue * WAN,
        "total_assets": None if assets is None else assets * WAN,
    }
    tried = [
        [known[i]] if known[i] is not None else [0] + [row[c] * (1 if i == "employees" else WAN) for c in row]
        for i, row in bounds.items()
    ]
    possible = {plain(bounds, dict(zip(bounds, point, strict=True))) for point in itertools.product(*tried)}
    found = size(EXAMPLES[category], **known, edition=EDITION)
    assert set(found.possible) == possible
    assert (found.size_class is not None) == (len(possible) == 1)
    assert found.large_ruled_out == ("large" not in possible)


def test_without_an_industry_every_class_is_possible_and_nothing_is_ruled_out() -> None:
    found = size(None, 5, 0, 0, EDITION)
    assert found.possible == CLASSES and found.covered is None and not found.large_ruled_out
    assert found.unknown == ("industry_code",)


def test_a_missing_fact_is_never_taken_for_micro() -> None:
    found = size("C3511", None, 2000 * WAN, None, EDITION)
    assert found.possible == ("medium", "small", "micro") and found.size_class is None
    assert found.large_ruled_out and found.unknown == ("employees",)


def test_a_missing_fact_that_cannot_matter_leaves_one_class() -> None:
    assert size("C3511", 19, None, None, EDITION).size_class == "micro"


@pytest.mark.parametrize("code", ["J6610", "G5310", "K7040", "P8310", "Q8411", "S9111", "T9710"])
def test_what_the_standard_leaves_out_is_not_covered(code: str) -> None:
    found = size(code, 10, 10, 10, EDITION)
    assert found.covered is False and found.possible == () and not found.large_ruled_out


def test_a_code_too_short_to_tell_keeps_every_category() -> None:
    assert categories_of("G59", EDITION) == {"transport", "storage"}
    assert NOT_COVERED in categories_of("K70", EDITION)
    assert size("K70", 5, 0, 0, EDITION).covered is None
    assert size("G59", 19, 0, 0, EDITION).size_class == "micro"
