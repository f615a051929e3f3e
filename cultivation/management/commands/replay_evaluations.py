"""bin/manage replay_evaluations: judge every stored evaluation again from its facts and edition."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cultivation.replay import replay
from tenancy.context import nation
from tenancy.models import Region


class Command(BaseCommand):
    help = "Replay stored evaluations. Exit status 2 when one comes out differently."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--region", default="", help="code of a region; without it everything")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Region.objects.by_code(options["region"]).path if options["region"] else ""
        with nation():
            result = replay(path)
        if options["json"]:
            counts = {"replayed": result.replayed, "differences": len(result.differences)}
            self.stdout.write(json.dumps(counts | {"ids": result.differences[:100]}))
        else:
            self.stdout.write(f"{result.replayed} replayed, {len(result.differences)} differences.")
        if result.differences:
            sys.exit(2)
