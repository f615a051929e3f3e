"""bin/manage check_ledger: is the award ledger whole? Names the rows that are not."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from subsidies.checking import check
from tenancy.context import nation


class Command(BaseCommand):
    help = "Recompute the chain, the balances and the invariants of the award ledger. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with nation():
            found = check()
        if options["json"]:
            sys.stdout.write(json.dumps(found.as_json(), ensure_ascii=False) + "\n")
        else:
            for name, value in found.as_json().items():
                self.stdout.write(f"{name}: {value}")
        if not found.is_whole:
            sys.exit(1)
