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

from enterprises.rules.fields import FIELDS
from subsidies.rules.words import WORDS

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
APPS = ("portal", "subsidies", "procurement", "services", "cultivation", "enterprises", "tenancy")
PLURAL = {"ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
KEYWORDS = dict.fromkeys({"_", "gettext", "gettext_lazy", "gettext_noop"} | PLURAL | CONTEXT, None)
_TEXT = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"(?<!\w)(?:n?p?gettext|_)\(\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*(?:,\s*count\s*)?\)")
_MARKS = re.compile(r"%(\(\w+\))[-0-9.]*([a-z])|(%%)|(</?\w+)")


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
        yield " ; ".join(_CALL.findall(line))


def extract() -> Catalog:
    catalogue = Catalog(locale="en", project="Tidu", charset="utf-8", fuzzy=False, header_comment="")
    for path, source in _sources():
        for _line, function, found, _comments in extract_python(
            BytesIO(source), KEYWORDS, [], {"encoding": "utf-8"}
        ):
            texts = [str(text) for text in (found if isinstance(found, tuple) else (found,)) if text]
            context = texts.pop(0) if function in CONTEXT and len(texts) > 1 else None
            if not texts:
                continue
            message = tuple(texts[:2]) if function in PLURAL and len(texts) > 1 else texts[0]
            catalogue.add(message, locations=[(str(path.relative_to(ROOT)), 0)], context=context)
    for word in _words_of_facts():
        catalogue.add(word, locations=[("enterprises/rules/fields.py", 0)])
    return catalogue


def _words_of_facts() -> Iterator[str]:
    """Headers, units and choices of facts: the rules know no gettext, pages translate them as they show them."""
    for field in FIELDS:
        yield field.header.split("（")[0] if field.unit else field.header
        if field.unit not in ("", "%"):
            yield field.unit
        yield from (word for _value, word, _more in field.choices)
    yield from WORDS.values()


def stored() -> Catalog:
    if not CATALOGUE.exists():
        return Catalog(locale="en", charset="utf-8")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def update() -> int:
    """Rewrites the catalogue: new strings empty, gone ones dropped. Returns how many are still empty."""
    fresh, old = extract(), stored()
    fresh.creation_date = old.creation_date
    for message in fresh:
        if message.id:
            known = old.get(message.id, message.context)
            if known and len(_forms(known.string)) == len(_forms(message.id)):
                message.string = known.string
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, sort_output=True, width=0, include_lineno=False, omit_header=False)
    return len(missing())


def _forms(text: Any) -> list[str]:
    return [str(form) for form in text] if isinstance(text, tuple | list) else [str(text or "")]


def missing() -> list[str]:
    """Strings of the sources that have no English yet, or one with other placeholders or tags."""
    known = stored()
    found = []
    for message in extract():
        if not message.id:
            continue
        translated = known.get(message.id, message.context)
        texts = _forms(translated.string if translated else "")
        identifiers = _forms(message.id)
        marks = set(_MARKS.findall(identifiers[-1]))
        if len(texts) != len(identifiers) or any(
            not text or set(_MARKS.findall(text)) != marks for text in texts
        ):
            found.append(identifiers[0])
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
