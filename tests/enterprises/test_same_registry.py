"""Two hundred costumes of the same five hundred enterprises give the same registry."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from enterprises.actions import import_workbook
from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.fields import ENTERPRISE_FIELDS, FIGURE_FIELDS
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE
from tests.enterprises import costumes

pytestmark = pytest.mark.django_db
VARIANTS, AT_ONCE = 200, 20
#: every writer and every depth of header is among the first forty; the others take minutes
_SOME: list[Any] = [0, 20]
_REST: list[Any] = [pytest.param(n, marks=pytest.mark.long) for n in range(40, VARIANTS, AT_ONCE)]
_ENTERPRISE = [
    "uscc",
    "name",
    "region_id",
    "established_month_only",
    *(f.code for f in ENTERPRISE_FIELDS if f.code != "name"),
]
_FIGURES = ["enterprise__uscc", "year", *(f.code for f in FIGURE_FIELDS)]


def _import(by: Actor, n: int, **how: bool) -> Any:
    with acting(by):
        return import_workbook(by=by, region=BOLE, year=costumes.YEAR, file=costumes.variant(n, **how))


def _registry(by: Actor) -> list[tuple[Any, ...]]:
    with acting(by):
        return [
            *Enterprise.objects.order_by("uscc").values_list(*_ENTERPRISE),
            *AnnualFigures.objects.order_by("enterprise__uscc", "year").values_list(*_FIGURES),
        ]


def _expected() -> dict[str, costumes.Facts]:
    return {firm["uscc", 0]: firm for firm in costumes.firms()}


def test_the_first_costume_gives_every_fact_as_it_was_meant(county_bole: Actor) -> None:
    result = _import(county_bole, 0, whole=True, exact_names=True)
    assert (result.rows, result.created, result.failed) == (costumes.COUNT, costumes.COUNT, 0)
    expected = _expected()
    with acting(county_bole):
        for row in Enterprise.objects.values("uscc", "region_id", *(f.code for f in ENTERPRISE_FIELDS)):
            firm = expected[row["uscc"]]
            assert row["region_id"] == BOLE
            assert {f.code: firm[f.code, 0] for f in ENTERPRISE_FIELDS} == {
                f.code: row[f.code] for f in ENTERPRISE_FIELDS
            }
        for row in AnnualFigures.objects.values(*_FIGURES):
            firm, back = expected[row["enterprise__uscc"]], costumes.YEAR - row["year"]
            for fact in FIGURE_FIELDS:
                meant = firm.get((fact.code, back))
                stored = row[fact.code]
                assert stored == (meant if meant is None or fact.kind != "money" else Decimal(meant) / 100), (
                    row,
                    fact.code,
                )


@pytest.mark.parametrize("first", _SOME + _REST)
def test_another_costume_of_what_is_there_changes_nothing(county_bole: Actor, first: int) -> None:
    _import(county_bole, 0, whole=True, exact_names=True)
    before = _registry(county_bole)
    for n in range(first, first + AT_ONCE):
        result = _import(county_bole, n)
        wrong = [(p.code, p.row, p.column, p.header, p.value) for p in result.problems if p.is_error]
        assert (wrong, result.rows, result.unchanged) == ([], costumes.COUNT, costumes.COUNT), (
            n,
            costumes.writers.KINDS[n % 11],
        )
    assert _registry(county_bole) == before


@pytest.mark.parametrize("n", [13, 26, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 39, 53, 70))])
def test_another_costume_in_an_empty_registry_gives_the_same_one(county_bole: Actor, n: int) -> None:
    with transaction.atomic():
        _import(county_bole, 0, whole=True, exact_names=True)
        meant = _registry(county_bole)
        transaction.set_rollback(True)
    assert _registry(county_bole) == []
    assert _import(county_bole, n, whole=True, exact_names=True).created == costumes.COUNT
    assert _registry(county_bole) == meant
