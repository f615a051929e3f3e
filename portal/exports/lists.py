"""Every list that can be exported, by its code."""

from __future__ import annotations

from portal.exports.applications import Applications
from portal.exports.awards import Awards
from portal.exports.base import Listed
from portal.exports.catalogue import may_export
from portal.exports.claims import Claims
from portal.exports.orders import Orders
from portal.exports.pool import Pool
from portal.exports.recognitions import Recognitions
from portal.exports.registry import Overview, Registry
from portal.exports.trails import AllJobs, Audit, Exports, Imports, Jobs, People
from portal.exports.vouchers import Redemptions, Vouchers
from tenancy.access import Actor, Denied

LISTS: dict[str, Listed] = {
    listed.code: listed
    for listed in (
        Registry(),
        Overview(),
        Applications(),
        Recognitions(),
        Pool(),
        Awards(),
        Claims(),
        Orders(),
        Vouchers(),
        Redemptions(),
        Imports(),
        Exports(),
        Audit(),
        People(),
        Jobs(),
        AllJobs(),
    )
}


def find(actor: Actor, code: str) -> Listed:
    """The list. Raises KeyError where there is none, Denied where the actor may not export it."""
    listed = LISTS[code]
    if not may_export(actor, code):
        raise Denied(f"export {code}", actor.region_path)
    return listed
