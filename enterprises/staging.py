"""Checked records → the registry, set-based: COPY into temporary tables, then a few statements.

COPY into a protected table is refused, and row by row would cost a hundred times as much. New codes are
inserted with ON CONFLICT DO NOTHING, so a code that lies outside the importer's area (and is therefore
invisible) is simply not inserted: it is "registered elsewhere", never touched and never shown. What
exists is locked before it is compared; only rows whose content differs are written.

Records go in chunks. While the database writes one, the next is read and checked: a thread holds the
cursor, and nobody else uses the connection until `finish`. All of it is one transaction of the caller's.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from enterprises import statements
from enterprises.lines import KEYS, OF_ENTERPRISE, OF_YEAR, Copy, Plan
from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.rows import Part, Record
from enterprises.turns import plan_anew
from tenancy.threads import DatabaseThread

#: rows; the first chunk is a small one, since the database waits for it
_CHUNK, _FIRST = 5_000, 500
_MOST_CHANGES = 20_000
_DROP = (
    "DROP TABLE IF EXISTS pg_temp.in_enterprise, pg_temp.in_figures, pg_temp.in_match, pg_temp.in_change, "
    "pg_temp.in_proposal, pg_temp.in_created"
)
#: what only a comparison with enterprises that were there before needs
_FOR_COMPARING = (
    "CREATE UNIQUE INDEX ON in_enterprise (uscc)",
    "CREATE INDEX ON in_enterprise (name_key)",
    "CREATE INDEX ON in_match (id)",
)


def _columns(model: type[models.Model], codes: tuple[str, ...]) -> str:
    return ", ".join(f"{code} {model._meta.get_field(code).db_type(connection)}" for code in codes)


@dataclass
class Written:
    """What the database made of the records; `n` counts them from 1 in the order of the file."""

    created: int = 0
    updated: int = 0
    #: whether anything was registered in the area before; asked when the first new code comes
    others: bool | None = None
    #: rows whose code is registered outside the area
    elsewhere: list[int] = field(default_factory=list)
    #: rows with an open question that were not written
    held: list[int] = field(default_factory=list)
    #: (n, code of the finding, params)
    findings: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    #: (n, params) of each value that became a proposal
    proposals: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    #: (n, code, name, [field, year, before, after] …) of enterprises that were there before and changed
    changes: list[tuple[int, str, str, list[list[Any]]]] = field(default_factory=list)


@dataclass(frozen=True)
class Provenance:
    """Whose import it is, and where rows without a region column belong."""

    region: str
    officer_id: int | None
    batch_id: int | None
    file: str
    #: from a level above the county: gaps are filled, a differing value becomes a proposal
    proposing: bool = False


#: which rows wait, given what the registry says of them
Hold = Callable[[list[tuple[int, str, dict[str, Any]]]], set[int]]


@dataclass
class _Chunk:
    """Lines for the temporary tables, and which of their rows wait because of what the file itself says."""

    records: int
    copies: list[Copy]
    held: set[int]


class Staging:
    """One import on its way into the registry: record by record into chunks, chunk by chunk into the database.

    `asked` tells which rows of the newest chunk wait because of what the file itself says.
    """

    def __init__(self, source: Provenance, *, hold: Hold, asked: Callable[[int], set[int]]) -> None:
        self._source, self._hold, self._asked = source, hold, asked
        self.written = Written()
        self._running: Future[None] | None = None
        self._sent = 0
        #: of each record: its sheet's place among `parts` and its row; its code
        self.places: list[tuple[int, int]] = []
        self.codes: list[str] = []
        self.parts: list[Part] = []
        self._plans: dict[int, Plan] = {}

    def open(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_DROP)
            cursor.execute(
                "CREATE TEMP TABLE in_enterprise (n int, public_id varchar(26), uscc varchar(18), "
                'region_id varchar(60) COLLATE "C", '
                f"{_columns(Enterprise, KEYS)}, {_columns(Enterprise, OF_ENTERPRISE)}, "
                "established_month_only boolean, source_sheet varchar(100), source_row int, clears text[]) "
                "ON COMMIT DROP"
            )
            cursor.execute(
                f"CREATE TEMP TABLE in_figures (n int, year smallint, {_columns(AnnualFigures, OF_YEAR)}, "
                "clears text[]) ON COMMIT DROP"
            )
            cursor.execute(
                "CREATE TEMP TABLE in_match (n int PRIMARY KEY, id bigint, "
                'region_id varchar(60) COLLATE "C", created boolean, changed boolean DEFAULT false) ON COMMIT DROP'
            )
            cursor.execute("CREATE TEMP TABLE in_change (n int, year smallint, changes jsonb) ON COMMIT DROP")
            cursor.execute("CREATE TEMP TABLE in_created (id bigint PRIMARY KEY) ON COMMIT DROP")
            cursor.execute("CREATE UNIQUE INDEX ON in_enterprise (n)")
            cursor.execute("CREATE INDEX ON in_figures (n, year)")
        self._database = DatabaseThread("import")

    def add(self, record: Record) -> None:
        plan = self._plans.get(id(record.part)) or self._plan(record.part)
        self.places.append((plan.place, record.row))
        self.codes.append(record.uscc)
        n = len(self.places)
        plan.waiting.append((n, record))
        if n - self._sent >= (_CHUNK if self._sent else _FIRST):
            self._send()

    def sheet_row(self, n: int) -> tuple[str, int]:
        """Where the n-th record stands: sheet, and Excel's row."""
        at, row = self.places[n - 1]
        return self.parts[at].sheet, row

    def _plan(self, part: Part) -> Plan:
        plan = self._plans[id(part)] = Plan.of(part, len(self.parts))
        self.parts.append(part)
        return plan

    def _send(self) -> None:
        """Hands what is waiting to the thread, once that has done with the chunk before."""
        copies = [copy for plan in self._plans.values() for copy in plan.copies()]
        chunk = _Chunk(len(self.places) - self._sent, copies, self._asked(self._sent))
        self._sent = len(self.places)
        self._wait()
        self._running = self._database.do(_apply, chunk, self._source, self._hold, self.written)

    def _wait(self) -> None:
        if self._running is not None:
            self._running.result()

    def finish(self) -> Written:
        """Writes the rest and waits for it. Raises what the database raised."""
        if len(self.places) > self._sent:
            self._send()
        self._wait()
        return self.written

    def close(self) -> None:
        """Ends the thread, whatever happened; the caller's transaction decides what stays."""
        self._database.close()


