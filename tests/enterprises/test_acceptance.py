"""Cases E and L of the acceptance catalogue that need the registry."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from stdnum.cn import uscc as gb32100

from enterprises.actions import check_upload, import_workbook
from enterprises.models import Enterprise, ImportBatch, ImportProblem
from portal.management.commands import load_reference
from tenancy import files
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Region, RegionName
from tests.conftest import BOLE
from tests.enterprises import books
from tests.enterprises.books import code

pytestmark = pytest.mark.django_db
T, N = "统一社会信用代码", "企业名称"


def run(by: Actor, rows: list[list[Any]], **more: Any) -> Any:
    with acting(by):
        return import_workbook(by=by, region=BOLE, year=2025, file=books.xlsx(("表", rows)), **more)


def found(result: Any) -> list[tuple]:
    return [(p.severity, p.row, p.column, p.code) for p in result.problems]


def counts(result: Any) -> tuple[int, ...]:
    return (result.rows, result.created, result.updated, result.unchanged, result.failed)


# --- E ---------------------------------------------------------------------------------------------

RARE = [
    "𠮷野家（中国）有限公司",
    "博乐䶮㙍有限公司",
    "甲\ue000字厂",
    "日杂<不含烟花爆竹>商店",
    "㈱天山(集团)公司",
    "A&B“北疆”棉业",
    "𡋾𣲗𫄧厂",
]


def test_e_18_rare_names_are_stored_and_found_as_they_are_written(county_bole: Actor) -> None:
    rows = [[T, N], *([code(n), name] for n, name in enumerate(RARE))]
    assert counts(run(county_bole, rows)) == (len(RARE), len(RARE), 0, 0, 0)
    with acting(county_bole):
        for n, name in enumerate(RARE):
            assert Enterprise.objects.get(uscc=code(n)).name == name
            assert Enterprise.objects.get(name__contains=name[1:4]).uscc == code(n)
    assert counts(run(county_bole, rows)) == (len(RARE), 0, 0, len(RARE), 0)


def _ten_thousand() -> list[list[Any]]:
    return books.plain(10_000, **{"营业收入（元）": lambda n: n, "从业人员（人）": lambda n: n % 300})


@pytest.fixture(scope="module")
def ten_thousand() -> bytes:
    return books.csv(_ten_thousand()).getvalue()


def _csv(data: bytes) -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = "一万家.csv"
    return file


def test_e_20_ten_thousand_rows_one_of_them_bad_and_twice_the_same_file(
    county_bole: Actor, ten_thousand: bytes
) -> None:
    data = ten_thousand.replace(b",5000,200", "，约5千,200".encode().replace("，".encode(), b","))
    with acting(county_bole):
        first = import_workbook(by=county_bole, region=BOLE, year=2025, file=_csv(data))
        assert counts(first) == (10_000, 9_999, 0, 0, 1)
        assert found(first) == [("error", 5002, "C", "not_a_number")]
        again = import_workbook(by=county_bole, region=BOLE, year=2025, file=_csv(data))
        assert counts(again) == (10_000, 0, 0, 9_999, 1)
        other = import_workbook(
            by=county_bole,
            region=BOLE,
            year=2025,
            file=_csv(data),
            name="另一个名字.csv",
            all_or_nothing=True,
        )
        assert counts(other)[1:3] == (0, 0) and Enterprise.objects.count() == 9_999


def test_e_20_forty_in_a_hundred_bad_and_each_row_twice(county_bole: Actor, ten_thousand: bytes) -> None:
    lines = ten_thousand.splitlines(keepends=True)
    bad = [line.rsplit(b",", 1)[0] + b",x\r\n" if n and n % 5 < 2 else line for n, line in enumerate(lines)]
    with acting(county_bole):
        kept_out = import_workbook(
            by=county_bole, region=BOLE, year=2025, file=_csv(b"".join(bad)), all_or_nothing=True
        )
        assert (kept_out.created, kept_out.failed) == (0, 4_000)
        assert Enterprise.objects.count() == 0
        forty = import_workbook(by=county_bole, region=BOLE, year=2025, file=_csv(b"".join(bad)))
        assert (forty.created, forty.failed) == (6_000, 4_000)
        assert {(p.column, p.code) for p in forty.problems} == {("D", "not_a_number")}
        assert [p.row for p in forty.problems] == [n + 1 for n in range(1, 10_001) if n % 5 < 2]
        twice = import_workbook(
            by=county_bole, region=BOLE, year=2025, file=_csv(b"".join(lines + lines[1:]))
        )
        assert (twice.rows, twice.created, twice.unchanged, twice.failed) == (20_000, 4_000, 6_000, 10_000)
        assert {p.code for p in twice.problems} == {"uscc_twice"}
        assert [p.row for p in twice.problems] == list(range(10_002, 20_002))


class _Broken(Exception):
    pass


def test_e_21_an_upload_that_stops_half_way_leaves_nothing(county_bole: Actor, settings: Any) -> None:
    data = books.xlsx(("表", books.plain(3))).getvalue()

    def half() -> Any:
        yield data[:2000]
        raise _Broken

    with pytest.raises(_Broken), acting(county_bole):
        check_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=half())
    with nation():
        assert ImportBatch.objects.count() == Enterprise.objects.count() == 0
    assert [f for f in Path(settings.FILES_ROOT).rglob("*") if f.is_file()] == []


def test_e_21_a_full_disk_leaves_nothing(
    county_bole: Actor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = books.xlsx(("表", books.plain(3))).getvalue()

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    monkeypatch.setattr("os.replace", full)
    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space"), acting(county_bole):
        check_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=[data])
    with nation():
        assert ImportBatch.objects.count() == Enterprise.objects.count() == 0
    assert [f for f in Path(settings.FILES_ROOT).rglob("*") if f.is_file()] == []


NAMES = [
    "../../x.xlsx",
    "..\\..\\x.xlsx",
    "CON.xlsx",
    "汇" * 300 + ".xlsx",
    "a\u202excod.xlsx",
    "a\x00b.xlsx",
    "a\r\nb.xlsx",
    "<img src=x>.xlsx",
]


@pytest.mark.parametrize("name", NAMES)
def test_e_22_a_file_of_any_name_is_stored_under_another(
    county_bole: Actor, settings: Any, name: str
) -> None:
    data = books.xlsx(("表", books.plain(1))).getvalue()
    with acting(county_bole):
        batch = check_upload(by=county_bole, region=BOLE, year=2025, name=name, chunks=[data])
        stored = Path(settings.FILES_ROOT) / batch.file.key
        assert batch.counts["created"] == 1 and stored.is_relative_to(settings.FILES_ROOT)
        assert stored.name != name and stored.name.isascii() and len(stored.name) < 80
    assert not any(ord(c) < 32 or c in "/\\\u202e" for c in files.safe_name(name))
    assert [f for f in Path(settings.FILES_ROOT).rglob("*") if f.is_file()] == [stored]


# --- L ---------------------------------------------------------------------------------------------


def _failing(n: int) -> str:
    good = code(n)
    return good[:17] + next(c for c in books.LETTERS if c != gb32100.calc_check_digit(good[:17]))


def test_l_02_codes_whose_check_digit_fails_are_saved_with_a_warning(county_bole: Actor) -> None:
    codes = [_failing(n) for n in range(5)]
    result = run(county_bole, [[T, N], *([c, f"甲{n}公司"] for n, c in enumerate(codes))])
    assert counts(result) == (5, 5, 0, 0, 0)
    assert found(result) == [("warning", n + 2, "A", "uscc_check_digit") for n in range(5)]
    with acting(county_bole):
        assert set(Enterprise.objects.values_list("uscc", flat=True)) == set(codes)
        assert ImportProblem.objects.filter(batch_id=result.batch_id, code="uscc_check_digit").count() == 5


def test_l_03_codes_in_lower_case_and_other_widths_are_stored_upright(county_bole: Actor) -> None:
    wide = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in books.LETTERS})
    result = run(
        county_bole,
        [
            [T, N],
            [code(1).lower(), "甲公司"],
            [code(2).translate(wide), "乙公司"],
            [f" {code(3)[:9]}\u3000{code(3)[9:]}", "丙公司"],
        ],
    )
    assert found(result) == []
    with acting(county_bole):
        assert set(Enterprise.objects.values_list("uscc", flat=True)) == {code(1), code(2), code(3)}


def test_l_04_legacy_numbers_are_saved_with_a_warning_and_older_ones_are_answered(county_bole: Actor) -> None:
    result = run(
        county_bole,
        [[T, N], ["652701050001234", "甲公司"], [652701050001235, "乙公司"], ["6527010500012", "丙公司"]],
    )
    assert found(result) == [
        ("warning", 2, "A", "uscc_legacy"),
        ("warning", 3, "A", "uscc_legacy"),
        ("error", 4, "A", "uscc_older"),
    ]
    assert result.created == 2


def test_digits_of_other_scripts_are_no_code_and_break_nothing(county_bole: Actor) -> None:
    typed = ["٦٥٢٧٠١٠٥٠٠٠١٢٣٤", "91" + "٦٥٢٧٠١" + code(1)[8:], "11010፩19491231002X", "१" * 18]
    result = run(county_bole, [[T, N, "行业代码"], *([c, f"甲{n}公司", "٣٥١١"] for n, c in enumerate(typed))])
    assert (result.created, result.failed) == (0, len(typed))


def test_l_05_equal_names_are_two_enterprises_and_a_question(county_bole: Actor) -> None:
    result = run(county_bole, [[T, N], [code(1), "新疆天山（集团）公司"], [code(2), "新疆天山(集团)公司"]])
    assert counts(result) == (2, 2, 0, 0, 0)
    assert {p.code for p in result.problems} <= {"name_twice", "name_registered"} and result.problems


def test_l_06_the_longest_names_are_stored_whole(county_bole: Actor) -> None:
    names = ["新疆维吾尔自治区博尔塔拉蒙古自治州博乐市" + "长" * 23 + "有限公司", "甲" * 120]
    assert len(names[0]) == 47
    assert counts(run(county_bole, [[T, N], [code(1), names[0]], [code(2), names[1]]])) == (2, 2, 0, 0, 0)
    with acting(county_bole):
        assert list(Enterprise.objects.order_by("-name_key").values_list("name", flat=True)) in (
            names,
            names[::-1],
        )


def test_l_07_a_code_of_another_region_says_nothing(county_bole: Actor) -> None:
    rows = [
        [T, N],
        [code(1, "91440300"), "甲公司"],
        [code(2, "91650105"), "乙公司"],
        [code(3, "93410781"), "丙公司"],
    ]
    result = run(county_bole, rows)
    assert found(result) == [] and result.created == 3
    with acting(county_bole):
        assert set(Enterprise.objects.values_list("region_id", flat=True)) == {BOLE}


@pytest.mark.django_db(databases=["default", "owner"])
def test_l_11_a_division_that_leaves_the_list_is_kept_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    real = load_reference.divisions
    monkeypatch.setattr(
        load_reference, "divisions", lambda lines, more: [d for d in real(lines, more) if d.code != "652723"]
    )
    load_reference.load_regions()
    gone = Region.objects.using("owner").get(code="652723")
    assert gone.valid_until is not None and RegionName.objects.using("owner").filter(region=gone).exists()
    monkeypatch.undo()
    load_reference.load_regions()
    assert Region.objects.using("owner").get(code="652723").valid_until is None
