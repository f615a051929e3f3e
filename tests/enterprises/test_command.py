import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from enterprises.models import Enterprise
from tenancy.access import Actor
from tenancy.context import nation
from tests.enterprises import books
from tests.enterprises.books import code


def command(capsys: Any, path: Path, *options: str) -> tuple[int, dict]:
    arguments = {"--region": "652701", "--year": "2025", "--by": "county.652701"}
    for option in options:
        if "=" in option:
            arguments.pop(option.split("=")[0], None)
    status = 0
    try:
        call_command(
            "import_enterprises", str(path), *(f"{k}={v}" for k, v in arguments.items()), *options, "--json"
        )
    except SystemExit as exit:
        status = int(exit.code or 0)
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def book(tmp_path: Path, county_bole: Actor) -> Path:
    path = tmp_path / "企业汇总.csv"
    path.write_bytes(books.csv(books.plain(3, **{"营业收入（万元）": "1,000.00"}), "gb18030").getvalue())
    return path


def test_the_contract_of_the_command_line(capsys: Any, book: Path) -> None:
    status, answer = command(capsys, book)
    assert status == 0
    assert answer == {"rows": 3, "created": 3, "updated": 0, "unchanged": 0, "failed": 0, "problems": []}
    status, answer = command(capsys, book)
    assert (status, answer["unchanged"], answer["created"]) == (0, 3, 0)


def test_failing_rows_give_status_two_and_problems_at_their_cells(capsys: Any, book: Path) -> None:
    book.write_bytes(
        books.csv([*books.plain(2, **{"营业收入（万元）": "1"}), [code(7), "庚公司", "约5千万"]]).getvalue()
    )
    status, answer = command(capsys, book, "--dry-run")
    assert (status, answer["created"], answer["failed"]) == (2, 2, 1)
    assert answer["problems"] == [
        {
            "severity": "error", "sheet": "企业汇总", "row": 4, "column": "C", "field": "revenue",
            "code": "not_a_number", "value": "约5千万",
            "message": "企业汇总 表第 4 行 C 列“约5千万”不是数，填一个数（如 5,000.00），不知道就留空",
        }
    ]  # fmt: skip
    with nation():
        assert Enterprise.objects.count() == 0
    status, answer = command(capsys, book, "--all-or-nothing")
    assert (status, answer["created"], answer["updated"], answer["failed"]) == (2, 0, 0, 1)


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [(b"", "x.xlsx", "file_empty"), (b"<html>", "x.xlsx", "file_html"), (b"a,b\n1,2\n", "x.csv", "no_table")],
)
def test_a_refused_file_gives_status_three_and_one_document(
    capsys: Any, tmp_path: Path, county_bole: Actor, content: bytes, name: str, problem: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    status, answer = command(capsys, path)
    assert status == 3 and problem in [p["code"] for p in answer["problems"]] and answer["rows"] == 0


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("--region=999999", "region_unknown"),
        ("--by=nobody", "officer_unknown"),
        ("--region=652722", "not_allowed"),
        ("--year=1900", "year_refused"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(capsys: Any, book: Path, option: str, problem: str) -> None:
    status, answer = command(capsys, book, option)
    assert status == 3 and [p["code"] for p in answer["problems"]] == [problem]
