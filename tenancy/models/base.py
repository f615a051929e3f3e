from __future__ import annotations

import secrets

from django.db import models

#: Crockford's base 32 without letters that are misread
_ALPHABET = b"0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
#: of a random byte five bits choose the character
_CHARACTERS = bytes(_ALPHABET[byte % 32] for byte in range(256))


def new_public_ids(count: int) -> list[str]:
    """130-bit random ids for addresses, so that no page tells how many rows there are."""
    text = secrets.token_bytes(_LENGTH * count).translate(_CHARACTERS).decode()
    return [text[at : at + _LENGTH] for at in range(0, len(text), _LENGTH)]


def new_public_id() -> str:
    """One random id, the default of every `public_id`."""
    return new_public_ids(1)[0]


class TenantModel(models.Model):
    """A row that belongs to one region; every such table is under row-level security.

    `region_id` is the region's path, so one column serves the reference, the scope and the policy.
    """

    region = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )

    class Meta:
        abstract = True