def _copy(cursor: Any, copy: Copy) -> None:
    if copy.lines:
        file = io.BytesIO(("\n".join(copy.lines) + "\n").encode())
        # In one piece: each read has to wait for the other thread, which holds Python's lock most of the time.
        cursor.copy_expert(f"COPY {copy.table} ({', '.join(copy.columns)}) FROM STDIN", file, 1 << 26)


def _apply(cursor: Any, chunk: _Chunk, source: Provenance, hold: Hold, written: Written) -> None:
    """One chunk's statements, at most about twenty however many records it has; adds to `written`."""
    params: dict[str, Any] = {
        "region": source.region,
        "by": source.officer_id,
        "batch": source.batch_id,
        "file": source.file[:200],
        "most": max(0, _MOST_CHANGES - len(written.changes)),
    }
    plan_anew(cursor)
    cursor.execute("TRUNCATE in_enterprise, in_figures, in_match, in_change")
    for copy in chunk.copies:
        _copy(cursor, copy)
    # Behind a policy the planner expects few rows; with an index on every side no plan is quadratic.
    cursor.execute("ANALYZE in_enterprise (n, uscc, name_key), in_figures (n, year)")
    known = 0
    if written.others is not False:  # where nothing was registered, no code is known
        cursor.execute(statements.LOCK_EXISTING)
        known = cursor.rowcount
    cursor.execute("ANALYZE in_match (n, id)")
    findings = list(_findings(cursor, params, written, known, chunk.records - known))
    written.findings += findings
    held = sorted(chunk.held | hold(findings))
    if held:
        written.held += held
        for statement in statements.HOLD_BACK:
            cursor.execute(statement, {"held": held})
        cursor.execute("SELECT count(*) FROM in_match")
        (known,) = cursor.fetchone()
    if known < chunk.records - len(held):
        known += _insert_new(cursor, params, chunk.records - len(held) - known, written)
    if known:
        _merge(cursor, params, source, written)
    cursor.execute(statements.INSERT_FIGURES if known else statements.INSERT_FIRST_FIGURES, params)
    if known:
        cursor.execute("SELECT count(*) FROM in_match WHERE changed AND NOT created")
        (updated,) = cursor.fetchone()
        written.updated += updated
        if updated:
            cursor.execute(statements.CHANGES, params)
            written.changes += [(n, code, name, _decoded(c)) for n, code, name, c in cursor.fetchall()]


def _insert_new(cursor: Any, params: dict[str, Any], expected: int, written: Written) -> int:
    """Inserts the rows whose code is not known; returns how many turned out to be known after all."""
    cursor.execute(statements.INSERT_NEW, params)
    created = cursor.rowcount
    written.created += created
    known = 0
    if created < expected:
        # Once more, for codes that another import of the same area committed in between.
        cursor.execute(statements.LOCK_EXISTING)
        known = cursor.rowcount
        cursor.execute("SELECT n FROM in_enterprise WHERE n NOT IN (SELECT n FROM in_match) ORDER BY n")
        written.elsewhere += [n for (n,) in cursor.fetchall()]
    if written.others:  # what this file has created is told apart from what was there
        cursor.execute("INSERT INTO in_created SELECT id FROM in_match WHERE created")
    cursor.execute("ANALYZE in_match (n, id)")
    return known


def _merge(cursor: Any, params: dict[str, Any], source: Provenance, written: Written) -> None:
    """Brings the staged rows into enterprises and figures that were there before."""
    if source.proposing:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.in_proposal")
        cursor.execute(statements.PROPOSE)
        cursor.execute(statements.PROPOSED)
        written.proposals += [(n, _decoded(what)) for n, what in cursor.fetchall()]
        if source.batch_id is not None:
            cursor.execute(statements.KEEP_PROPOSALS, params)
    else:
        cursor.execute(statements.KEEP_OLD_NAMES, params)
    cursor.execute(statements.update_existing(only_empty=source.proposing), params)
    cursor.execute(statements.update_figures(only_empty=source.proposing), params)


def _findings(
    cursor: Any, params: dict[str, Any], written: Written, known: int, new: int
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    asked = list(statements.FINDINGS_OF_KNOWN) if known else []
    if new:
        if written.others is None:
            cursor.execute("SELECT EXISTS (SELECT FROM enterprises_enterprise)")
            (written.others,) = cursor.fetchone()
            if written.others:
                for index in _FOR_COMPARING:
                    cursor.execute(index)
        asked += statements.FINDINGS_OF_NEW if written.others else ()
    # The planner knows neither the keys that are compared nor the rows of this transaction, and would
    # compare each with each.
    cursor.execute("SET LOCAL enable_nestloop = off")
    for code, statement in asked:
        cursor.execute(statement, params)
        for n, what in cursor.fetchall():
            yield n, code, _decoded(what)
    cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
