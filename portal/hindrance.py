"""What keeps an enterprise from moving to another place: asked of every floor, when it is offered and when it goes."""

from __future__ import annotations

from cultivation.queries import tied
from subsidies import vouchers
from subsidies.queries import bound


def hindrance(enterprise_id: int, to: str) -> str:
    """`tied` by an application of its province, by `awards` (or an open redemption of a voucher) of a place that does not lie
    above the new one, or nothing. At most four queries."""
    if tied(enterprise_id, to):
        return "tied"
    return "awards" if bound(enterprise_id, to) or vouchers.bound(enterprise_id, to) else ""
