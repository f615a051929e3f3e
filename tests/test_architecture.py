"""House rules that a machine can check. A new rule comes with a check here, or it is not a rule."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("tenancy", "enterprises", "cultivation", "subsidies", "procurement", "services", "portal")
SOURCES = [p for app in APPS for p in sorted((ROOT / app).rglob("*.py")) if "migrations" not in p.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ACTION_FILES = [p for p in SOURCES if p.name == "actions.py" or "actions" in p.parts]


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_room_is_named_after_nothing() -> None:
    banned = {"utils", "helpers", "common", "manager", "managers", "misc", "services"}
    found = [_relative(p) for p in SOURCES if p.stem in banned and p.parent != ROOT]
    found += [_relative(p) for p in SOURCES if set(p.relative_to(ROOT).parts[1:-1]) & banned]
    assert found == []


@pytest.mark.parametrize("path", [p for p in SOURCES if "rules" in p.parts], ids=_relative)
def test_rules_know_no_django_no_clock_no_chance(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in {
                "django",
                "psycopg2",
                "celery",
                "redis",
                "random",
                "secrets",
                "time",
            }, name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            clock = node.func.attr in {"now", "today", "utcnow", "localdate"}
            assert not clock, f"{_relative(path)}:{node.lineno} reads the clock"


def test_no_signals_between_apps() -> None:
    allowed = {"tenancy/signin.py"}
    found = [
        _relative(p)
        for p in SOURCES
        if re.search(
            r"\b(post_save|pre_save|post_delete|pre_delete|m2m_changed)\b|@receiver", p.read_text("utf-8")
        )
    ]
    assert set(found) <= allowed


@pytest.mark.parametrize("path", ACTION_FILES, ids=_relative)
def test_a_public_action_is_keyword_only_and_says_by_whom(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    exempt = {"note_sign_in", "note_failed_sign_in"}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or node.name in exempt:
            continue
        names = [argument.arg for argument in node.args.kwonlyargs]
        writes = "by" in names
        if node.name.startswith("load_"):  # reference data, written by the owner of the tables
            continue
        assert writes, f"{_relative(path)}:{node.name} has no by="
        assert not node.args.args, f"{_relative(path)}:{node.name} takes positional arguments"


@pytest.mark.parametrize("path", TEMPLATES, ids=_relative)
def test_templates_hold_no_inline_code_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "reports" in path.parts:  # printed, never sent to a browser
        return
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text), "inline script"
    assert not re.search(r"""\son[a-z]+\s*=\s*["']""", text), "inline handler"
    assert not re.search(r"""\sstyle\s*=""", text), "style attribute"
    assert "|safe" not in text, "unescaped text"


@pytest.mark.parametrize("path", TEMPLATES, ids=_relative)
def test_every_form_that_posts_carries_its_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"<form\b[^>]*method=[\"']post[\"'][^>]*>(.{0,200})", text, re.S | re.I):
        assert "csrf_token" in match.group(1)


def test_chinese_in_templates_is_translatable() -> None:
    # Left out: report prints and error pages that must work without the translation machinery.
    skipped = {"templates/errors/500.html"}
    found = []
    for path in TEMPLATES:
        if "reports" in path.parts or _relative(path) in skipped:
            continue
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}|{#.*?#}", "", text, flags=re.S)
        text = re.sub(r"{%\s*blocktrans(?:late)?.*?{%\s*endblocktrans(?:late)?\s*%}", "", text, flags=re.S)
        text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)
        text = text.replace("中文", "")  # the name of a language is written in that language
        if re.search(r"[\u4e00-\u9fff]{2,}", text):
            found.append(_relative(path))
    assert found == []


def test_every_string_has_its_english() -> None:
    from portal.translations import missing

    assert missing() == []


def test_no_third_party_file_is_committed() -> None:
    suspicious = re.compile(r"(bootstrap|htmx|lucide|jquery|chart|vega)[\w.-]*\.(js|css)$")
    assets = [p for p in (ROOT / "portal" / "assets").rglob("*") if suspicious.search(p.name)]
    assert assets == []


def test_locks_hold_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "http" not in text


def test_every_dependency_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("dependencies"))
    for line in lines[start + 1 :]:
        if line.startswith("]"):
            break
        if line.strip().startswith('"'):
            assert "#" in line, line


def test_nothing_that_a_page_calls_takes_the_role_of_the_nation() -> None:
    # The web login has no such role; the login of the tests has every one, so only this check notices.
    own = {"tenancy/context.py", "tenancy/jobs.py"}
    found = {
        _relative(p)
        for p in SOURCES
        if re.search(r"\bnation\(", p.read_text("utf-8"))
        and p.name != "tasks.py"
        and not {"commands", "demo"} & set(p.parts)
    }
    assert found <= own
