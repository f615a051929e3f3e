"""The tree of the country, built from python-stdnum's list and our corrections."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from tenancy.rules.divisions import Division, divisions, short_name

ROOT = Path(__file__).resolve().parent.parent.parent
BARE: dict[str, Any] = {"source": "test"}


def build(text: str, **corrections: Any) -> dict[str, Division]:
    found = divisions(text.strip("\n").split("\n"), {**BARE, **corrections})
    return {division.code: division for division in found}


@pytest.fixture(scope="module")
def country() -> list[Division]:
    text = files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8")
    return divisions(
        text.splitlines(), yaml.safe_load((ROOT / "fixtures" / "regions.yaml").read_text(encoding="utf-8"))
    )


@pytest.fixture(scope="module")
def today(country: list[Division]) -> dict[str, Division]:
    return {division.code: division for division in country}


HENAN = """
41 province="河南省"
  0000 county="河南省"
  0700 county="新乡市"
  0701 county="[1983-]市辖区"
  0703 county="[1983-2002]新华区,[2003-]卫滨区"
  0728 county="[1986-2019]长垣县"
  0783 county="[2019-]长垣市"
  9000 county="[1986-]省直辖县级行政单位"
  9001 county="[1997-]济源市"
"""


def test_a_county_hangs_from_its_prefecture_and_that_from_its_province() -> None:
    found = build(HENAN)
    assert found["410783"].path == "41/4107/410783/"
    assert found["410783"].parent == "41/4107/"
    assert found["4107"].parent == "41/"
    assert found["41"].parent is None


def test_a_code_whose_prefix_names_no_prefecture_hangs_from_its_province() -> None:
    assert build(HENAN)["419001"].path == "41/419001/"


def test_lines_that_only_group_others_are_no_divisions() -> None:
    assert set(build(HENAN)) == {"41", "4107", "410703", "410783", "419001"}


def test_a_county_that_became_a_city_is_one_region_with_two_dated_codes() -> None:
    names = build(HENAN)["410783"].names
    assert [(n.code, n.name) for n in names] == [("410728", "长垣县"), ("410783", "长垣市")]
    assert names[0].valid_until == dt.date(2019, 12, 31)
    assert names[1].valid_from == dt.date(2019, 1, 1)


def test_a_new_name_under_the_same_code_keeps_the_old_one_with_its_years() -> None:
    assert [n.name for n in build(HENAN)["410703"].names] == ["新华区", "卫滨区"]


def test_equal_place_names_are_followed_only_where_one_successor_is_possible() -> None:
    text = """
65 province="新疆维吾尔自治区"
  0000 county="新疆维吾尔自治区"
  4000 county="伊犁哈萨克自治州"
  4101 county="[1984-2001]伊宁市"
  4121 county="[1984-2001]伊宁县"
  4002 county="[2001-]伊宁市"
  4021 county="[2001-]伊宁县"
