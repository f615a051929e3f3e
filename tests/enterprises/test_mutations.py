"""A sample of the mutated workbooks; `tests/long/test_mutations.py` reads a hundred thousand."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT
from tests.enterprises import mutations

SAMPLE = 400


def read_in_child(first: int, count: int, timeout: int) -> tuple[int, int, int]:
    """(read, refused, peak in MB); a broken reader shows its mutation's number in the output."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.enterprises.mutations", str(first), str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    read, refused, peak = map(int, done.stdout.split())
    return read, refused, peak


def test_mutated_workbooks_are_read_or_refused_within_limits() -> None:
    read, refused, peak = read_in_child(1, SAMPLE, 300)
    assert read + refused == SAMPLE and min(read, refused) > SAMPLE // 10
    assert peak < mutations.MOST_MEMORY >> 20


def test_the_same_number_is_always_the_same_mutation() -> None:
    mutations.seeds.cache_clear()
    first = [len(mutations.mutated(n)[1]) for n in range(30)]
    assert first == [len(mutations.mutated(n)[1]) for n in range(30)] and len(set(first)) > 10
