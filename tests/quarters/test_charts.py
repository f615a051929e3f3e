from __future__ import annotations

import subprocess
import sys

from portal import charts

ROWS = [("26.2", "创新型", 35), ("26.2", "小巨人", 1), ("26.3", "创新型", 38), ("26.3", "小巨人", 1)]


def a_chart() -> str:
    return charts.stacked_by_quarter(ROWS, ["创新型", "小巨人"], label="近八个季度")


def test_text_stays_text_and_totals_stand_on_the_bars():
    svg = a_chart()
    assert "创新型" in svg
    assert ">39<" in svg


def test_a_chart_holds_no_style_attribute_no_script_and_one_name():
    svg = a_chart() + charts.ranked([("研发费用占比", 11), ("“引号”<b>", 2)], label="最缺")
    assert "style=" not in svg
    assert "<script" not in svg
    assert "<b>" not in svg
    assert svg.count("aria-label") == 2


def test_the_same_figures_draw_the_same_picture():
    assert a_chart() == a_chart()


def test_nothing_is_drawn_at_import():
    program = "import sys, portal.charts; print('vl_convert' in sys.modules)"
    env = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True
    )
    assert done.stdout.strip() == "False"
