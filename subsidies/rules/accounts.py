"""The accounts of a budget pool and the moves between them; each posting takes an amount from one and gives it to another.

    budget → free → reserved → committed → ordered → paid → recovering → recovered
                                                       outside → interest

`budget` and `outside` are where money comes from, so they are negative; no other account ever is. A correction is a
reversal, which mirrors one posting.
"""

from __future__ import annotations

from types import MappingProxyType

ACCOUNTS = (
    "budget",
    "free",
    "reserved",
    "committed",
    "ordered",
    "paid",
    "recovering",
    "recovered",
    "outside",
    "interest",
)
SOURCES = frozenset({"budget", "outside"})
REVERSE = "reverse"
#: kind → (from, to); all but the first two belong to an award
MOVES = MappingProxyType(
    {
        "fund": ("budget", "free"),
        "cut": ("free", "budget"),
        "reserve": ("free", "reserved"),
        "release": ("reserved", "free"),
        "commit": ("reserved", "committed"),
        "give_up": ("committed", "free"),
        "order": ("committed", "ordered"),
        "bounce": ("ordered", "committed"),
        "pay": ("ordered", "paid"),
        "reclaim": ("paid", "recovering"),
        "receive": ("recovering", "recovered"),
        "interest": ("outside", "interest"),
    }
)
OF_THE_POOL = frozenset({"fund", "cut"})
#: kinds that nobody does for an award for which the same person did one of these before
APART = MappingProxyType(
    {
        "commit": ("reserve",),
        "order": ("reserve", "commit"),
        "pay": ("reserve", "commit"),
    }
)
#: fen; more than all the money there is
MOST = 10**13
