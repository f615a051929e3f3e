"""Money as officials read and type it."""

from __future__ import annotations

import re
from fractions import Fraction


def in_wan(fen: int) -> str:
    """Fen in 万元, exactly and as short as it goes: 25 万元 is `25`, 25 万 1 分 `25.000001`."""
    sign, fen = ("−", -fen) if fen < 0 else ("", fen)
    whole, rest = divmod(fen, 1_000_000)
    return f"{sign}{whole:,}" + (f".{rest:06d}".rstrip("0") if rest else "")


def in_yuan(fen: int) -> str:
    """Fen in yuan with two places: `250,000.00`."""
    sign, (whole, rest) = "−" if fen < 0 else "", divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def from_wan(text: str) -> int | None:
    """What somebody has typed in 万元, as fen: `25`, `1,250.5`; None for what is no amount or finer than a fen."""
    flat = text.strip().translate(_FLAT)
    if not re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})*(\.[0-9]{1,6})?|[0-9]{1,10}(\.[0-9]{1,6})?", flat):
        return None
    return int(Fraction(flat.replace(",", "")) * 1_000_000)


_FLAT = str.maketrans("０１２３４５６７８９．，", "0123456789.,")
