"""An import of 50,000 rows from the open file to the commit, against reading alone and against import-export.

Each of ours runs in a process of its own, as a worker's would be, so that its memory can be told: the sum
of that process and of its database backend, sampled while it runs. Ours names what is wrong at each cell;
import-export's nearest to that is validating each row by its model, which stands beside its plain import.
"""

from __future__ import annotations

import io
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tablib
import xlsxwriter
from django.db import connections
from import_export import resources
from import_export.fields import Field
from import_export.formats.base_formats import XLSX
from import_export.widgets import ForeignKeyWidget
from python_calamine import CalamineWorkbook

from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.fields import BY_CODE
from tenancy.context import nation
from tests.conftest import BOLE, create_database, drop_database, point_at

ROWS, ROUNDS = 50_000, 5
YEAR = 2025
FIXED = (
    "uscc", "name", "park", "industry_code", "established_on", "legal_representative", "leading_product",
    "is_above_scale", "hnte_valid_until", "innovative_valid_until",
)  # fmt: skip
YEARLY = (
    "employees", "rd_staff", "revenue", "main_revenue", "total_assets", "total_liabilities", "net_profit",
    "rd_expense", "equity_financing", "ip1",
)  # fmt: skip
_MONEY = {f for f in YEARLY if BY_CODE[f].kind == "money"}


def headers() -> list[str]:
    fixed = [BY_CODE[code].header for code in FIXED]
    return fixed + [f"{year}年{BY_CODE[code].header}" for year in (YEAR, YEAR - 1) for code in YEARLY]


def row(n: int) -> list[Any]:
    """A plausible enterprise: its codes have a right check digit, money has decimals."""
    fixed = [
        _code(n), f"博乐市第{n}号机械制造有限公司", f"第{n % 40}工业园", f"C{3400 + n % 200}",
        f"20{n % 20 + 1:02}-{n % 12 + 1:02}-{n % 28 + 1:02}", f"法人{n % 9000}", f"第{n % 700}种专用设备",
        "是" if n % 3 else "否", "2027-11-30" if n % 5 == 0 else "", "2028-06-30" if n % 7 == 0 else "",
    ]  # fmt: skip
    yearly: list[Any] = []
    for back in (0, 1):
        yearly += [
            100 + n % 900 - back, n % 90, (4_000_000 + n * 977 % 9_000_000 - back) / 100,
            (n * 811 % 4_000_000) / 100, (n * 599 % 9_000_000) / 100, (n * 571 % 6_000_000) / 100,
            (n * 13 % 900_000 - 200_000) / 100, (n * 613 % 400_000) / 100, 0, n % 4,
        ]  # fmt: skip
    return fixed + yearly


_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = [pow(3, n, 31) for n in range(17)]


def _code(n: int) -> str:
    body = f"91652701MA{n:07d}"
    return (
        body + _LETTERS[(31 - sum(w * _LETTERS.index(c) for w, c in zip(_WEIGHTS, body, strict=True))) % 31]
    )


@pytest.fixture(scope="module")
def book() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "五万家.xlsx"
        made = xlsxwriter.Workbook(path, {"constant_memory": True})
        sheet = made.add_worksheet("企业汇总")
        sheet.write_row(0, 0, headers())
        for n in range(ROWS):
            sheet.write_row(n + 1, 0, row(n))
        made.close()
        path.chmod(0o644)
        Path(folder).chmod(0o755)
        yield path


@pytest.fixture(scope="module")
def own_database(django_db_blocker: Any, template_database: str, django_db_setup: None) -> Iterator[Any]:
    """Gives a fresh copy of the template, with Django pointed at it, and drops it before it is vacuumed."""
    before = connections["default"].settings_dict["NAME"]
    made = itertools.count()

    @contextmanager
    def fresh() -> Iterator[str]:
        name = f"tidu_bench_import_{os.getpid()}_{next(made)}"
        create_database(name, template=template_database)
        point_at(name)
        try:
            yield name
        finally:
            point_at(before)
            drop_database(name, beside=template_database)

    with django_db_blocker.unblock():
        yield fresh


#: the import in a process of its own: says its backend, and in the end its seconds
_CHILD = """
import sys, time
import django
django.setup()
from django.db import connection
from tests.conftest import point_at, _as_bare_web_login
from django.db.backends.signals import connection_created
connection_created.connect(_as_bare_web_login)
point_at(sys.argv[2])
from enterprises.actions.imports import import_workbook
from tenancy.access import system_actor
from tenancy.context import acting
from django.conf import settings
settings.FILES_ROOT, settings.KEYS_ROOT = sys.argv[4], sys.argv[5]
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_backend_pid()")
    print(cursor.fetchone()[0], flush=True)
actor = system_actor(sys.argv[3])
begin = time.perf_counter()
with open(sys.argv[1], "rb") as file, acting(actor):
    result = import_workbook(by=actor, region=sys.argv[3], year=2025, file=file)
seconds = time.perf_counter() - begin
assert (result.rows, result.created, result.failed) == (int(sys.argv[6]), int(sys.argv[6]), 0), result.counts
print(seconds)
"""


