"""A real portal for the browser tests: web server and worker with their real logins, on a database of their own.

Without Chromium these tests are skipped, and say so.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings

from tests.conftest import ROOT, _owner_connect, create_database, drop_database

DESK, PHONE, NARROW = (1366, 768), (390, 844), (320, 568)
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
PASSWORD = "browser-tests-only-7"
PEOPLE = [
    ("county.652701", "county", "65/6527/652701/", "孟克"),
    ("county2.652701", "county", "65/6527/652701/", "阿依努尔"),
    ("county.652722", "county", "65/6527/652722/", "古丽娜"),
    ("county.652723", "county", "65/6527/652723/", "巴图"),
    ("prefecture.6527", "prefecture", "65/6527/", "李文静"),
    ("region.65", "region", "65/", "王建新"),
    ("region2.65", "region", "65/", "马丽"),
    ("finance.65", "finance", "65/", "赵敏"),
    ("auditor.65", "auditor", "65/", "陈刚"),
    ("sysadmin.65", "sysadmin", "65/", "周宁"),
    ("secadmin.65", "secadmin", "65/", "吴芳"),
    ("commissioner.652701", "commissioner", "65/6527/652701/", "努尔兰"),
    ("purchaser.652701", "purchaser", "65/6527/652701/", "刘洋"),
]


def chromium() -> str | None:
    named = os.environ.get("TIDU_BROWSER")
    if named:
        return named
    return next(
        (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(
                    pytest.mark.skip(reason="Chromium is missing: sudo apt-get install -y chromium")
                )


@dataclass
class Portal:
    address: str
    database: str
    home: Path

    def url(self, path: str) -> str:
        return self.address + path

    def move_clock(self, days: int) -> None:
        """Sets web server and worker so many days ahead of today; who was signed in may have to do so again."""
        _write_clock(self.home, days)


def _write_clock(home: Path, days: int) -> None:
    draft = home / "clock.new"
    draft.write_text(str(days))
    draft.replace(home / "clock")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _login_url(variable: str, user: str, database: str) -> str:
    """The address of a real login on our database; without bin/test the local trust set-up serves."""
    base = os.environ.get(variable)
    if base is None:
        own = settings.DATABASES["owner"]
        base = f"postgres://{user}@{own['HOST']}:{own['PORT']}/x"
    parts = urlsplit(base)
    return urlunsplit(parts._replace(path="/" + database))


def _people(database: str) -> None:
    from django.contrib.auth.hashers import make_password

    hashed = make_password(PASSWORD)
    connection = _owner_connect(database)
    with connection.cursor() as cursor:
        for username, role, region, name in PEOPLE:
            cursor.execute(
                "INSERT INTO tenancy_officer (username, password, display_name, is_active, must_change_password, "
                "date_joined) VALUES (%s, %s, %s, true, false, now()) RETURNING id",
                [username, hashed, name],
            )
            (officer,) = cursor.fetchone()
            cursor.execute(
                "INSERT INTO tenancy_posting (officer_id, role, region_id, from_at) VALUES (%s, %s, %s, now())",
                [officer, role, region],
            )
    connection.close()


@pytest.fixture(scope="session")
def portal(template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    database = f"tidu_browser_{os.getpid()}"
    create_database(database, template=template_database)
    _people(database)
    home = tmp_path_factory.mktemp("portal")
    port = _free_port()
    env = {
        **os.environ,
        "TIDU_TESTING": "1",
        "TIDU_HOME": str(home),
        "TIDU_COOKIE": f"tidu{port}",
        "CONN_MAX_AGE": "0",
        "DATABASE_OWNER_URL": _login_url("DATABASE_OWNER_URL", "tidu_owner", database),
        "REDIS_URL": _other_redis(os.environ["REDIS_URL"]),
        "PYTHONPATH": str(ROOT),
        "TIDU_TEST_CLOCK": str(home / "clock"),
    }
    _write_clock(home, 0)
    web_env = {**env, "DATABASE_URL": _login_url("TIDU_WEB_URL", "tidu_web", database)}
    worker_env = {**env, "DATABASE_URL": _login_url("TIDU_WORKER_URL", "tidu_worker", database)}
    log = (home / "servers.log").open("w")
    python = sys.executable
    servers = [
        subprocess.Popen(
            [
                python,
                "-m",
                "gunicorn",
                "tests.browser.moved:application",
                "-b",
                f"127.0.0.1:{port}",
                "-w",
                "1",
                "--threads",
                "4",
                "-t",
                "120",
            ],
            env=web_env,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        ),
        subprocess.Popen(
            [python, "-m", "celery", "-A", "tests.browser.moved", "worker", "-c", "1", "-l", "warning"],
            env=worker_env,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        ),
    ]
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address + "/health/", servers[0], home / "servers.log")
        yield Portal(address, database, home)
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
        log.close()
        drop_database(database, beside=template_database)


def _other_redis(url: str) -> str:
    """A number of its own inside the same Redis, so that another worker takes none of our jobs."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{8 + os.getpid() % 8}"))


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the portal did not start:\n" + log.read_text()[-3000:])


# Of a module alone: the driver keeps an event loop running, in which Django's tests would not work.
@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def page_as(portal: Portal, browser: object) -> Iterator[Callable[..., object]]:
    """A page on which somebody has signed in by the form. Script errors and policy violations fail the test."""
    contexts = []
    complaints: list[str] = []

    def open_page(username: str, *, width: int = 1366, height: int = 768, locale: str = "zh-CN") -> object:
        context = browser.new_context(  # type: ignore[attr-defined]
            viewport={"width": width, "height": height}, locale=locale, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        page.goto(portal.url("/accounts/login/"))
        page.focus("#id_login")
        page.keyboard.type(username)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def clock(portal: Portal) -> Iterator[Callable[[int], dt.date]]:
    """Moves the portal's clock; gives the portal's day."""

    def move(days: int) -> dt.date:
        portal.move_clock(days)
        return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date() + dt.timedelta(days)

    yield move
    portal.move_clock(0)


def connect(portal: Portal) -> psycopg2.extensions.connection:
    return _owner_connect(portal.database)


@pytest.fixture
def looks() -> Iterator[Callable[[Any, str], None]]:
    """Looks at a page where it is reached, without touching it; what is wrong with its look is told at the end."""
    from axe_playwright_python.sync_playwright import Axe

    complaints: list[str] = []
    axe = Axe()

    def look(page: Any, name: str) -> None:
        for width, height in (DESK, PHONE, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if wide > 0:
                complaints.append(f"{name} at {width}: {wide} px too wide")
            if width == NARROW[0]:
                continue
            found = axe.run(page, options=_RULES)
            if found.violations_count:
                complaints.append(f"{name} at {width}: {found.generate_report()}")
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})

    yield look
    assert complaints == []
