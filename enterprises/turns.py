"""What large writes begin with: a turn, so that two never wait for each other's rows in a circle, and new plans."""

from __future__ import annotations

from typing import Any

from django.db import connection

from tenancy.context import ancestors


def plan_anew(cursor: Any) -> None:
    """Lets go of the plans that this session keeps, before many rows are written.

    PostgreSQL plans the check of a foreign key once, by the rows of that moment. Made when a table held a
    handful, such a plan may go by the region alone, and then looks at every row for every row.
    """
    cursor.execute("DISCARD PLANS")


def take_turn(region: str) -> None:
    """Waits until no other large write runs in this region, above it or below it; held to the transaction's end.

    A lock of one's own place keeps out the same place, shared locks of the places above keep out theirs.
    """
    with connection.cursor() as cursor:
        for place in ancestors(region):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 7003))", [place])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7003))", [region])
