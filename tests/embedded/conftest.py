from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.embedded.home import Home
from portal.embedded.servers import GIVEN


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests start servers of their own, whatever the test run itself uses."""
    for name in (*GIVEN, "DATABASE_WORKER_URL", "SECRET_KEY", "TIDU_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def new_home() -> Iterator[Callable[[], Home]]:
    """Makes throw-away homes that the service user can pass through; all are removed at the end."""
    made: list[Home] = []

    def make() -> Home:
        root = Path("/tmp") / f"tidu-unit-{os.getpid()}-{secrets.token_hex(4)}"
        made.append(Home(root, throwaway=True))
        return made[-1]

    yield make
    for home in made:
        if home.root.exists():
            home.remove()
        shutil.rmtree(home.root, ignore_errors=True)
