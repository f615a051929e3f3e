"""Drawing by lot so that anybody can draw again: the order follows from the seed and the codes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def lot(seed: str, code: str) -> str:
    """What decides the place of a code in the order."""
    return hashlib.sha256(f"{seed}\n{code}".encode()).hexdigest()


def draw(seed: str, codes: Iterable[str], count: int) -> list[str]:
    """`count` of the codes, or all where there are fewer; the same for the same seed, whatever their order was.

    A larger draw with the same seed holds the smaller one.
    """
    return sorted(set(codes), key=lambda code: lot(seed, code))[: max(0, count)]


def fingerprint(codes: Iterable[str]) -> str:
    """What tells whether two draws had the same codes before them."""
    return hashlib.sha256("\n".join(sorted(set(codes))).encode()).hexdigest()
