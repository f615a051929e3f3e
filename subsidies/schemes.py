"""Reads the policies' award schemes from `fixtures/schemes/`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from subsidies.rules import schemes as rules
from subsidies.rules.schemes import Policy

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "schemes"
_TITLES = "titles.yaml"


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def policies() -> tuple[Policy, ...]:
    """All policies, by the code of their place."""
    paths = [p for p in sorted(FOLDER.glob("*.yaml")) if p.name != _TITLES and ".golden" not in p.name]
    return tuple(sorted((rules.load(_read(path)) for path in paths), key=lambda p: (p.region, p.id)))


@lru_cache(maxsize=1)
def valid_years() -> dict[str, int | None]:
    """For how many years each title holds."""
    return dict(_read(FOLDER / _TITLES))
