"""What the set-up says on a machine where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.embedded import setup
from portal.embedded.setup import Stop


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "loads", lambda library: library == "libpango-1.0.so.0")
    monkeypatch.setattr(setup, "has_chinese_font", lambda: False)
    monkeypatch.setattr(setup, "rights", lambda: None)


def test_missing_libraries_are_named_with_the_exact_command(bare: None) -> None:
    with pytest.raises(Stop) as caught:
        setup.install_missing_packages("run")
    assert str(caught.value).endswith(
        "Type: sudo apt-get install -y --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
    )


def test_without_chromium_the_tests_run_and_say_what_they_skip(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "missing_packages", lambda kind: ["chromium", "libatomic1"])
    monkeypatch.setattr(setup, "rights", lambda: None)
    setup.install_missing_packages("test")
    said = capsys.readouterr().err
    assert "browser tests will be skipped" in said and said.endswith(" chromium libatomic1\n")


def test_a_half_finished_environment_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch(mode=0o755)
    assert not setup.environment_is_ready("run")
    setup.marker("run").write_text("an older lock file")
    assert not setup.environment_is_ready("run")
    setup.marker("run").write_text(setup.fingerprint("run"))
    assert setup.environment_is_ready("run")
    assert not setup.environment_is_ready("test")
