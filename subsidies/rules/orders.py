"""The number of a payment order as it stands in a cell, or inside the text that a bank sends back."""

from __future__ import annotations

import re

from enterprises.rules.text import half_width

#: as they are made: twelve of the characters that nobody misreads, with a letter among them
_NUMBER = r"(?<![0-9A-Z])(?=[0-9]*[A-Z])[2-9A-HJKMNP-Z]{12}(?![0-9A-Z])"
_ANY = re.compile(_NUMBER)
_NAMED = re.compile(rf"拨付单(?:编?号)?[\s:.#]*({_NUMBER})")


def numbers_in(text: str) -> list[str]:
    """The numbers of orders in a text, those behind the word 拨付单 where there are any."""
    flat = half_width(text).upper()
    return list(dict.fromkeys(_NAMED.findall(flat) or _ANY.findall(flat)))


def number_of(cell: str | None, memo: str | None) -> tuple[str | None, str]:
    """The number that a row is about, by its own cell or else by the text; or the code of what is wrong."""
    if cell:
        found = numbers_in(cell)
        return found[0] if len(found) == 1 else re.sub(r"\s", "", half_width(cell)).upper(), ""
    found = numbers_in(memo or "")
    if len(found) == 1:
        return found[0], ""
    if found:
        return None, "orders_several"
    return None, "order_not_in_text" if memo else "value_missing"
