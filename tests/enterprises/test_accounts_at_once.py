"""One letter, two people at the same moment, each on a connection of their own."""

from __future__ import annotations

from enterprises import letters
from enterprises.models import Claim
from tenancy.context import nation
from tests.at_once import officer, together
from tests.conftest import BOLE

from .test_accounts import firm, letter_for, use


def test_of_two_who_use_one_letter_at_once_one_is_let_in_and_the_other_claims(
    committed: None,  # noqa: F811
) -> None:
    county = officer("county", "county", BOLE)
    own = firm(1)
    (letter,) = letter_for(county, own)
    given = together(lambda: use(letter, "first.one"), lambda: use(letter, "second.one"))
    assert sum(claim is None for claim in given) == 1
    with nation():
        assert letters.speakers(own.pk).count() == 1
        assert Claim.objects.count() == 1
