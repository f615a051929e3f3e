from typing import Any

from django.db import connection

from enterprises.actions import abandon, check_upload, recheck, write_batch
from enterprises.models import Enterprise, ImportBatch
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE
from tests.enterprises import books


def upload(by: Actor, rows: list[list[Any]], **more: Any) -> ImportBatch:
    file = books.xlsx(("表", rows))
    return check_upload(by=by, region=BOLE, year=2025, name=file.name, chunks=[file.read()], **more)


def test_an_upload_is_checked_stored_and_then_written_once(county_bole: Actor) -> None:
    with acting(county_bole):
        batch = upload(county_bole, books.plain(2, 营业收入=lambda n: n or "约5千万", 备注="x"))
        assert batch.state == "checked" and Enterprise.objects.count() == 0
        assert batch.counts["created"] == 1 and batch.counts["failed"] == 1
        assert [c["field"] for c in batch.layout[0]["columns"]] == ["uscc", "name", "revenue", ""]
        assert set(batch.problems.values_list("code", flat=True)) == {
            "not_a_number",
            "unit_assumed",
            "unknown_column",
        }
        first = write_batch(by=county_bole, batch=batch)
        again = write_batch(by=county_bole, batch=batch)
        assert first.state == again.state == "done" and Enterprise.objects.count() == 1
        assert first.counts == again.counts and batch.problems.filter(severity="error").count() == 1


def test_a_corrected_mapping_is_checked_again_and_all_or_nothing_can_be_tried_again(
    county_bole: Actor,
) -> None:
    with acting(county_bole):
        batch = upload(county_bole, books.plain(2, 收入=lambda n: n or "x"))
        mapping = {"sheets": {"表": {"columns": {"C": {"field": "revenue", "unit": "元"}}}}}
        batch = recheck(by=county_bole, batch=batch, mapping=mapping)
        assert batch.counts["failed"] == 1
        assert write_batch(by=county_bole, batch=batch, all_or_nothing=True).state == "kept_out"
        assert Enterprise.objects.count() == 0
        assert write_batch(by=county_bole, batch=batch).state == "done" and Enterprise.objects.count() == 1


def test_an_abandoned_upload_loses_its_file_and_is_never_written(county_bole: Actor) -> None:
    with acting(county_bole):
        batch = abandon(by=county_bole, batch=upload(county_bole, books.plain(1)))
        assert not batch.file.is_there
        assert (
            write_batch(by=county_bole, batch=batch).state == "abandoned" and Enterprise.objects.count() == 0
        )


def test_a_neighbour_sees_no_batch_and_no_problem(county_bole: Actor, county_jinghe: Actor) -> None:
    with acting(county_bole):
        upload(county_bole, books.plain(1, 营业收入="x"))
    with acting(county_jinghe), connection.cursor() as cursor:
        for table in ("importbatch", "importproblem", "entrydraft", "enterpriseevent", "annualfiguresevent"):
            cursor.execute(f"SELECT count(*) FROM enterprises_{table}")
            assert cursor.fetchone() == (0,)
