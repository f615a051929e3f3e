"""What an applicant does: the enterprise itself, or its county on its behalf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from cultivation.rules.workflow import FILE
from tenancy.access import Actor, Denied, require, system_actor
from tenancy.context import acting


def may_file(by: Actor, region: str, enterprise_id: int) -> None:
    """Raises Denied unless the actor speaks for this enterprise, or files for the enterprises of its region."""
    if by.can("own.apply"):
        if by.enterprise_id != enterprise_id:
            raise Denied(FILE, region)
        return
    require(by, FILE, region)


@contextmanager
def writing(by: Actor, region: str) -> Iterator[None]:
    """A transaction in which the act may write: an enterprise's own user may only read, so what it was
    permitted above is written in the scope of its county."""
    with transaction.atomic():
        if by.role == "enterprise":
            with acting(system_actor(region, origin=by.origin)):
                yield
        else:
            yield
