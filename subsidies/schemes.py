"""Reads the policies' award schemes from `fixtures/schemes/`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from subsidies.rules import schemes as rules
from subsidies.rules import workflow
from subsidies.rules.local import base_of
from subsidies.rules.schemes import Policy, Scheme
from subsidies.rules.workflow import Terms

_FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
FOLDER = _FIXTURES / "schemes"
_TITLES = "titles.yaml"


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def documents() -> dict[str, Any]:
    """Policy → what its file says; not to be changed."""
    paths = [p for p in sorted(FOLDER.glob("*.yaml")) if p.name != _TITLES and ".golden" not in p.name]
    return {document["id"]: document for document in map(_read, paths)}


@lru_cache(maxsize=1)
def policies() -> tuple[Policy, ...]:
    """All policies, by the code of their place."""
    return tuple(sorted(map(rules.load, documents().values()), key=lambda p: (p.region, p.id)))


@lru_cache(maxsize=1)
def valid_years() -> dict[str, int | None]:
    """For how many years each title holds."""
    return dict(_read(FOLDER / _TITLES))


@lru_cache(maxsize=1)
def by_code() -> dict[str, tuple[Policy, Scheme]]:
    """Every scheme of the written policies with its policy."""
    return {scheme.code: (policy, scheme) for policy in policies() for scheme in policy.schemes}


def base(code: str) -> tuple[Policy, Scheme] | None:
    """The scheme of a code in the written policies, of a top-up the one that it tops up; None for none."""
    return by_code().get(base_of(code))


@lru_cache(maxsize=1)
def _terms() -> tuple[Terms, ...]:
    return workflow.load_terms(read_terms("awards.yaml"))


def read_terms(name: str) -> Any:
    """What a file of `fixtures/terms/` says."""
    return _read(_FIXTURES / "terms" / name)


def terms(on: date) -> Terms:
    """How awards are decided on a day. LookupError where nothing was set yet."""
    return workflow.in_force(_terms(), on)
