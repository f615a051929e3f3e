"""The golden cases that stand beside each policy with money."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from subsidies import schemes
from subsidies.rules.arbiter import Event, arbitrate

CASES = [
    pytest.param(path, case, id=f"{path.name}: {case['name']}")
    for path in sorted(schemes.FOLDER.glob("*.golden.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def fen(value: Any) -> int | None:
    return None if value is None else int(Decimal(f"{value:.2f}") * 100)


def event(item: dict[str, Any]) -> Event:
    kind = "recognition" if "recognition" in item else "claim"
    rest = {
        name: item[name] for name in ("how", "revoked_on", "other_policy", "project", "prize") if name in item
    }
    return Event(
        id=item["id"], kind=kind, title=item[kind], on=item["day"], decided=fen(item.get("decided")),
        received=fen(item.get("received")), **rest,
    )  # fmt: skip


@pytest.mark.parametrize(("path", "case"), CASES)
def test_a_policy_answers_its_golden_cases(path: Path, case: dict[str, Any]) -> None:
    data = yaml.safe_load(Path(str(path).replace(".golden", "")).read_text(encoding="utf-8"))
    (policy,) = [p for p in schemes.policies() if p.id == data["id"]]
    found = arbitrate([policy], [event(e) for e in case["events"]], case["day"], schemes.valid_years())
    assert {f"{d.event} {d.scheme}": d.amount for d in found.due} == {
        key: fen(amount) for key, amount in case["due"].items()
    }
    assert {f"{r.event} {r.scheme}": r.reason for r in found.refused} == case["refused"]


def test_every_scheme_that_pays_stands_in_a_golden_case() -> None:
    told = {key.split()[1] for case in CASES for part in ("due", "refused") for key in case.values[1][part]}
    paying = {scheme.code for policy in schemes.policies() for scheme in policy.schemes}
    assert paying <= told
