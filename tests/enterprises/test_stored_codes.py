"""What the database itself lets into the column of codes, whoever writes it."""

import pytest
from django.db import IntegrityError, transaction

from enterprises.models import Enterprise
from tenancy.context import nation
from tests.conftest import BOLE


def stored(code: str) -> bool:
    made = Enterprise(uscc=code, region_id=BOLE)
    made.set_name("博乐市某机械有限公司")
    try:
        with nation(), transaction.atomic():
            made.save()
    except IntegrityError as refused:
        assert "enterprise_uscc_shape" in str(refused)
        return False
    return True


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["91652701L9ENYBC55H", "0" * 18, "Y" * 18, "652701123456789"])
def test_a_code_of_eighteen_or_a_number_of_fifteen_is_stored(code: str) -> None:
    assert stored(code)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "code",
    [
        "",
        "91652701L9ENYBC55",  # seventeen
        "6527011234567890",  # sixteen
        "65270112345678",  # fourteen
        "65270112345678A",  # fifteen with a letter
        *(f"91652701L9ENYBC55{letter}" for letter in "IOSVZ"),
        "91652701l9enybc55h",
        "９1652701L9ENYBC55H",
        "91652701L9ENYBC55\n",
        "\n91652701L9ENYBC55",
        "65270112345678\n",
    ],
)
def test_no_other_code_is_stored(code: str) -> None:
    assert not stored(code)
