"""bin/manage evaluate: judge every enterprise of a region, store what is new, print every answer."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cultivation.actions import evaluate
from cultivation.models import Tier
from cultivation.queries import as_json
from cultivation.rules.judge import Judgement
from cultivation.rules.shapes import Edition
from tenancy.access import system_actor
from tenancy.context import acting
from tenancy.models import Region


class Command(BaseCommand):
    help = "Judge every enterprise of a region and below. An unchanged answer is not stored twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tier", required=True, choices=[tier.value for tier in Tier])
        parser.add_argument("--region", required=True, help="code of the region")
        parser.add_argument("--year", required=True, type=int, help="the reporting year Y")
        parser.add_argument(
            "--on", required=True, type=dt.date.fromisoformat, help="the day of the judgement"
        )
        parser.add_argument(
            "--review", action="store_true", help="by what counts for the review of a title that is held"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            region = Region.objects.by_code(options["region"])
        except Region.DoesNotExist:
            raise CommandError(f"There is no region with the code {options['region']}.") from None
        answers: list[str] = []

        def keep(uscc: str, edition: Edition, judgement: Judgement) -> None:
            answers.append(json.dumps(as_json(edition, uscc, judgement), ensure_ascii=False))

        actor = system_actor(region.path, origin="command evaluate")
        try:
            with acting(actor):
                result = evaluate(
                    by=actor,
                    region=region.path,
                    tier=options["tier"],
                    year=options["year"],
                    on=options["on"],
                    review=options["review"],
                    each=keep if options["json"] else None,
                )
        except LookupError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            sys.stdout.write("[" + ",\n".join(answers) + "]\n")
        else:
            counts = ", ".join(f"{name} {count}" for name, count in sorted(result.outcomes.items()))
            self.stdout.write(f"{result.judged} judged by {result.edition} ({counts}); {result.stored} new.")
