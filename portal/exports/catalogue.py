"""Which lists there are and who may export them: plain data, under everything else here."""

from __future__ import annotations

from tenancy.access import Actor

#: list → the permission that shows it on its page
PERMISSIONS = {
    "registry": "enterprises.export",
    "overview": "enterprises.export",
    "applications": "applications.view",
    "recognitions": "applications.view",
    "pool": "pool.view",
    "awards": "awards.view",
    "award_claims": "awards.claims",
    "orders": "awards.view",
    "vouchers": "awards.view",
    "redemptions": "awards.view",
    "imports": "enterprises.import",
    "exports": "lists.export",
    "audit": "audit.view",
    "people": "people.view",
    "jobs": "lists.export",
    "all_jobs": "jobs.view",
}
#: lists that look different for everybody: their files are for the one who made them
PERSONAL = frozenset({"exports", "jobs", "orders"})


def may_export(actor: Actor, listed: str) -> bool:
    return actor.can("lists.export") and listed in PERMISSIONS and actor.can(PERMISSIONS[listed])


def open_to(actor: Actor) -> list[str]:
    """The lists that the actor may export."""
    return [listed for listed in PERMISSIONS if may_export(actor, listed)]
