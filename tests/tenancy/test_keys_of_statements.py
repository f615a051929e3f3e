"""A key that is proven once for each statement keeps every promise of a foreign key that carries the tenant."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.db import IntegrityError, connection, transaction
from psycopg2 import errors

from enterprises.models import AnnualFigures, Enterprise
from tenancy.access import Actor, system_actor
from tenancy.context import acting
from tests.conftest import BOLE, BORTALA, JINGHE, _owner_connect, create_database, drop_database
from tests.enterprises import books

pytestmark = pytest.mark.django_db


def _enterprise(n: int, region: str = BOLE) -> Enterprise:
    made = Enterprise(uscc=books.code(n), region_id=region)
    made.set_name(f"第{n}号公司")
    made.save()
    return made


def _figures(of: Enterprise, year: int = 2025, region: str = "") -> AnnualFigures:
    return AnnualFigures(enterprise=of, region_id=region or of.region_id, year=year)


@pytest.fixture
def bortala() -> Iterator[None]:
    with acting(system_actor(BORTALA)):
        yield


def test_of_many_figures_one_in_another_region_than_its_enterprise_refuses_all(bortala: None) -> None:
    ones = [_enterprise(n) for n in range(3)]
    stray = [*map(_figures, ones), _figures(ones[0], 2024, JINGHE)]
    with pytest.raises(IntegrityError, match="another region"), transaction.atomic():
        AnnualFigures.objects.bulk_create(stray)
    assert not AnnualFigures.objects.exists()
    AnnualFigures.objects.bulk_create(stray[:3])


def test_figures_of_no_enterprise_are_refused(bortala: None) -> None:
    of = _enterprise(1)
    Enterprise.objects.filter(pk=of.pk).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        AnnualFigures.objects.bulk_create([_figures(of)])


def test_figures_move_to_another_county_with_their_enterprise(bortala: None) -> None:
    moved, stays = _enterprise(1), _enterprise(2)
    AnnualFigures.objects.bulk_create([_figures(moved), _figures(moved, 2024), _figures(stays)])
    Enterprise.objects.filter(pk=moved.pk).update(region_id=JINGHE)
    found = AnnualFigures.objects.order_by("enterprise_id", "year").values_list("enterprise_id", "region_id")
    assert list(found) == [(moved.pk, JINGHE), (moved.pk, JINGHE), (stays.pk, BOLE)]


@pytest.mark.parametrize("change", ["region_id", "enterprise_id"])
def test_figures_do_not_leave_their_enterprise(bortala: None, change: str) -> None:
    own, neighbour = _enterprise(1), _enterprise(2, JINGHE)
    AnnualFigures.objects.bulk_create([_figures(own)])
    to = {"region_id": JINGHE, "enterprise_id": neighbour.pk}[change]
    with pytest.raises(IntegrityError, match="another region"), transaction.atomic():
        AnnualFigures.objects.update(**{change: to})
    # Both at once is another enterprise's row, in its region.
    AnnualFigures.objects.update(region_id=JINGHE, enterprise_id=neighbour.pk)


def test_an_enterprise_that_has_figures_is_not_deleted_without_them(bortala: None) -> None:
    of = _enterprise(1)
    AnnualFigures.objects.bulk_create([_figures(of)])
    with (
        pytest.raises(IntegrityError, match="still has"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM enterprises_enterprise WHERE id = %s", [of.pk])
    Enterprise.objects.get(pk=of.pk).delete()
    assert not AnnualFigures.objects.exists()


def test_a_county_cannot_attach_figures_to_a_neighbours_enterprise(
    county_bole: Actor, county_jinghe: Actor
) -> None:
    with acting(county_jinghe):
        foreign = _enterprise(1, JINGHE)
    with acting(county_bole), pytest.raises(IntegrityError), transaction.atomic():
        AnnualFigures.objects.bulk_create([_figures(foreign, region=BOLE)])


# --- two connections -------------------------------------------------------------------------------

INSERT = (
    "INSERT INTO enterprises_annualfigures (enterprise_id, region_id, year, source_file, source_sheet, "
    "version, created_at, updated_at) SELECT id, '65/6527/652701/', 2025, '', '', 0, now(), now() "
    "FROM enterprises_enterprise WHERE uscc = %s"
)
MOVE = "UPDATE enterprises_enterprise SET region_id = '65/6527/652722/' WHERE uscc = %s"
DELETE = "DELETE FROM enterprises_enterprise WHERE uscc = %s"


@pytest.fixture
def two(
    django_db_blocker: Any, template_database: str, django_db_setup: None
) -> Iterator[Callable[[str, str], Any]]:
    """Runs the second statement while the first has not yet committed: what became of it and of the rows."""
    name = f"tidu_test_keys_{os.getpid()}"
    create_database(name, template=template_database)
    code = books.code(1)

    def run(first: str, second: str) -> tuple[type[Exception] | None, list[Any]]:
        one, other = _owner_connect(name), _owner_connect(name)
        ended: list[type[Exception] | None] = []
        with one.cursor() as cursor:
            cursor.execute(
                "INSERT INTO enterprises_enterprise (uscc, name, name_key, pinyin, initials, region_id, state, "
                "source_file, source_sheet, version, established_month_only, public_id, created_at, updated_at) "
                "VALUES (%s, '甲', '甲', 'jia', 'j', '65/6527/652701/', 'active', '', '', 0, false, 'X', now(), now())",
                [code],
            )
            cursor.execute("BEGIN")
            cursor.execute(first, [code])
            waits = threading.Thread(target=lambda: ended.append(_tried(other, second, code)))
            waits.start()
            waits.join(0.4)
            assert waits.is_alive(), "the second did not wait for the first"
            cursor.execute("COMMIT")
            waits.join(10)
            cursor.execute(
                "SELECT e.region_id, f.region_id FROM enterprises_enterprise e "
                "FULL JOIN enterprises_annualfigures f ON f.enterprise_id = e.id"
            )
            rows = cursor.fetchall()
        one.close()
        other.close()
        return ended[0], rows

    try:
        yield run
    finally:
        drop_database(name, beside=template_database)


def _tried(on: psycopg2.extensions.connection, statement: str, code: str) -> type[Exception] | None:
    try:
        with on.cursor() as cursor:
            cursor.execute(statement, [code])
    except psycopg2.Error as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("first", "second", "becomes", "rows"),
    [
        (INSERT, MOVE, None, [(JINGHE, JINGHE)]),
        (MOVE, INSERT, errors.ForeignKeyViolation, [(JINGHE, None)]),
        (INSERT, DELETE, errors.ForeignKeyViolation, [(BOLE, BOLE)]),
        (DELETE, INSERT, errors.ForeignKeyViolation, []),
    ],
    ids=["figures then a move", "a move then figures", "figures then a deletion", "a deletion then figures"],
)
def test_of_two_at_once_the_later_waits_and_no_figure_is_left_behind(
    two: Callable[[str, str], Any], first: str, second: str, becomes: type[Exception] | None, rows: list[Any]
) -> None:
    assert two(first, second) == (becomes, rows)
