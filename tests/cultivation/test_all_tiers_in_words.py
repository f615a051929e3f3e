"""Whatever an enterprise has, every edition is explained without a gap and without a word of ours."""

from __future__ import annotations

import random
import re

import pytest
from django.utils import translation

from cultivation import editions
from cultivation.fact_names import fact_name
from cultivation.rules.judge import judge
from cultivation.stored import fact_codes
from cultivation.wording import explain

from .test_tiers import ON, case

EDITIONS = [edition.id for edition in editions.published()]
#: a code with an underscore, Python's own marks, or an unknown value that is shown as if it were one
OURS = re.compile(r"[a-z0-9]+_[a-z]|[{}\[\]]|\bNone, |True|False|Decimal|Fraction|datetime|\dE[+-]?\d")


def texts(explained):
    yield from (explained.sentence, explained.nearest, explained.basis, explained.score, *explained.steps)
    for row in explained.rows:
        yield from (row.label, row.clause, row.tag, row.have, row.standard, row.points, row.next, row.note)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", EDITIONS)
def test_every_edition_is_explained_in_words_of_the_field(code, language):
    edition, draw = editions.by_id(code), random.Random(code)
    with translation.override(language):
        for _n in range(150):
            facts = case(draw)
            explained = explain(edition, facts, judge(edition, facts, ON), 2025)
            for text in texts(explained):
                assert isinstance(text, str) and not OURS.search(text), text


@pytest.mark.parametrize("code", EDITIONS)
def test_every_fact_of_every_edition_has_a_name(code):
    for fact in fact_codes(editions.by_id(code)):
        assert not OURS.search(fact_name(fact, 2025)), fact


@pytest.mark.parametrize("code", EDITIONS)
def test_an_element_that_is_unknown_names_what_is_lacking(code):
    edition = editions.by_id(code)
    facts = dict.fromkeys(fact_codes(edition))
    explained = explain(edition, facts, judge(edition, facts, ON), 2025)
    for row in explained.rows:
        if row.outcome == "unknown" and row.group != "line":
            assert row.next, row.code
