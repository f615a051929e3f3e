from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

ROLES = Path(__file__).resolve().parents[2] / "embedded" / "roles.sql"


class Command(BaseCommand):
    help = "Print the SQL that makes Tidu's database roles, for a database administrator (psql)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(ROLES.read_text())
