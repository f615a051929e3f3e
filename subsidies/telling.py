"""What the awards tell to whom: notes for the inbox."""

from __future__ import annotations

import datetime as dt

from tenancy.inbox import Note


def broken(place: str, faults: int, on: dt.date) -> list[Note]:
    """To who answers for the money of a place and to who audits it, once a day while it lasts."""
    return [
        Note("ledger.broken", on.isoformat(), place, role=role, params={"n": faults})
        for role in ("finance", "auditor")
    ]
