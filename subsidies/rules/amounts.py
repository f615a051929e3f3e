"""Money as officials read it."""

from __future__ import annotations


def in_wan(fen: int) -> str:
    """Fen in 万元, exactly and as short as it goes: 25 万元 is `25`, 25 万 1 分 `25.000001`."""
    sign, fen = ("−", -fen) if fen < 0 else ("", fen)
    whole, rest = divmod(fen, 1_000_000)
    return f"{sign}{whole:,}" + (f".{rest:06d}".rstrip("0") if rest else "")
