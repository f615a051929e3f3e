"""The pool of the tests of the ledger, and one over rows that are really committed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tenancy.access import Actor
from tests.at_once import officer
from tests.conftest import XINJIANG
from tests.cultivation.test_recognising import clock  # noqa: F401

from .desk import TODAY, Desk
from .office import Office
from .till import ROLES, Till


@pytest.fixture
def till(person: Callable[..., Actor]) -> Till:
    return Till({name: person(name, role, XINJIANG) for name, role in ROLES.items()})


@pytest.fixture
def shared(committed: None) -> Till:
    return Till({name: officer(name, role, XINJIANG) for name, role in ROLES.items()}, fund=1_000)


@pytest.fixture
def finance(person: Callable[..., Actor]) -> Actor:
    return person("finance.65", "finance", XINJIANG)


@pytest.fixture
def desk(db: None, person: Callable[..., Actor], clock: Callable[[dt.date], None]) -> Desk:  # noqa: F811
    clock(TODAY)
    made = Desk(person)
    made.register = made.provider()
    return made


@pytest.fixture
def office(person: Callable[..., Actor]) -> Office:
    return Office(person)
