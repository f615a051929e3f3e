"""docker-compose.yml and the Dockerfile, checked as far as it goes without an engine."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from portal.embedded import setup
from portal.embedded.setup import ROOT

OURS = ("web", "worker", "beat", "prepare")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def test_the_production_shape_is_complete(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"proxy", *OURS, "db", "redis"}
    assert compose["services"]["db"]["image"] == "postgres:18"


def test_all_of_ours_run_the_same_image_with_the_commands_of_the_demo(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert len({services[name]["image"] for name in OURS}) == 1
    assert all(services[name]["build"] == "." for name in OURS)
    demo = (ROOT / "portal" / "embedded" / "demo.py").read_text()
    assert services["web"]["command"][:2] == ["gunicorn", "portal.wsgi:application"]
    assert "portal.wsgi:application" in demo
    for name in ("worker", "beat"):
        assert services[name]["command"][:4] == ["celery", "-A", "portal", name]
        assert f'"{name}"' in demo


def test_only_the_preparation_holds_the_owners_login(compose: dict[str, Any]) -> None:
    holders = [name for name in OURS if "tidu_owner" in str(compose["services"][name]["environment"])]
    assert holders == ["prepare"]
    assert "tidu_web:" in compose["services"]["web"]["environment"]["DATABASE_URL"]
    for name in ("worker", "beat"):
        assert "tidu_worker:" in compose["services"][name]["environment"]["DATABASE_URL"]


def test_only_the_proxy_can_be_reached_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["inside"] == {"internal": True}
    # The worker sends webhooks, over a network that nobody else is on.
    for name in (*OURS, "db", "redis"):
        own = ["inside", "outward"] if name == "worker" else ["inside"]
        assert compose["services"][name]["networks"] == own
    assert "outward" not in compose["services"]["proxy"]["networks"]


def test_what_is_waited_for_and_mounted_exists(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for other, wait in service.get("depends_on", {}).items():
            assert other in compose["services"], name
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in compose["services"][other], other
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            elif not source.startswith("$"):
                assert source in compose["volumes"], source


def test_every_secret_comes_from_outside_and_is_named_in_the_example(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    required = set(re.findall(r"\$\{(\w+):\?\}", text))
    example = set(re.findall(r"^(\w+)=", (ROOT / "deploy" / "env.example").read_text(), re.M))
    assert required <= example
    assert {"SECRET_KEY", "OWNER_PASSWORD", "WEB_PASSWORD", "WORKER_PASSWORD", "REDIS_PASSWORD"} <= required
    literal = re.findall(r"://\w*:(?!\$\{)[^@/\s]+@", text)
    assert literal == []


def test_every_variable_is_one_that_the_settings_read(compose: dict[str, Any]) -> None:
    settings = (ROOT / "portal" / "settings.py").read_text()
    for name in OURS:
        for variable in compose["services"][name]["environment"]:
            assert f'"{variable}"' in settings, variable


def test_the_image_has_the_system_packages_that_the_set_up_asks_for() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    for package in (*setup.LIBRARIES.values(), setup.FONT_PACKAGE):
        assert package in dockerfile
    assert "--require-hashes -r requirements.lock" in dockerfile
    assert "USER tidu" in dockerfile


def test_the_database_container_runs_the_same_roles_as_the_embedded_one() -> None:
    script = (ROOT / "deploy" / "roles.sh").read_text()
    assert subprocess.run(["sh", "-n", ROOT / "deploy" / "roles.sh"]).returncode == 0
    variables = set(
        re.findall(r":'(\w+)_password'", (ROOT / "portal" / "embedded" / "roles.sql").read_text())
    )
    assert variables - {"test"} <= set(re.search(r"for name in ([\w ]+);", script)[1].split())  # type: ignore[index]
