from __future__ import annotations

import secrets

from django.db import models

#: Crockford's base 32 without letters that are misread
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """A 130-bit random id for addresses, so that no page tells how many rows there are."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(26))


class TenantModel(models.Model):
    """A row that belongs to one region; every such table is under row-level security.

    `region_id` is the region's path, so one column serves the reference, the scope and the policy.
    """

    region = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )

    class Meta:
        abstract = True
