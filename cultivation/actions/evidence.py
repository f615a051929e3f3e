"""Evidence of an application: attached and taken away by the applicant while the application lies there."""

from __future__ import annotations

from typing import BinaryIO

from django.utils import timezone

from cultivation.behalf import may_file
from cultivation.models import Application, Evidence
from cultivation.queue import elements_of
from cultivation.rules.evidence import MOST_FILES
from cultivation.rules.workflow import Refused
from cultivation.uploads import checked
from tenancy import audit, files
from tenancy.access import Actor
from tenancy.context import writing

KIND = "evidence"


def attach(*, by: Actor, application: Application, element: str, name: str, file: BinaryIO) -> Evidence:
    """Keeps a file for one element of the standard, or for the whole application where `element` is empty.

    Known by its content, scanned where a scanner is set up. Raises Denied elsewhere, Refused for an application that
    does not lie with the applicant, an unknown element, a file of another kind, too large, infected or one too many.
    """
    may_file(by, application.region_id, application.enterprise_id)
    if element and element not in elements_of(application):
        raise Refused("evidence_element")
    name, media = checked(name, file)
    with writing(by, application.region_id):
        locked = Application.objects.select_for_update().get(pk=application.pk)
        if locked.state != Application.State.DRAFT:
            raise Refused("not_here")
        if Evidence.objects.filter(application=locked, removed_at__isnull=True).count() >= MOST_FILES:
            raise Refused("evidence_many")
        stored = files.store(
            by=by, region=locked.region_id, kind=KIND, name=name, media_type=media, chunks=files.pieces(file)
        )
        made = Evidence.objects.create(
            region_id=locked.region_id,
            application=locked,
            enterprise_id=locked.enterprise_id,
            element=element,
            file=stored,
            name=stored.name,
            media_type=media,
            size=stored.size,
        )
        audit.record(
            by=by,
            action="applications.attach",
            region=locked.region_id,
            subject=locked,
            detail={"element": element, "name": stored.name, "sha256": stored.sha256, "size": stored.size},
        )
    return made


def detach(*, by: Actor, evidence: Evidence) -> None:
    """Takes a file out of an application that lies with the applicant; what was seen stays behind the line."""
    may_file(by, evidence.region_id, evidence.enterprise_id)
    with writing(by, evidence.region_id):
        locked = Application.objects.select_for_update().get(pk=evidence.application_id)
        if locked.state != Application.State.DRAFT:
            raise Refused("not_here")
        if Evidence.objects.filter(pk=evidence.pk, removed_at__isnull=True).update(removed_at=timezone.now()):
            audit.record(
                by=by,
                action="applications.detach",
                region=locked.region_id,
                subject=locked,
                detail={"element": evidence.element, "name": evidence.name},
            )
