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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from enterprises import statements
from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS
from enterprises.rules.names import name_keys
from enterprises.rules.rows import Part, Record
from enterprises.rules.sheet import CLEAR, Month

_CHUNK = 5_000
_MOST_CHANGES = 20_000
_DROP = (
    "DROP TABLE IF EXISTS pg_temp.in_enterprise, pg_temp.in_figures, pg_temp.in_match, pg_temp.in_change, "
    "pg_temp.in_proposal, pg_temp.in_created"
)
_ENTERPRISE = tuple(f.code for f in ENTERPRISE_FIELDS if f.code != "name")
_FIGURES = tuple(f.code for f in FIGURE_FIELDS)
_KEYS = ("name", "name_key", "pinyin", "initials")


def _columns(model: type[models.Model], codes: tuple[str, ...]) -> str:
    return ", ".join(f"{code} {model._meta.get_field(code).db_type(connection)}" for code in codes)


def _escaped(text: str) -> str:
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


_SURE_FEN = 10**14


def _yuan(fen: int) -> str:
    if -_SURE_FEN < fen < _SURE_FEN:  # within a double's digits, so the shorter way is exact as well
        return f"{fen / 100:.2f}"
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{part:02}"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "text": _escaped,
    "code": _escaped,
    "choice": str,
    "region": _escaped,
    "date": lambda day: day.isoformat(),
    "money": _yuan,
    "count": str,
    "percent": lambda number: format(number, "f"),
    "score": lambda number: format(number, "f"),
    "yes_no": lambda yes: "t" if yes else "f",
}


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
    copies: list[tuple[str, list[str], list[str]]]
    held: set[int]


@dataclass
class _Plan:
    """How the records of one sheet go into the staging tables."""

    part: Part
    enterprise: list[tuple[int, str, Callable[[Any], str]]]
    years: list[tuple[int, list[tuple[int, str, Callable[[Any], str]]]]]
    name_at: int
    founded_at: int | None
    lines: list[str] = field(default_factory=list)
    figure_lines: dict[int, list[str]] = field(default_factory=dict)


