"""bin/manage load_history: recognitions and claims of the past, one enterprise in each JSON line, all or none."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from subsidies.actions import record_history
from subsidies.rules.history import HistoryError, Line, read
from tenancy.access import Denied, actor_for
from tenancy.context import acting
from tenancy.models import Region


class Command(BaseCommand):
    help = "Record recognitions and claims out of a file of JSON lines. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="JSON lines: uscc, region, events")
        parser.add_argument("--by", required=True, metavar="USER", help="who brings it in")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = Path(options["file"]).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as wrong:
            raise CommandError(f"{options['file']}: {wrong}") from None
        lines, problems = _lines(text)
        counts = {"enterprises": len(lines), "created": 0, "new": 0, "changed": 0, "unchanged": 0}
        if not problems:
            with transaction.atomic():
                problems = self._record(lines, options["by"], counts)
                if problems:
                    transaction.set_rollback(True)
                    counts |= dict.fromkeys(("created", "new", "changed", "unchanged"), 0)
        if options["json"]:
            sys.stdout.write(json.dumps({**counts, "problems": problems}, ensure_ascii=False) + "\n")
        else:
            for p in problems:
                self.stderr.write(f"line {p['line']} {p['where']}: {p['code']} {p['value']!r}")
            self.stdout.write(" ".join(f"{name}={count}" for name, count in counts.items()))
        if problems:
            sys.exit(1)

    def _record(
        self, lines: list[tuple[int, Line]], username: str, counts: dict[str, int]
    ) -> list[dict[str, Any]]:
        problems: list[dict[str, Any]] = []
        by_region: dict[str, list[tuple[int, Line]]] = defaultdict(list)
        for number, line in lines:
            by_region[line.region].append((number, line))
        for code, here in sorted(by_region.items()):
            try:
                region = Region.objects.by_code(code)
                actor = actor_for(username, covering=region.path, origin=f"load_history uid={os.getuid()}")
                with acting(actor):
                    done = record_history(by=actor, region=region.path, lines=[line for _n, line in here])
            except Region.DoesNotExist:
                problems.append(_problem(here[0][0], "region", "region_unknown", code))
                continue
            except LookupError:
                raise CommandError(f"There is no officer {username} with a posting.") from None
            except Denied:
                problems.append(_problem(here[0][0], "region", "not_allowed", code))
                continue
            for name in ("created", "new", "changed", "unchanged"):
                counts[name] += getattr(done, name)
            elsewhere = set(done.elsewhere)
            problems += [
                _problem(number, "uscc", "registered_elsewhere", line.uscc)
                for number, line in here
                if line.uscc in elsewhere
            ]
        return problems


def _lines(text: str) -> tuple[list[tuple[int, Line]], list[dict[str, Any]]]:
    lines: list[tuple[int, Line]] = []
    problems: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            line = read(json.loads(raw, parse_float=str))
        except HistoryError as wrong:
            problems.append(_problem(number, wrong.where, wrong.code, wrong.value))
        except (ValueError, RecursionError):
            problems.append(_problem(number, "", "not_json", raw[:80]))
        else:
            if line.uscc in seen:
                problems.append(_problem(number, "uscc", "twice", f"{line.uscc} ({seen[line.uscc]})"))
            seen[line.uscc] = number
            lines.append((number, line))
    return lines, problems


def _problem(line: int, where: str, code: str, value: object) -> dict[str, Any]:
    return {"line": line, "where": where, "code": code, "value": value}