def _anonymous(pid: int) -> int:
    """What a process holds for itself, in KB; the buffers that all of PostgreSQL shares are not the import's."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))


def ours(book: Path, database: str, rows: int) -> tuple[float, float]:
    """(seconds, MB): from the open file to the commit, with provenance, history, batch, file and audit."""
    with tempfile.TemporaryDirectory() as files:
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(book), database, BOLE, f"{files}/f", f"{files}/k", str(rows)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        pids = (child.pid, int(child.stdout.readline()))
        peak = 0
        while child.poll() is None:
            peak = max(peak, sum(map(_anonymous, pids)))
            time.sleep(0.02)
        assert child.returncode == 0
        return float(child.stdout.read()), peak / 1024


def reading(book: Path) -> float:
    begin = time.perf_counter()
    CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
    return time.perf_counter() - begin


class _Enterprises(resources.ModelResource):
    """What import-export does with the same rows: first the enterprises, then the figures of both years."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Not the reset of the sequence: no login of the portal may do that."""

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        instance.region_id = BOLE
        instance.set_name(instance.name)

    class Meta:
        model = Enterprise
        import_id_fields = ("uscc",)
        fields = FIXED


class _Figures(resources.ModelResource):
    enterprise = Field("enterprise", "enterprise", ForeignKeyWidget(Enterprise, "uscc"))

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """As above."""

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        instance.region_id = BOLE

    class Meta:
        model = AnnualFigures
        import_id_fields = ("enterprise", "year")
        fields = ("enterprise", "year", *YEARLY)


class _Validated(_Enterprises):
    class Meta(_Enterprises.Meta):
        clean_model_instances = True


class _FiguresValidated(_Figures):
    class Meta(_Figures.Meta):
        clean_model_instances = True


class _InBulk(_Enterprises):
    class Meta(_Enterprises.Meta):
        use_bulk, skip_diff, batch_size = True, True, 1000


class _FiguresInBulk(_Figures):
    class Meta(_Figures.Meta):
        use_bulk, skip_diff, batch_size = True, True, 1000


def _figures(row: Any, year: int) -> dict[str, Any]:
    return {c: row[f"{c}:{year}"] * 10_000 if c in _MONEY else row[f"{c}:{year}"] for c in YEARLY}


def _book_of_theirs(count: int) -> bytes:
    """The first rows as import-export wants them: fields for headers, yes and no as it knows them."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file)
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, [*FIXED, *(f"{code}:{year}" for year in (YEAR, YEAR - 1) for code in YEARLY)])
    for n in range(count):
        sheet.write_row(n + 1, 0, [{"是": "1", "否": "0"}.get(value, value) for value in row(n)])
    made.close()
    return file.getvalue()


def _years(table: tablib.Dataset) -> tablib.Dataset:
    """The figures of both years in yuan, a row each: import-export has one model for a resource."""
    figures = tablib.Dataset(headers=["enterprise", "year", *YEARLY])
    for line in table.dict:
        for year in (YEAR, YEAR - 1):
            values = [line[f"{code}:{year}"] for code in YEARLY]
            yuan = [
                Decimal(str(v)) * 10_000 if code in _MONEY else v
                for code, v in zip(YEARLY, values, strict=True)
            ]
            figures.append([line["uscc"], year, *yuan])
    return figures


def theirs(count: int, *both: type[resources.ModelResource]) -> float:
    """Seconds for each enterprise with its two years, from the open file as well; parting years is not counted."""
    file = _book_of_theirs(count)
    begin = time.perf_counter()
    table = XLSX().create_dataset(file)
    seconds = time.perf_counter() - begin
    figures = _years(table)
    with nation():
        begin = time.perf_counter()
        for resource, rows in zip(both, (table, figures), strict=True):
            result = resource().import_data(rows, raise_errors=True, use_transactions=True)
            assert result.totals["new"] == len(rows)
        seconds += time.perf_counter() - begin
        assert AnnualFigures.objects.count() == 2 * count
    return seconds / count


#: (what, rows of each round, bound, resources)
_WAYS = (
    ("row by row, nothing validated", 300, 100, (_Enterprises, _Figures)),
    ("row by row, rows validated as ours", 100, None, (_Validated, _FiguresValidated)),
    ("use_bulk, nothing validated", 1_000, 20, (_InBulk, _FiguresInBulk)),
)


def test_an_import_against_reading_and_against_import_export(book: Path, own_database: Any) -> None:
    """Each round has all of them one behind the other, so that a machine's slow minute weighs on all."""
    times, memories, reads = [], [], []
    ratios: dict[str, list[float]] = {name: [] for name, *_ in _WAYS}
    reading(book)
    for _round in range(ROUNDS):
        with own_database() as database:
            connections["default"].close()
            reads.append(reading(book))
            seconds, memory = ours(book, database, ROWS)
        times.append(seconds)
        memories.append(memory)
        for name, count, _, both in _WAYS:
            with own_database():
                ratios[name].append(theirs(count, *both) / (seconds / ROWS))
    against = [ours / read for ours, read in zip(times, reads, strict=True)]
    print(
        f"\nimport of 50,000 × 30 / bare calamine read of the same file   {statistics.median(against):6.2f} times"
        f"   ({statistics.median(times):.2f} s : {statistics.median(reads):.2f} s)   bound 8"
    )
    for name, _, bound, _ in _WAYS:
        limit = f"bound at least {bound}" if bound else "beside it"
        each = ", ".join(f"{ratio:.0f}" for ratio in ratios[name])
        print(
            f"import-export {name:<34} / ours, for each row   {statistics.median(ratios[name]):6.1f} times   "
            f"{limit}   (rounds: {each})"
        )
    print(
        f"peak memory of the import's process and its database backend {max(memories):6.0f} MB      bound 512",
        flush=True,
    )
