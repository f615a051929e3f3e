"""Translations without gettext's tools: Babel extracts, merges, checks and compiles.

`python -m portal.translations compile` is part of the set-up; `update` rewrites the English catalogue
from the sources; `check` fails when a string has no English. The sources are in Chinese.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
APPS = ("portal", "subsidies", "procurement", "services", "cultivation", "enterprises", "tenancy")
KEYWORDS = dict.fromkeys(
    ("_", "gettext", "gettext_lazy", "ngettext", "pgettext", "gettext_noop", "ngettext_lazy"), None
)


def _sources() -> Iterator[tuple[Path, bytes]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            yield path, path.read_bytes()
    from django.utils.translation.template import templatize

    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        # What is not a call is noise to the Python reader.
        yield path, "\n".join(_calls(text)).encode()


def _calls(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield " ; ".join(re.findall(r"""\b(?:gettext|ngettext|pgettext|_)\(.*?\)(?=\s|$)""", line))


def extract() -> Catalog:
    catalogue = Catalog(locale="en", project="Tidu", charset="utf-8", fuzzy=False, header_comment="")
    for path, source in _sources():
        for _line, function, message, _comments in extract_python(
            BytesIO(source), KEYWORDS, [], {"encoding": "utf-8"}
        ):
            if not message:
                continue
            if isinstance(message, tuple):
                message = tuple(m for m in message if isinstance(m, str))
                if function not in ("ngettext", "ngettext_lazy") or len(message) < 2:
                    message = message[0] if message else None
            if message:
                catalogue.add(message, locations=[(str(path.relative_to(ROOT)), 0)])
    return catalogue


def stored() -> Catalog:
    if not CATALOGUE.exists():
        return Catalog(locale="en", charset="utf-8")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def update() -> int:
    """Rewrites the catalogue: new strings empty, gone ones dropped. Returns how many are still empty."""
    fresh, old = extract(), stored()
    for message in fresh:
        if message.id:
            known = old.get(message.id)
            message.string = known.string if known else message.string
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, sort_output=True, width=0, include_lineno=False, omit_header=False)
    return len(missing())


def _singular(text: Any) -> str:
    return str(text[0] if isinstance(text, tuple | list) else text)


def missing() -> list[str]:
    """Strings of the sources that have no English yet, or one with other placeholders."""
    known = stored()
    found = []
    for message in extract():
        if not message.id:
            continue
        translated = known.get(message.id)
        text = translated.string if translated else ""
        first, identifier = _singular(text), _singular(message.id)
        if not first or set(re.findall(r"%\(\w+\)[sd]", identifier)) != set(
            re.findall(r"%\(\w+\)[sd]", first)
        ):
            found.append(identifier)
    return found


def compile_all() -> None:
    """Writes the .mo beside each .po, replacing it whole so that a running server never reads half."""
    for po in (ROOT / "locale").rglob("*.po"):
        target = po.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as file:
            catalogue = read_po(file)
        draft = target.with_suffix(".mo.new")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(target)


def main(command: str) -> int:
    if command == "compile":
        compile_all()
    elif command == "update":
        print(f"{update()} strings without English")
    elif command == "check":
        absent = missing()
        for text in absent:
            print(f"no English: {text}")
        return 1 if absent else 0
    return 0


if __name__ == "__main__":
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
