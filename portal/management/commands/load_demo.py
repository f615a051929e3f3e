from typing import Any

from django.core.management.base import BaseCommand

from portal.demo.world import build


class Command(BaseCommand):
    help = "Build the demo world: people, enterprises, judgements, a closed quarter. A second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        build(say=self.stdout.write)
