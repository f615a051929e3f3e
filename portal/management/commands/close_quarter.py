"""bin/manage close_quarter: count a quarter once, print the reports of a region and of those below it."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.quarters import QuarterNotEnded, close_quarter, closed
from portal.reports.actions import keep_report
from portal.reports.closed import Quarter
from tenancy.access import system_actor
from tenancy.context import acting
from tenancy.models import Region

NOT_ENDED = 3
PART = ".part"


class Command(BaseCommand):
    help = (
        "Close a quarter (once, however often it is called) and print one PDF for the region and each region "
        "below it. Exit status 3 when the quarter has not ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("quarter", help="like 2026Q3")
        parser.add_argument("--region", required=True, help="code of the region")
        parser.add_argument("--out", required=True, type=Path, help="folder of the PDF files")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        # Not at the top: WeasyPrint is slow to load, and only this command needs it.
        from portal.reports.printing import print_report

        try:
            quarter = Quarter.parse(options["quarter"])
            region = Region.objects.by_code(options["region"])
        except ValueError:
            raise CommandError(f"{options['quarter']} is no quarter; write it like 2026Q3.") from None
        except Region.DoesNotExist:
            raise CommandError(f"There is no region with the code {options['region']}.") from None
        folder: Path = options["out"]
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        actor = system_actor(region.path, origin="command close_quarter")
        try:
            with acting(actor):
                closings = close_quarter(quarter=quarter, region=region.path, by=actor)
        except QuarterNotEnded as error:
            self.stderr.write(f"{error.quarter} has not ended: its last day is {error.quarter.ends_on}.")
            if options["json"]:
                self.stdout.write(json.dumps({"quarter": str(quarter), "error": "quarter_not_ended"}))
            sys.exit(NOT_ENDED)
        snapshots, reports = [], []
        for closing in closings:
            with acting(actor):
                found = closed(closing.snapshot)
            printed = print_report(found)
            target = folder / f"{found.file_stem}.pdf"
            _write(target, printed.content)
            with acting(actor):
                keep_report(by=actor, snapshot=closing.snapshot, printed=printed)
            snapshots.append(
                {"region": found.code, "figures": closing.snapshot.figures, "created": closing.created}
            )
            reports.append({"region": found.code, "file": str(target), "sha256": printed.sha256})
            self.stderr.write(f"{target.name}  {found.name}  {printed.sha256[:16]}")
        if options["json"]:
            result = {"quarter": str(quarter), "snapshots": snapshots, "reports": reports}
            self.stdout.write(json.dumps(result, ensure_ascii=False))


def _write(target: Path, content: bytes) -> None:
    """The whole file or the one that was there: written beside it, then renamed."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=PART, dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            # Held until the renaming, so that another run does not sweep it away.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            try:
                Path(name).chmod(0o644)
                Path(name).replace(target)
            except FileNotFoundError:  # swept in the instant before it was locked
                continue
            return


def _sweep(folder: Path) -> None:
    """Removes what a killed run left half-written; a file that somebody still writes is locked."""
    for part in folder.glob(f".*{PART}"):
        try:
            with part.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink(missing_ok=True)
        except (BlockingIOError, FileNotFoundError):
            continue
