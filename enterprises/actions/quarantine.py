"""An upload is scanned before anything reads it; until then it only lies there."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from enterprises.models import ImportBatch, ImportProblem
from tenancy import audit, files, scanner
from tenancy.access import Actor, require


def admit(*, by: Actor, batch: ImportBatch) -> bool:
    """Whether the upload may be read. An infected one is refused, deleted and audited.

    Raises ScannerUnavailable while the scanner does not answer; the batch stays as it is then. What has
    been read before was scanned before. Files that are gone are left to the reader.
    """
    require(by, "enterprises.import", batch.region_id)
    if batch.state != ImportBatch.State.UPLOADED or batch.file is None or not batch.file.is_there:
        return True
    with batch.file.open() as file:
        verdict = scanner.scan(file)
    if verdict.state == "unavailable":
        raise scanner.ScannerUnavailable
    if verdict.state == "clean":
        return True
    with transaction.atomic():
        files.forget(batch.file)
        batch.state = ImportBatch.State.REFUSED
        batch.finished_at = timezone.now()
        batch.counts = {"rows": 0, "problems": 1}
        batch.save(update_fields=["state", "finished_at", "counts"])
        ImportProblem.objects.create(
            region_id=batch.region_id,
            batch=batch,
            severity="error",
            code="file_infected",
            params={"virus": verdict.name[:100]},
        )
        audit.record(
            by=by,
            action="enterprises.import.infected",
            region=batch.region_id,
            subject=batch,
            detail={"virus": verdict.name[:100], "sha256": batch.sha256},
        )
    return False
