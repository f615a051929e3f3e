"""The contract of the command line: counts and problems, exit status 0, 2 or 3."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from enterprises.actions.imports import ImportResult, import_workbook, refusal
from enterprises.wording import message
from tenancy.access import Denied, actor_for
from tenancy.context import acting
from tenancy.models import Region


class Command(BaseCommand):
    help = "Imports a workbook (.xlsx, .csv) of enterprises and their figures into the registry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--region", required=True, metavar="CODE", help="county, prefecture or region")
        parser.add_argument("--year", required=True, type=int, metavar="YYYY", help="the reporting year Y")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="the officer who imports")
        parser.add_argument("--dry-run", action="store_true", help="the same counts, nothing is written")
        parser.add_argument("--all-or-nothing", action="store_true", help="write nothing when a row fails")
        parser.add_argument("--json", action="store_true", help="print exactly one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        result = self._import(options)
        if options["json"]:
            self.stdout.write(json.dumps(result.as_json(), ensure_ascii=False, indent=1))
        else:
            for problem in result.problems:
                self.stderr.write(message(problem))
            self.stdout.write(" ".join(f"{name}={count}" for name, count in result.counts.items()))
        if result.exit_status:
            sys.exit(result.exit_status)

    def _import(self, options: dict[str, Any]) -> ImportResult:
        try:
            region = Region.objects.by_code(options["region"]).path
        except Region.DoesNotExist:
            return refusal("region_unknown", region=options["region"])
        origin = f"import_enterprises uid={os.getuid()}"
        try:
            actor = actor_for(options["by"], covering=region, origin=origin)
        except LookupError:
            return refusal("officer_unknown", username=options["by"])
        path = Path(options["file"])
        try:
            file = path.open("rb")
        except OSError:
            return refusal("file_missing", name=path.name)
        try:
            with file, acting(actor):
                return import_workbook(
                    by=actor,
                    region=region,
                    year=options["year"],
                    file=file,
                    name=path.name,
                    all_or_nothing=options["all_or_nothing"],
                    dry_run=options["dry_run"],
                )
        except Denied:
            return refusal("not_allowed")
