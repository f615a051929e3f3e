"""bin/manage check_ledger: is the award ledger whole? Names the rows that are not."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from subsidies import nightly
from subsidies.checking import check
from tenancy.context import nation


class Command(BaseCommand):
    help = (
        "Recompute the chain, the balances and the invariants of the award ledger, and compare it with the heads that "
        "were signed. Writes nothing without --sign. Exit status 1 where something is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--sign", action="store_true", help="sign the heads of a whole ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        with nation():
            if options["sign"]:
                nightly.sign_accepted(now=timezone.now(), origin="command check_ledger")
            found = check()
            signed = options["sign"] and nightly.sign(
                found, now=timezone.now(), origin="command check_ledger"
            )
        if options["json"]:
            sys.stdout.write(json.dumps(found.as_json(), ensure_ascii=False) + "\n")
        else:
            for name, value in found.as_json().items():
                self.stdout.write(f"{name}: {value}")
            if options["sign"]:
                self.stdout.write(f"signed: {signed}")
        if not found.is_whole:
            sys.exit(1)
