"""Entering by hand through the pages: sent twice, in two tabs, and a code of another county (C-10, C-11, A-13, A-17)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from enterprises.actions import check_upload, save_by_hand, write_batch
from enterprises.models import Enterprise
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, JINGHE
from tests.enterprises import books
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
FORM = {"uscc": books.code(1), "name": "博乐重工有限公司", "year": "2025", "revenue": "12.5"}


def test_a_form_sent_twice_makes_one_enterprise_and_leads_to_it_c10(
    client: Client, county_bole: Actor
) -> None:
    sign_in(client, county_bole)
    first = client.post(reverse("enterprises:new"), FORM)
    again = client.post(reverse("enterprises:new"), FORM)
    with nation():
        made = Enterprise.objects.get()
        assert made.version == 1
    assert first["Location"] == f"/enterprises/{made.public_id}/"
    assert again.status_code == 422
    assert "已在名录里" in again.content.decode()


def test_the_second_of_two_tabs_is_refused_and_shown_what_differs_c11(
    client: Client, county_bole: Actor
) -> None:
    with acting(county_bole):
        made = save_by_hand(
            by=county_bole,
            region=BOLE,
            year=2025,
            values={"uscc": books.code(1), "name": "甲公司", "park": "东园"},
        )
    sign_in(client, county_bole)
    address = reverse("enterprises:edit", args=[made.public_id])
    seen = {"name": "甲公司", "year": "2025", "version": "1", "figures_version": "0"}
    assert client.post(address, {**seen, "park": "西园", "employees": "5"}).status_code == 302
    second = client.post(address, {**seen, "park": "南园", "employees": "5"})
    text = second.content.decode()
    assert second.status_code == 422
    assert "别人刚刚改过" in text
    assert "西园" in text  # what stands there now
    assert 'value="南园"' in text  # what was typed
    with nation():
        made.refresh_from_db()
        assert made.park == "西园"
    # read and confirmed: saved with the version that the page now holds
    assert f'name="version" value="{made.version}"' in text
    assert (
        client.post(
            address,
            {**seen, "version": str(made.version), "figures_version": "1", "park": "南园", "employees": "5"},
        ).status_code
        == 302
    )


def test_figures_entered_in_two_tabs_for_a_year_without_any_are_not_overwritten_c11(
    client: Client, county_bole: Actor
) -> None:
    with acting(county_bole):
        made = save_by_hand(
            by=county_bole, region=BOLE, year=2025, values={"uscc": books.code(1), "name": "甲公司"}
        )
    sign_in(client, county_bole)
    address = reverse("enterprises:edit", args=[made.public_id])
    seen = {"name": "甲公司", "year": "2025", "version": "1", "figures_version": "0"}
    assert client.post(address, {**seen, "employees": "5"}).status_code == 302
    assert client.post(address, {**seen, "employees": "7"}).status_code == 422


def test_a_code_of_another_county_is_refused_alike_by_hand_and_by_import_a17(
    client: Client, county_bole: Actor, county_jinghe: Actor
) -> None:
    with acting(county_jinghe):
        theirs = save_by_hand(
            by=county_jinghe,
            region=JINGHE,
            year=2025,
            values={"uscc": books.code(1), "name": "精河秘密有限公司"},
        )
    sign_in(client, county_bole)
    answer = client.post(reverse("enterprises:new"), FORM)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "已在其他县（市）登记" in text
    assert "精河" not in text
    assert theirs.public_id not in text
    checked = client.get(reverse("enterprises:check"), {"uscc": books.code(1)}).content.decode()
    assert "精河" not in checked
    with acting(county_bole):
        file = books.xlsx(("表", books.plain(3)))
        batch = check_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=[file.read()])
        assert batch.counts["failed"] == 1
        batch = write_batch(by=county_bole, batch=batch)
        assert batch.counts["created"] == 2
    page = client.get(reverse("enterprises:batch", args=[batch.public_id])).content.decode()
    assert "已在其他县（市）登记" in page
    assert "精河" not in page
    with nation():
        theirs.refresh_from_db()
        assert (theirs.region_id, theirs.name) == (JINGHE, "精河秘密有限公司")


def test_a_foreign_enterprise_cannot_be_named_in_a_form_a13(
    client: Client, county_bole: Actor, county_jinghe: Actor
) -> None:
    with acting(county_jinghe):
        theirs = save_by_hand(
            by=county_jinghe, region=JINGHE, year=2025, values={"uscc": books.code(1), "name": "精河公司"}
        )
    sign_in(client, county_bole)
    for name in ("enterprises:edit", "enterprises:state"):
        for public_id in (theirs.public_id, str(theirs.pk)):
            answer = client.post(
                reverse(name, args=[public_id]), {**FORM, "state": "moved", "on": "2026-01-01"}
            )
            assert answer.status_code == 404
    forged = {"enterprise": str(theirs.pk), "enterprise_id": theirs.public_id, "id": str(theirs.pk)}
    assert (
        client.post(reverse("enterprises:new"), {**FORM, "uscc": books.code(2), **forged}).status_code == 302
    )
    asked = {"list": "registry", "format": "csv", "id": theirs.public_id}
    rows = b"".join(client.post(reverse("make_export"), asked).streaming_content)
    assert "精河" not in rows.decode()
    with nation():
        theirs.refresh_from_db()
        assert (theirs.version, theirs.state) == (1, "active")


def test_a_draft_remembers_what_it_was_begun_from_c11(client: Client, county_bole: Actor) -> None:
    with acting(county_bole):
        made = save_by_hand(
            by=county_bole,
            region=BOLE,
            year=2025,
            values={"uscc": books.code(1), "name": "甲公司", "park": "东园"},
        )
    sign_in(client, county_bole)
    address = reverse("enterprises:edit", args=[made.public_id])
    seen = {"name": "甲公司", "year": "2025", "version": "1", "figures_version": "0", "park": "东园"}
    draft = client.post(address, {**seen, "draft": "1", "employees": "9"})["Location"]
    assert client.post(address, {**seen, "park": "西园"}).status_code == 302
    page = client.get(draft).content.decode()
    assert 'name="version" value="1"' in page
    assert client.post(draft, {**seen, "employees": "9"}).status_code == 422
    with nation():
        made.refresh_from_db()
        assert made.park == "西园"
