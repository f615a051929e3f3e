"""bin/manage awards_due: what each enterprise of a region is due on a day, and why not the rest."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cultivation.stored import yuan
from subsidies.queries import as_json, due
from tenancy.access import system_actor
from tenancy.context import acting
from tenancy.models import Region


class Command(BaseCommand):
    help = (
        "Awards that follow from recognitions and claims, with every refusal and its reason. Writes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--region", required=True, help="code of the region")
        parser.add_argument(
            "--on", required=True, type=dt.date.fromisoformat, help="the day of the judgement"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            region = Region.objects.by_code(options["region"])
        except Region.DoesNotExist:
            raise CommandError(f"There is no region with the code {options['region']}.") from None
        with acting(system_actor(region.path, origin="command awards_due"), snapshot=True):
            answers = list(due(region.path, options["on"]))
        if options["json"]:
            rows = [json.dumps(as_json(uscc, answer), ensure_ascii=False) for uscc, answer in answers]
            sys.stdout.write("[" + ",\n".join(rows) + "]\n")
            return
        total = sum(d.amount or 0 for _uscc, answer in answers for d in answer.due)
        n = sum(len(answer.due) for _uscc, answer in answers)
        self.stdout.write(f"{n} awards of {len(answers)} enterprises, {yuan(total)} yuan.")
