"""The tenant context: which database role and which range of regions a transaction acts in.

Everything is set with SET LOCAL inside a transaction that the caller's `with` holds, so nothing can
leak to the next user of a pooled connection, and without a context nobody sees anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

from tenancy.access import Actor, system_actor
from tenancy.rls import ENTERPRISE, NATION, OFFICE, PUBLIC

_SETTINGS = ("app.lo", "app.hi", "app.ancestors", "app.enterprise")


def ancestors(path: str) -> list[str]:
    """The paths above `path`: '65/6527/652701/' has '65/' and '65/6527/'."""
    labels = path.rstrip("/").split("/")
    return ["/".join(labels[:n]) + "/" for n in range(1, len(labels))]


@contextmanager
def _local(
    role: str, values: tuple[str, str, str, str], using: str, snapshot: bool = False
) -> Iterator[None]:
    connection = connections[using]
    with transaction.atomic(using=using):
        nested = len(connection.savepoint_ids) > 0
        with connection.cursor() as cursor:
            before = None
            if snapshot and not nested:
                # PostgreSQL takes it before the first question alone, so before the context is set.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if nested:
                cursor.execute(
                    "SELECT current_user, " + ", ".join(f"current_setting('{s}', true)" for s in _SETTINGS)
                )
                before = cursor.fetchone()
            _set(cursor, role, values)
        yield
        # SET LOCAL outlives the release of a savepoint, so a nested block puts back what was; when an
        # exception leaves the block, rolling back to the savepoint does it.
        if before is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                _set(cursor, before[0], tuple(v or "" for v in before[1:]))


def _set(cursor: object, role: str, values: tuple[str, ...]) -> None:
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT set_config('role', %s, true), "
        + ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS),
        [role, *values],
    )


@contextmanager
def acting(actor: Actor, *, using: str = "default", snapshot: bool = False) -> Iterator[None]:
    """Act as `actor`: rows of the actor's region and below; for an enterprise's user, its own rows.

    Opens a transaction (or a savepoint in one). Causes one query, two where nested. With `snapshot` every
    question inside sees the data of one moment (REPEATABLE READ); an outer transaction decides for its
    own, so ask for it at the outermost.
    """
    above = ",".join(ancestors(actor.region_path))
    if actor.role == "enterprise":
        with _local(ENTERPRISE, ("", "", above, str(actor.enterprise_id or "")), using, snapshot):
            yield
    else:
        path = actor.region_path
        with _local(OFFICE, (path, path + "~", above, ""), using, snapshot):
            yield


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


@contextmanager
def anybody(*, using: str = "default") -> Iterator[None]:
    """What may be read without signing in: notices, announcements and titles, by their public columns."""
    with _local(PUBLIC, ("", "", "", ""), using):
        yield


@contextmanager
def nation(*, using: str = "default") -> Iterator[None]:
    """Act on the whole country: for jobs and commands alone, the web's login has no such role."""
    with _local(NATION, ("", "", "", ""), using):
        yield
