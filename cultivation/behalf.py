"""Who may act for an applicant: the enterprise itself, or its county on its behalf."""

from __future__ import annotations

from cultivation.rules.workflow import FILE
from tenancy.access import Actor, speaks_for


def may_file(by: Actor, region: str, enterprise_id: int) -> None:
    """Raises Denied unless the actor speaks for this enterprise, or files for the enterprises of its region."""
    speaks_for(by, "own.apply", FILE, enterprise_id, region)
