"""A report that somebody tries to make fetch, attach, grow without bound or print boxes (F-04…F-07, F-09, F-10)."""

from __future__ import annotations

import datetime as dt
import http.server
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from weasyprint import HTML

from portal.reports.pdf import NoFetching, Refused, render
from portal.reports.printing import print_report
from tests.quarters.test_printing import AT, a_closed, row, text_of


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on the loopback that notes every request, and answers with a way onward."""
    seen: list[str] = []

    class Noting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()


SHAPES = [
    '<img src="{url}">', '<link rel="attachment" href="{url}">', '<a rel="attachment" href="{url}">x</a>',
    '<link rel="stylesheet" href="{url}">', '<style>@import url("{url}");</style>',
    '<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image href="{url}" xlink:href="{url}" width="9" height="9"/></svg>',
    '<style>@font-face {{ font-family: x; src: url("{url}") }} p {{ font-family: x }}</style><p>x</p>',
    '<p style="background: url({url})">x</p>', '<object data="{url}">x</object>', '<embed src="{url}">',
]  # fmt: skip
TARGETS = ["file:///etc/hostname", "{server}/redirect", "http://169.254.169.254/latest/"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_user_text_that_would_fetch_is_printed_as_text_with_no_request_f04(
    shape: str, target: str, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    server, seen = asked
    hostile = shape.format(url=target.format(server=server))
    printed = print_report(a_closed([row(1, name=hostile[:110])])).content
    assert seen == []
    assert len(re.findall(rb"/Type\s*/Filespec", printed)) <= 1  # our own list
    assert shape[:5] in text_of(printed, tmp_path)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_document_that_refers_to_anything_outside_asks_nobody_f04(
    shape: str, target: str, asked: tuple[str, list[str]]
) -> None:
    server, seen = asked
    try:
        printed = render(f"<p>x</p>{shape.format(url=target.format(server=server))}", at=AT).content
    except Refused:
        printed = b""
    assert seen == []
    assert b"/Filespec" not in printed
    assert Path("/etc/hostname").read_bytes().strip() not in printed


def test_a_stylesheet_that_is_handed_over_goes_through_our_fetcher_f05(asked: tuple[str, list[str]]) -> None:
    server, seen = asked
    with pytest.raises(Refused):
        HTML(string="<p>x</p>", url_fetcher=NoFetching()).write_pdf(stylesheets=[f"{server}/a.css"])
    assert seen == []


def test_three_thousand_enterprises_are_printed_within_a_minute_and_half_a_gigabyte_f06() -> None:
    program = (
        "import django; django.setup();"
        "import time;"
        "from tests.memory import peak_memory;"
        "from tests.quarters.test_printing import a_closed, row;"
        "from portal.reports.printing import print_report;"
        "begin = time.monotonic();"
        "size = len(print_report(a_closed([row(n) for n in range(3000)])).content);"
        "print(size, time.monotonic() - begin, peak_memory() >> 20)"
    )
    said = _run(program)
    size, seconds, megabytes = (float(part) for part in said.stdout.split())
    assert size > 50_000 and seconds < 60 and megabytes < 500, said.stdout


def _run(program: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"} | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    "name",
    [
        '<td colspan="100000">甲',
        "<table>" * 300 + "乙",
        "<div>" * 3000,
        "甲" * 120,
        "W" * 120,
        "\u0301" * 120,
    ],
)
def test_markup_and_endless_words_in_a_name_stay_bounded_f07(name: str) -> None:
    begin = time.monotonic()
    printed = print_report(a_closed([row(n, name=name[:2000], lacks=[name[:2000]]) for n in range(3)]))
    assert time.monotonic() - begin < 30
    assert len(printed.content) < 5_000_000


def test_the_same_quarter_prints_the_same_figures_on_another_day_f09(tmp_path: Path) -> None:
    first = print_report(a_closed([row(1), row(2)]))
    again = print_report(a_closed([row(1), row(2)]))
    assert first.content == again.content and first.sha256 == again.sha256
    later = print_report(a_closed([row(1), row(2)], counted_at=AT + dt.timedelta(days=1)))
    figures = [
        re.findall(
            r"\d[\d,.]*",
            text_of(pdf.content, tmp_path).split("附")[0].replace("8 日", "").replace("9 日", ""),
        )
        for pdf in (first, later)
    ]
    assert figures[0] == figures[1] and len(figures[0]) > 20


def test_without_a_chinese_font_there_is_no_report_of_boxes_f10(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    config = tmp_path / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{tmp_path / 'fonts'}</dir><cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>"
    )
    latin = next(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"), None)
    if latin is not None:
        (tmp_path / "fonts" / latin.name).symlink_to(latin)
    said = _run(
        "import django; django.setup();"
        "from tests.quarters.test_printing import AT;"
        "from portal.reports.pdf import render;"
        "render('<p>报告</p>', at=AT)",
        FONTCONFIG_FILE=str(config),
    )
    assert said.returncode != 0
    assert "FontMissing" in said.stderr or latin is None, said.stderr[-2000:]


def test_this_host_has_the_fonts_of_a_report_f10() -> None:
    assert any("CJK" in name for name in render("<p>报告</p>", at=AT).fonts)
