"""Starting, sharing and stopping real servers in homes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from portal.embedded import postgres as postgres_server
from portal.embedded import processes
from portal.embedded.home import Home
from portal.embedded.postgres import Postgres
from portal.embedded.programs import Programs
from portal.embedded.redis_server import Redis
from portal.embedded.servers import Services, embedded, using
from portal.embedded.setup import Stop


@pytest.fixture(scope="module")
def home(new_home: Callable[[], Home]) -> Home:
    return new_home().open()


@pytest.fixture
def postgres(home: Home) -> Postgres:
    return Postgres(Programs.find(home.service_user), home.data, home.secrets, throwaway=True)


@pytest.fixture
def redis(home: Home) -> Redis:
    return Redis(Programs.find(home.service_user), home.data, home.secrets, throwaway=True)


@pytest.fixture
def services(home: Home) -> Iterator[Services]:
    with embedded(home) as found:
        yield found


def ask(url: str, sql: str) -> object:
    link = psycopg2.connect(url, connect_timeout=10)
    try:
        with link.cursor() as cursor:
            cursor.execute(sql)
            return (cursor.fetchone() or [None])[0]
    finally:
        link.close()


def test_the_servers_run_while_they_have_users_and_stop_with_the_last(
    home: Home, postgres: Postgres, redis: Redis
) -> None:
    with embedded(home) as first:
        with embedded(home) as second:
            assert second.web_url == first.web_url
        assert ask(first.web_url, "SELECT 1") == 1
        assert redis.port() is not None
    assert postgres.port() is None and redis.port() is None
    assert processes.working_in(postgres.folder) == [] and processes.working_in(redis.folder) == []


def test_two_newcomers_at_once_start_one_server(home: Home) -> None:
    urls: list[str] = []

    def visit() -> None:
        with embedded(home) as services:
            urls.append(services.web_url)
            time.sleep(0.5)

    threads = [threading.Thread(target=visit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 3 and len(set(urls)) == 1


def test_the_logins_are_what_row_level_security_needs(services: Services) -> None:
    attributes = (
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolinherit "
        "FROM pg_roles WHERE rolname = current_user"
    )
    for url in (services.web_url, services.worker_url):
        assert ask(url, attributes) is False
    assert (
        ask(services.owner_url, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        is False
    )
    members = "SELECT string_agg(r, ',') FROM unnest(ARRAY['app_office', 'app_enterprise', 'app_public', 'app_nation']) r WHERE pg_has_role(current_user, r, 'SET')"
    assert ask(services.web_url, members) == "app_office,app_enterprise,app_public"
    assert ask(services.worker_url, members) == "app_office,app_enterprise,app_public,app_nation"
    assert ask(services.owner_url, "SELECT pg_has_role('tidu_owner', 'tidu_definer', 'SET')") is True
    assert (
        ask(
            services.test_url, "SELECT pg_has_role('tidu_worker', 'SET') AND pg_has_role('app_nation', 'SET')"
        )
        is True
    )


def test_nobody_gets_in_without_a_password(services: Services) -> None:
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(services.web_url.replace(services.web_url.split(":")[2].split("@")[0], "guess"))


def test_chinese_text_is_kept_and_ordered_by_code_point_everywhere_alike(services: Services) -> None:
    assert (
        ask(services.owner_url, "SELECT string_agg(n, '' ORDER BY n) FROM unnest(ARRAY['乙', '𬭩', '丁']) n")
        == "丁乙𬭩"
    )
    assert (
        ask(services.owner_url, "SELECT datlocale FROM pg_database WHERE datname = current_database()")
        == "C.UTF-8"
    )


def test_a_killed_server_is_started_again_on_its_port(
    home: Home, services: Services, postgres: Postgres
) -> None:
    port = postgres.port()
    os.kill(int((postgres.folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    with embedded(home) as again:
        assert ask(again.web_url, "SELECT 1") == 1
        assert postgres.port() == port


def test_a_killed_redis_is_started_again(home: Home, services: Services, redis: Redis) -> None:
    processes.end(processes.working_in(redis.folder), patience=0)
    assert redis.port() is None
    with embedded(home):
        assert redis.port() is not None


def test_a_pid_file_whose_number_another_process_has_is_no_obstacle(home: Home, postgres: Postgres) -> None:
    become = home.service_user.become() if home.service_user else {}
    stranger = subprocess.Popen(["sleep", "60"], **become)
    pid_file = postgres.folder / "postmaster.pid"
    try:
        pid_file.write_text(
            f"{stranger.pid}\n{postgres.folder}\n1700000000\n5999\n\n127.0.0.1\n 1 0\nready   \n"
        )
        if home.service_user:
            os.chown(pid_file, home.service_user.uid, home.service_user.gid)
        with embedded(home) as services:
            assert ask(services.web_url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_taken_port_is_left_to_its_holder(home: Home, postgres: Postgres) -> None:
    with embedded(home):
        port = postgres.port()
    assert port
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        with embedded(home) as services:
            assert postgres.port() != port
            assert ask(services.web_url, "SELECT 1") == 1


def test_two_homes_run_side_by_side(home: Home, new_home: Callable[[], Home], services: Services) -> None:
    with embedded(new_home().open()) as other:
        assert other.web_url != services.web_url
        assert (
            ask(other.web_url, "SELECT current_user")
            == ask(services.web_url, "SELECT current_user")
            == "tidu_web"
        )


def test_servers_of_the_environment_are_used_and_nothing_is_started(
    home: Home, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://web@db/tidu")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://owner@db/tidu")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    monkeypatch.setenv("DATABASE_WORKER_URL", "postgres://worker@db/tidu")
    with using(Home(home.root)) as services:
        assert services.environment("web")["DATABASE_URL"] == "postgres://web@db/tidu"
        assert services.environment("worker")["DATABASE_URL"] == "postgres://worker@db/tidu"
        assert services.descriptors == ()
        assert postgres.port() is None


def test_half_given_servers_are_refused_with_the_missing_name(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://web@db/tidu")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    with pytest.raises(Stop, match="not DATABASE_OWNER_URL"), using(Home(home.root)):
        pass


def test_without_shared_memory_of_the_machine_the_cluster_uses_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "SHARED_MEMORY", tmp_path / "shm")
    assert "mmap" in postgres_server.shared_memory()
    (tmp_path / "shm").mkdir(mode=0o755)
    assert "mmap" in postgres_server.shared_memory()
    (tmp_path / "shm").chmod(0o1777)
    assert postgres_server.shared_memory() == ""
