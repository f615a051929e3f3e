from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tenancy import audit
from tenancy.context import nation
from tenancy.models import Region


class Command(BaseCommand):
    help = "Recomputes the audit chains and names the first changed, missing or cut row. Exit status 2 at a break."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--region", help="code of one region; without it every region with a chain")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with nation():
            regions = audit.regions_to_seal()
        for path in regions:
            audit.seal(path)
        if options["region"]:
            found = audit.verify(Region.objects.by_code(options["region"]).path)
            breaks = [found] if found else []
        else:
            breaks = audit.verify_all()
        if options["json"]:
            self.stdout.write(json.dumps({"intact": not breaks, "breaks": [asdict(b) for b in breaks]}))
        else:
            for found in breaks:
                self.stdout.write(
                    f"{found.region} position {found.position} entry {found.entry_id}: {found.kind}"
                )
            if not breaks:
                self.stdout.write("intact")
        if breaks:
            sys.exit(2)
