"""What a year's overlay makes of an edition, and what it may not say."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from cultivation import editions
from cultivation.rules import edition as rules
from cultivation.rules.overlay import laid_over
from cultivation.rules.reading import EditionError

HEAD = {
    "id": "TEST/1",
    "document": {
        "number": "测试〔2027〕1 号",
        "part": {"zh": "附件", "en": "annex"},
        "title": {"zh": "测试", "en": "Test"},
        "issued_on": date(2027, 1, 1),
    },
    "valid_from": date(2027, 1, 1),
    "valid_until": date(2027, 12, 31),
}


def base():
    path = editions.FOLDER / "little_giant-2022-63.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def condition(code, **more):
    made = next(each for each in base()["conditions"] if each["code"] == "DEBT") | {"code": code}
    return made | more


def loaded(**over):
    return rules.load(laid_over(base(), HEAD | over), editions.sizes())


def test_a_condition_with_a_known_code_takes_the_place_of_that_one():
    made = loaded(conditions=[condition("DEBT", test={"fact": "debt_ratio", "le": "60%"})])
    assert made.codes == rules.load(base(), editions.sizes()).codes
    assert made.element("DEBT").test.operand * 100 == 60


def test_a_new_condition_is_required_besides_all_others_and_counts_as_one_element():
    made = loaded(conditions=[condition("NEW")])
    assert "NEW" in made.passes.parts
    assert made.counted["NEW"] == "NEW"


def test_a_condition_that_falls_away_is_neither_required_nor_counted():
    made = loaded(without=["DEBT"])
    assert "DEBT" not in made.codes
    assert "DEBT" not in made.counted


def test_where_one_way_of_several_is_enough_a_new_condition_is_required_besides():
    under = base()
    under["passes"] = {"any": [under["passes"], "DEBT"]}
    over = laid_over(under, HEAD | {"conditions": [condition("NEW")]})
    assert over["passes"] == {"all": [under["passes"], "NEW"]}


def test_the_edition_underneath_stays_as_it_was():
    under = base()
    laid_over(under, HEAD | {"without": ["DEBT"], "conditions": [condition("NEW")]})
    assert under == base()


@pytest.mark.parametrize(
    ("over", "where", "code"),
    [
        ("text", "overlay", "not_a_mapping"),
        (HEAD | {"tier": "innovative"}, "overlay", "key_unknown"),
        ({key: value for key, value in HEAD.items() if key != "id"}, "overlay", "key_missing"),
        (HEAD | {"without": ["NOBODY"]}, "without", "unknown_code"),
        (HEAD | {"without": "DEBT"}, "without", "list_needed"),
        (HEAD | {"conditions": {}}, "conditions", "list_needed"),
        (HEAD | {"conditions": ["DEBT"]}, "conditions[0]", "not_a_mapping"),
        (HEAD | {"conditions": [{"label": "?"}]}, "conditions[0]", "key_missing"),
        (HEAD | {"without": ["DEBT"], "conditions": [condition("DEBT")]}, "conditions[0]", "code_twice"),
    ],
)  # fmt: skip
def test_what_an_overlay_may_not_say_is_refused_at_its_place(over, where, code):
    with pytest.raises(EditionError) as refused:
        laid_over(base(), over)
    assert (refused.value.where, refused.value.code) == (where, code)
