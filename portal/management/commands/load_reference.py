"""bin/manage load_reference: the regions of the country, and the editions of the rules."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from cultivation.actions import load_editions
from tenancy.models import Region, RegionName
from tenancy.rules.divisions import Division, divisions

OWNER = "owner"


class Command(BaseCommand):
    help = "Load regions and rule editions; a second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        created, updated = load_regions()
        self.stdout.write(f"Regions: {created} created, {updated} updated.")
        self.stdout.write(f"Editions: {load_editions()} new.")


def load_regions() -> tuple[int, int]:
    """Bring the regions up to the list and its corrections; how many were created and updated.

    A region keeps its path for ever: a division known under one of its former codes keeps the row that
    it has. Set-based, about a dozen statements for the whole country.
    """
    text = files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8")
    corrections = yaml.safe_load(
        (settings.BASE_DIR / "fixtures" / "regions.yaml").read_text(encoding="utf-8")
    )
    wanted = divisions(text.splitlines(), corrections)
    with transaction.atomic(using=OWNER):
        paths = _paths(wanted)
        created, updated = _write_regions(wanted, paths)
        _write_names(wanted, paths)
    return created, updated


def _paths(wanted: list[Division]) -> dict[str, str]:
    """The path of each division in the list → its path here, which an earlier code may have given it."""
    regions = Region.objects.using(OWNER)
    known = set(regions.values_list("path", flat=True))
    by_code = dict(regions.values_list("code", "path"))
    paths: dict[str, str] = {}
    for division in wanted:
        earlier = (by_code.get(name.code) for name in division.names if name.code != division.code)
        path = division.path
        if division.parent:
            path = paths[division.parent] + path[len(division.parent) :]
        if path not in known:
            path = next((found for found in earlier if found), path)
        paths[division.path] = path
    return paths


def _write_regions(wanted: list[Division], paths: dict[str, str]) -> tuple[int, int]:
    regions = Region.objects.using(OWNER)
    before = {region.path: region for region in regions}
    columns = ("code", "name", "full_name", "kind", "is_tenant", "source", "valid_until")
    created, changed = 0, []
    for depth in sorted({division.path.count("/") for division in wanted}):
        ids = dict(regions.values_list("path", "id"))
        new = []
        for division in wanted:
            if division.path.count("/") != depth:
                continue
            path = paths[division.path]
            values = {
                "code": division.code,
                "name": division.name,
                "full_name": division.full_name,
                "kind": division.kind,
                "is_tenant": division.is_tenant,
                "source": division.source,
                "valid_until": None,
            }
            region = before.get(path)
            if region is None:
                parent_id = ids[paths[division.parent]] if division.parent else None
                new.append(Region(path=path, parent_id=parent_id, **values))
            elif any(getattr(region, column) != values[column] for column in columns):
                for column, value in values.items():
                    setattr(region, column, value)
                changed.append(region)
        regions.bulk_create(new, batch_size=2000)
        created += len(new)
    kept = set(paths.values())
    for region in before.values():
        # A division that left the list keeps its rows and history; it takes no new work.
        if region.path not in kept and region.valid_until is None:
            region.valid_until = timezone.localdate()
            changed.append(region)
    regions.bulk_update(changed, columns, batch_size=500)
    return created, len(changed)


def _write_names(wanted: list[Division], paths: dict[str, str]) -> None:
    ids = dict(Region.objects.using(OWNER).values_list("path", "id"))
    names = {
        (ids[paths[division.path]], name.code, name.name): RegionName(
            region_id=ids[paths[division.path]],
            code=name.code,
            name=name.name,
            valid_from=name.valid_from,
            valid_until=name.valid_until,
        )
        for division in wanted
        for name in division.names
    }
    stored = RegionName.objects.using(OWNER)
    before = {(name.region_id, name.code, name.name): name for name in stored.iterator()}
    changed = []
    for key, row in names.items():
        known = before.pop(key, None)
        if known is None or (known.valid_from, known.valid_until) != (row.valid_from, row.valid_until):
            changed.append(row)
    stored.bulk_create(
        changed,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["region", "code", "name"],
        update_fields=["valid_from", "valid_until"],
    )
    # A name that a correction took back would still lead an import to this region.
    kept = {ids[path] for path in paths.values()}
    stored.filter(pk__in=[name.pk for name in before.values() if name.region_id in kept]).delete()