"""
    found = build(text)
    assert [n.code for n in found["654002"].names] == ["654101", "654002"]
    assert [n.code for n in found["654021"].names] == ["654121", "654021"]
    torn = text.replace('4121 county="[1984-2001]伊宁县"', '4121 county="[1984-2001]伊宁特区"')
    assert [n.code for n in build(torn)["654021"].names] == ["654021"]


def test_a_correction_that_no_longer_fits_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="410799"):
        build(HENAN, drop=[410799])
    with pytest.raises(ValueError, match="410783"):
        build(
            HENAN, add=[{"code": 410783, "parent": 4107, "kind": "county", "full_name": "x", "source": "x"}]
        )
    with pytest.raises(ValueError, match="4199"):
        build(HENAN, add=[{"code": 410771, "parent": 4199, "kind": "zone", "full_name": "x", "source": "x"}])
    with pytest.raises(ValueError, match="410772"):
        build(HENAN, names=[{"code": 410772, "name": "x"}])


@pytest.mark.parametrize("parent", ["410783", "4107830", "999999"])
def test_l_09_a_division_under_itself_or_under_nothing_is_refused(parent: str) -> None:
    with pytest.raises(ValueError, match="410783"):
        build(HENAN, under=[{"codes": ["410783"], "parent": parent, "kind": "county", "source": "x"}])


def test_l_09_prefectures_that_hang_from_each_other_are_refused() -> None:
    rows = [
        {"codes": ["4107"], "parent": "419001", "kind": "prefecture", "source": "x"},
        {"codes": ["419001"], "parent": "4107", "kind": "county", "source": "x"},
    ]
    with pytest.raises(ValueError, match="4107"):
        build(HENAN, under=rows)


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("博尔塔拉蒙古自治州", "博尔塔拉州"),
        ("克孜勒苏柯尔克孜自治州", "克孜勒苏州"),
        ("和布克赛尔蒙古自治县", "和布克赛尔县"),
        ("双江拉祜族佤族布朗族傣族自治县", "双江县"),
        ("新疆维吾尔自治区", "新疆"),
        ("鄂温克族自治旗", "鄂温克族自治旗"),
        ("博乐市", "博乐市"),
        ("河南省", "河南省"),
    ],
)
def test_short_names_leave_out_the_peoples(full: str, short: str) -> None:
    assert short_name(full) == short


def test_the_country_has_about_2900_counties_and_every_path_is_built_from_its_parent(
    country: list[Division],
) -> None:
    counties = [d for d in country if d.kind in {"county", "zone", "xpcc_city"}]
    assert 2800 < len(counties) < 3000
    paths = {d.path for d in country}
    assert len(paths) == len(country)
    for division in country:
        assert division.path == f"{division.parent or ''}{division.code}/"
        assert division.parent is None or division.parent in paths


def test_parents_come_before_their_children(country: list[Division]) -> None:
    seen: set[str] = set()
    for division in country:
        assert division.parent is None or division.parent in seen
        seen.add(division.path)


def test_changyuan_is_found_under_all_its_codes(today: dict[str, Division]) -> None:
    assert {n.code for n in today["410783"].names} == {"412131", "410925", "410728", "410783"}


def test_the_three_zones_of_xinxiang_are_nodes_of_their_own(today: dict[str, Division]) -> None:
    for code in ("410771", "410772", "410773"):
        assert (today[code].parent, today[code].kind) == ("41/4107/", "zone")


def test_xpcc_cities_belong_to_the_xpcc_and_not_to_the_prefecture_around_them(
    today: dict[str, Division],
) -> None:
    shuanghe = today["659007"]
    assert (shuanghe.path, shuanghe.kind) == ("66/659007/", "xpcc_city")
    assert not shuanghe.path.startswith(today["6527"].path)
    assert sum(1 for d in today.values() if d.parent == "66/") == 12


def test_bortala_has_its_four_counties_and_its_short_name(today: dict[str, Division]) -> None:
    assert {d.code for d in today.values() if d.parent == "65/6527/"} == {
        "652701",
        "652702",
        "652722",
        "652723",
    }
    assert (today["6527"].name, today["6527"].full_name) == ("博州", "博尔塔拉蒙古自治州")


def test_the_two_counties_of_2024_are_there(today: dict[str, Division]) -> None:
    assert {today["653228"].name, today["653229"].name} == {"和安县", "和康县"}


def test_tibet_has_seven_prefectures(today: dict[str, Division]) -> None:
    under = {d.code for d in today.values() if d.parent == "54/"}
    assert under == {"5401", "5402", "5403", "5404", "5405", "5406", "5425"}


def test_tenants_are_the_authorities_named_with_everything_below_them(today: dict[str, Division]) -> None:
    assert all(
        today[code].is_tenant for code in ("65", "6527", "652701", "650105", "4107", "410771", "54", "540102")
    )
    assert not any(today[code].is_tenant for code in ("41", "4101", "11", "659007"))
