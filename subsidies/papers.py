"""The papers that awards rest on: of their claims, and of the applications for the titles that they follow from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from cultivation.models import Evidence, Recognition
from subsidies.models import Award, ClaimFile
from subsidies.models.claims import PREFIX
from tenancy.models import StoredFile


def papers_of(awards: Sequence[Award]) -> dict[int, list[dict[str, Any]]]:
    """Award → its papers: of what (`claim` or `application`), name, size, digest and the stored file. Four queries."""
    events = {a.event for a in awards}
    titles = dict(
        Recognition.objects.filter(code__in=events, application__isnull=False).values_list(
            "application", "code"
        )
    )
    found: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    columns = ("enterprise_id", "name", "media_type", "size", "file_id")
    claimed = {event.removeprefix(PREFIX) for event in events if event.startswith(PREFIX)}
    for row in (
        ClaimFile.objects.filter(claim__public_id__in=claimed)
        .order_by("id")
        .values(*columns, "claim__public_id")
    ):
        found[row["enterprise_id"], PREFIX + row.pop("claim__public_id")].append(row | {"of": "claim"})
    attached = Evidence.objects.filter(application__in=titles, removed_at__isnull=True)
    for row in attached.order_by("id").values(*columns, "application_id"):
        found[row["enterprise_id"], titles[row.pop("application_id")]].append(row | {"of": "application"})
    digests = _digests([row["file_id"] for rows in found.values() for row in rows])
    return {a.pk: [_paper(row, digests) for row in found[a.enterprise_id, a.event]] for a in awards}


def _digests(files: Sequence[Any]) -> dict[Any, str]:
    """Of the files whose rows one sees: what was stored in another place before a move is not among them. One query."""
    return dict(StoredFile.objects.filter(pk__in=files).values_list("pk", "sha256"))


def _paper(row: Mapping[str, Any], digests: Mapping[Any, str]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("of", "name", "media_type", "size")}
    return kept | {"file": str(row["file_id"]), "sha256": digests.get(row["file_id"], "")}
