"""As tests/test_api_document.py, with many more requests of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenancy.access import Actor
from tests.api_machine import OPERATIONS, ask, world  # noqa: F401
from tests.test_api_document import PEOPLE

pytestmark = [pytest.mark.long, pytest.mark.django_db]


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_gets_what_the_document_says_five_hundred_times(
    role: str,
    label: str,
    world: dict[str, list[Any]],  # noqa: F811
    person: Callable[..., Actor],
    client: Client,
) -> None:
    ask(role, label, world, person, client, examples=500)