class Staging:
    """One import on its way into the registry: record by record into chunks, chunk by chunk into the database.

    `asked` tells which rows of the newest chunk wait because of what the file itself says.
    """

    def __init__(self, source: Provenance, *, hold: Hold, asked: Callable[[int], set[int]]) -> None:
        self._source, self._hold, self._asked = source, hold, asked
        self.written = Written()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
        self._running: Future[None] | None = None
        self._sent = 0
        #: of each record: its sheet's place among `parts` and its row; its code
        self.places: list[tuple[int, int]] = []
        self.codes: list[str] = []
        self.parts: list[Part] = []
        self._plans: dict[int, _Plan] = {}

    def open(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_DROP)
            cursor.execute(
                "CREATE TEMP TABLE in_enterprise (n int, uscc varchar(18), "
                'region_id varchar(60) COLLATE "C", '
                f"{_columns(Enterprise, _KEYS)}, {_columns(Enterprise, _ENTERPRISE)}, "
                "established_month_only boolean, source_sheet varchar(100), source_row int, clears text[]) "
                "ON COMMIT DROP"
            )
            cursor.execute(
                f"CREATE TEMP TABLE in_figures (n int, year smallint, {_columns(AnnualFigures, _FIGURES)}, "
                "clears text[]) ON COMMIT DROP"
            )
            cursor.execute(
                "CREATE TEMP TABLE in_match (n int PRIMARY KEY, id bigint, "
                'region_id varchar(60) COLLATE "C", created boolean, changed boolean DEFAULT false) ON COMMIT DROP'
            )
            cursor.execute("CREATE TEMP TABLE in_change (n int, year smallint, changes jsonb) ON COMMIT DROP")
            cursor.execute("CREATE TEMP TABLE in_created (id bigint PRIMARY KEY) ON COMMIT DROP")
            cursor.execute("CREATE UNIQUE INDEX ON in_enterprise (n)")
            cursor.execute("CREATE UNIQUE INDEX ON in_enterprise (uscc)")
            cursor.execute("CREATE INDEX ON in_enterprise (name_key)")
            cursor.execute("CREATE INDEX ON in_figures (n, year)")
            cursor.execute("CREATE INDEX ON in_match (id)")
        self._cursor = connection.cursor()

    def add(self, record: Record) -> None:
        plan = self._plans.get(id(record.part)) or self._plan(record.part)
        self.places.append((self.parts.index(record.part), record.row))
        self.codes.append(record.uscc)
        n = len(self.places)
        values = record.values
        clears = CLEAR in values
        name = values[plan.name_at]
        keys = name_keys(name)
        line = [
            str(n),
            record.uscc,
            _escaped(record.region) if record.region else "\\N",
            _escaped(name),
            _escaped(keys.name_key),
            _escaped(keys.pinyin),
            _escaped(keys.initials),
        ]
        line += _cells(values, plan.enterprise)
        founded = values[plan.founded_at] if plan.founded_at is not None else None
        line.append(
            "\\N" if founded is None or founded is CLEAR else "t" if isinstance(founded, Month) else "f"
        )
        line += [
            _escaped(record.part.sheet[:100]),
            str(record.row),
            _array([code for at, code, _ in plan.enterprise if values[at] is CLEAR] if clears else []),
        ]
        plan.lines.append("\t".join(line))
        for year, columns in plan.years:
            cells = _cells(values, columns)
            if cells.count("\\N") == len(cells) and not clears:
                continue
            cleared = [code for at, code, _ in columns if values[at] is CLEAR] if clears else []
            if cleared or cells.count("\\N") < len(cells):
                plan.figure_lines.setdefault(year, []).append(
                    "\t".join((str(n), str(year), *cells, _array(cleared)))
                )
        if n - self._sent >= _CHUNK:
            self._send()

    def sheet_row(self, n: int) -> tuple[str, int]:
        """Where the n-th record stands: sheet, and Excel's row."""
        at, row = self.places[n - 1]
        return self.parts[at].sheet, row

    def _plan(self, part: Part) -> _Plan:
        codes = [code for code, _ in part.targets]
        enterprise = []
        years: dict[int, list[tuple[int, str, Callable[[Any], str]]]] = {}
        for at, (code, year) in enumerate(part.targets):
            fact = BY_CODE[code]
            if year is not None:
                years.setdefault(year, []).append((at, code, _WRITERS[fact.kind]))
            elif code in _ENTERPRISE:
                enterprise.append((at, code, _WRITERS[fact.kind]))
        founded = codes.index("established_on") if "established_on" in codes else None
        plan = _Plan(part, enterprise, sorted(years.items()), codes.index("name"), founded)
        self._plans[id(part)] = plan
        self.parts.append(part)
        return plan

    def _send(self) -> None:
        """Hands what is waiting to the thread, once that has done with the chunk before."""
        copies = []
        for plan in self._plans.values():
            codes = [code for _, code, _ in plan.enterprise]
            fixed = ["established_month_only", "source_sheet", "source_row", "clears"]
            copies.append(("in_enterprise", ["n", "uscc", "region_id", *_KEYS, *codes, *fixed], plan.lines))
            plan.lines = []
            for year, columns in plan.years:
                names = ["n", "year", *(code for _, code, _ in columns), "clears"]
                copies.append(("in_figures", names, plan.figure_lines.pop(year, [])))
        chunk = _Chunk(len(self.places) - self._sent, copies, self._asked(self._sent))
        self._sent = len(self.places)
        self._wait()
        self._running = self._thread.submit(
            _apply, self._cursor, chunk, self._source, self._hold, self.written
        )

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
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._cursor.close()


def _cells(values: list[Any], columns: Sequence[tuple[int, str, Callable[[Any], str]]]) -> list[str]:
    """The texts of some of a record's values; unknown and erased ones are NULL."""
    return ["\\N" if (v := values[at]) is None or v is CLEAR else write(v) for at, _, write in columns]


def _array(codes: list[str]) -> str:
    return "{" + ",".join(codes) + "}" if codes else "\\N"


def _copy(cursor: Any, table: str, columns: list[str], lines: list[str]) -> None:
    if lines:
        file = io.StringIO("\n".join(lines) + "\n")
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", file)


def _apply(cursor: Any, chunk: _Chunk, source: Provenance, hold: Hold, written: Written) -> None:
    """One chunk's statements, at most about twenty however many records it has; adds to `written`."""
    params: dict[str, Any] = {
        "region": source.region,
        "by": source.officer_id,
        "batch": source.batch_id,
        "file": source.file[:200],
        "most": max(0, _MOST_CHANGES - len(written.changes)),
    }
    cursor.execute("TRUNCATE in_enterprise, in_figures, in_match, in_change")
    for table, columns, lines in chunk.copies:
        _copy(cursor, table, columns, lines)
    # Behind a policy the planner expects few rows; with an index on every side no plan is quadratic.
    cursor.execute("ANALYZE in_enterprise (n, uscc, name_key), in_figures (n, year)")
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
    cursor.execute(statements.INSERT_FIGURES, params)
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
