"""The API holds what its document says, for each role: no 500, no answer outside the schema, no foreign row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenancy.access import Actor
from tenancy.rules.roles import ROLES
from tests.api_machine import FOREIGN, OPERATIONS, app_for, ask, headers_of, world  # noqa: F401
from tests.conftest import XINJIANG

pytestmark = pytest.mark.django_db
PEOPLE = [role for role in ROLES if role != "system"]


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_gets_what_the_document_says_and_nothing_foreign(
    role: str,
    label: str,
    world: dict[str, list[Any]],  # noqa: F811
    person: Callable[..., Actor],
    client: Client,
) -> None:
    ask(role, label, world, person, client, examples=16)


def test_the_foreign_rows_are_there_for_who_may_see_them(
    world: dict[str, list[Any]],  # noqa: F811
    person: Callable[..., Actor],
    client: Client,
) -> None:
    """Or the test above would look for something that nobody could find."""
    actor = person("region.machine", "region", XINJIANG)
    case = OPERATIONS["GET /api/enterprises/"].Case()
    assert FOREIGN in case.call(app=app_for(headers_of(actor, client)), base_url="http://localhost").text
