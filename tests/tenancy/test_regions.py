"""A region's path is for good, so what lies in a region can be proven once for each statement."""

from __future__ import annotations

import psycopg2
import pytest
from django.db import IntegrityError, connection, transaction

from enterprises.models import Enterprise
from tenancy.access import system_actor
from tenancy.context import acting
from tests.conftest import BOLE, _owner_connect
from tests.enterprises import books

pytestmark = pytest.mark.django_db

#: below Bole, so that its policy lets it pass
NOWHERE = f"{BOLE}999999/"


def _enterprise(n: int, region: str) -> Enterprise:
    made = Enterprise(uscc=books.code(n), region_id=region)
    made.set_name(f"第{n}号公司")
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM tenancy_region WHERE path = %s",
        "UPDATE tenancy_region SET path = path || 'x/' WHERE path = %s",
        "TRUNCATE tenancy_region CASCADE",
    ],
)
def test_a_region_is_neither_deleted_nor_renamed_even_by_the_owner(statement: str) -> None:
    owner = _owner_connect(str(connection.settings_dict["NAME"]))
    try:
        with owner.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE tenancy_region SET path = path, name = '博乐' WHERE path = %s", [BOLE])
            with pytest.raises(psycopg2.IntegrityError, match="append-only"):
                cursor.execute(statement, [BOLE] if "%s" in statement else [])
    finally:
        owner.rollback()
        owner.close()


def test_no_enterprise_lies_in_a_region_that_does_not_exist() -> None:
    with acting(system_actor(BOLE)):
        with pytest.raises(IntegrityError, match=NOWHERE), transaction.atomic():
            Enterprise.objects.bulk_create([_enterprise(1, BOLE), _enterprise(2, NOWHERE)])
        assert not Enterprise.objects.exists()
        _enterprise(1, BOLE).save()


def test_none_moves_to_such_a_region_either() -> None:
    with acting(system_actor(BOLE)):
        _enterprise(1, BOLE).save()
        with pytest.raises(IntegrityError, match=NOWHERE), transaction.atomic():
            Enterprise.objects.update(region_id=NOWHERE)
        assert Enterprise.objects.get().region_id == BOLE
