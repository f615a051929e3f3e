"""Large writes of one place take turns, so that two of them never wait for each other's rows in a circle."""

from __future__ import annotations

from django.db import connection

from tenancy.context import ancestors


def take_turn(region: str) -> None:
    """Waits until no other large write runs in this region, above it or below it; held to the transaction's end.

    A lock of one's own place keeps out the same place, shared locks of the places above keep out theirs.
    """
    with connection.cursor() as cursor:
        for place in ancestors(region):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 7003))", [place])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7003))", [region])
