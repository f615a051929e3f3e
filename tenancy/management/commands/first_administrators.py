"""The first two administrators of a place, after which people are proposed and confirmed in the browser."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenancy.access import system_actor
from tenancy.actions import Unfit, found
from tenancy.context import acting
from tenancy.models import Region


class Command(BaseCommand):
    help = "The first system and security administrator of a place, with their first passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--region", required=True, help="code of the place, such as 65 or 652701")
        parser.add_argument("--sysadmin", required=True, nargs=2, metavar=("USERNAME", "NAME"))
        parser.add_argument("--secadmin", required=True, nargs=2, metavar=("USERNAME", "NAME"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            region = Region.objects.by_code(options["region"])
        except Region.DoesNotExist:
            raise CommandError(f"There is no region with the code {options['region']}.") from None
        by = system_actor(region.path, origin=f"first_administrators by {getpass.getuser()}")
        administrators = {role: tuple(options[role]) for role in ("sysadmin", "secadmin")}
        try:
            with acting(by):
                made = found(administrators=administrators, region=region, by=by)
        except Unfit as unfit:
            raise CommandError(
                {
                    "held": "This place has an administrator already; further people are proposed in the browser.",
                    "role": "Two different people are needed, one for each role.",
                }[unfit.code]
            ) from None
        for username, password in made:
            self.stdout.write(f"{username}  {password or '(keeps the password of the account)'}")
