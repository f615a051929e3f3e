"""Letters let one person speak for an enterprise, once; a second claim goes to the county."""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from enterprises import letters
from enterprises.actions import entry
from enterprises.actions.accounts import activate, decide_claim, invite
from enterprises.actions.entry import Refused
from enterprises.letters import Letter, Newcomer, letter_of
from enterprises.models import Claim, Enterprise, Invitation
from portal import tasks
from portal.reports.letters import print_letters
from tenancy import jobs
from tenancy.access import Actor, Denied, actor_for, system_actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Job, Officer, Posting, Region, StoredFile
from tests.conftest import BOLE, JINGHE
from tests.enterprises import books
from tests.tenancy.test_sign_in import PASSWORD, sign_in

pytestmark = pytest.mark.django_db


def firm(n: int = 1, region: str = BOLE) -> Enterprise:
    by = system_actor(region)
    with acting(by):
        return entry.save_by_hand(
            by=by, region=region, year=2025, values={"uscc": books.code(n), "name": f"第{n}号有限公司"}
        )


def letter_for(by: Actor, *firms: Enterprise) -> list[Letter]:
    with acting(by):
        return invite(by=by, region=by.region_path, enterprise_ids=[f.pk for f in firms])


def use(letter: Letter, name: str | Officer = "zhao.liu", uscc: str = "") -> Claim | None:
    found = letter_of(letter.code)
    assert found is not None
    who = name if isinstance(name, Officer) else Newcomer(name, "赵六", PASSWORD)
    return activate(by=system_actor(found.region_id), letter=found, uscc=uscc or letter.uscc, who=who)


def test_the_holder_of_a_letter_signs_in_and_sees_the_own_enterprise_alone(
    client: Client, county_bole: Actor
) -> None:
    cache.clear()
    own, other = firm(1), firm(2)
    (letter,) = letter_for(county_bole, own)
    assert "激活码" in client.get("/accounts/activate/").content.decode()
    form = {
        "code": letter.code.lower().replace("-", " "), "uscc": own.uscc, "username": "zhao.liu",
        "display_name": "赵六", "password": PASSWORD, "again": PASSWORD,
    }  # fmt: skip
    assert client.post("/accounts/activate/", form)["Location"] == "/accounts/login/"
    assert client.post("/accounts/login/", {"login": "zhao.liu", "password": PASSWORD}).status_code == 302
    assert client.get(f"/enterprises/{own.public_id}/").status_code == 200
    assert client.get(f"/enterprises/{other.public_id}/").status_code == 404
    assert client.get("/registry/").status_code == 403
    with acting(county_bole):
        assert AuditEntry.objects.get(action="accounts.activate").detail["officer"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "AAAA-AAAA-AAAA-AAAA-AAAA"}, "激活码和信用代码对不上"),
        ({"uscc": books.code(2)}, "激活码和信用代码对不上"),
        ({"again": "something-else-9"}, "两遍密码不一样"),
        ({"password": "short", "again": "short"}, "12"),
        ({"username": "Z"}, "用户名"),
        ({"username": "taken"}, "已有人用"),
    ],
)
def test_a_wrong_entry_says_what_to_do_and_leaves_the_letter_good(
    changes: dict[str, str], said: str, client: Client, county_bole: Actor
) -> None:
    cache.clear()
    Officer.objects.create_user("taken", PASSWORD)
    own = firm(1)
    (letter,) = letter_for(county_bole, own)
    good = {
        "code": letter.code, "uscc": own.uscc, "username": "zhao.liu", "display_name": "赵六",
        "password": PASSWORD, "again": PASSWORD,
    }  # fmt: skip
    answer = client.post("/accounts/activate/", good | changes)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Officer.objects.filter(username="zhao.liu").exists()
    assert client.post("/accounts/activate/", good).status_code == 302


def test_codes_cannot_be_tried_one_after_the_other(client: Client) -> None:
    cache.clear()
    form = {
        "code": "x",
        "uscc": "x",
        "username": "zhao.liu",
        "display_name": "赵",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    for _n in range(30):
        assert "对不上" in client.post("/accounts/activate/", form).content.decode()
    assert "一小时后再来" in client.post("/accounts/activate/", form).content.decode()
    cache.clear()


def test_a_newer_letter_ends_the_one_before_and_a_letter_ends_with_its_day(county_bole: Actor) -> None:
    own = firm(1)
    (first,) = letter_for(county_bole, own)
    (second,) = letter_for(county_bole, own)
    with pytest.raises(Refused, match="letter_over"):
        use(first)
    with nation():
        past = timezone.now() - dt.timedelta(days=61)
        Invitation.objects.filter(ended_at__isnull=True).update(
            made_at=past, until_at=past + dt.timedelta(days=60)
        )
    with pytest.raises(Refused, match="letter_over"):
        use(second)
    (third,) = letter_for(county_bole, own)
    assert use(third) is None


def test_no_code_is_kept_in_clear(county_bole: Actor) -> None:
    (letter,) = letter_for(county_bole, firm(1))
    plain = letter.code.replace("-", "")
    with nation():
        kept = repr(list(Invitation.objects.values())) + repr(list(AuditEntry.objects.values()))
    assert letter.code not in kept
    assert plain not in kept


def test_a_second_claim_goes_to_the_county_which_lets_it_in_or_not(county_bole: Actor) -> None:
    own = firm(1)
    (letter,) = letter_for(county_bole, own)
    assert use(letter, "first.one") is None
    claim = use(letter, "second.one")
    assert claim is not None
    with pytest.raises(LookupError):
        actor_for("second.one")
    with pytest.raises(Refused, match="claimed_already"):
        use(letter, Officer.objects.get(username="second.one"))
    with acting(county_bole):
        with pytest.raises(Refused, match="claim_reason"):
            decide_claim(by=county_bole, claim=claim, how="declined")
        decide_claim(by=county_bole, claim=claim, how="replaced")
        with pytest.raises(Refused, match="claim_decided"):
            decide_claim(by=county_bole, claim=claim, how="beside")
    assert actor_for("second.one").enterprise_id == own.pk
    with pytest.raises(LookupError):
        actor_for("first.one")


@pytest.mark.parametrize(
    ("how", "there"), [("beside", {"first.one", "second.one"}), ("declined", {"first.one"})]
)
def test_the_page_of_claims_decides(how: str, there: set[str], client: Client, county_bole: Actor) -> None:
    own = firm(1)
    (letter,) = letter_for(county_bole, own)
    use(letter, "first.one")
    claim = use(letter, "second.one")
    assert claim is not None
    sign_in(client, county_bole)
    page = client.get("/registry/accounts/claims/").content.decode()
    assert "first.one" in page
    assert "second.one" in page
    address = f"/registry/accounts/claims/{claim.public_id}/"
    assert client.post(address, {"how": how, "reason": "已核实"}).status_code == 302
    with acting(county_bole):
        found = letters.speakers(own.pk).values_list("officer__username", flat=True)
        assert set(found) == there
    assert "已核实" in client.get("/registry/accounts/claims/?state=decided").content.decode()


def test_an_official_does_not_speak_for_an_enterprise(county_bole: Actor) -> None:
    (letter,) = letter_for(county_bole, firm(1))
    with pytest.raises(Refused, match="official"):
        use(letter, Officer.objects.get(pk=county_bole.officer_id))


def test_one_account_speaks_for_two_enterprises_and_changes_between_them(
    client: Client, county_bole: Actor
) -> None:
    cache.clear()
    one, two = firm(1), firm(2)
    first, second = letter_for(county_bole, one, two)
    use(first)
    officer = Officer.objects.get(username="zhao.liu")
    with pytest.raises(Refused, match="speaks_already"):
        use(first, officer)
    sign_in(client, Actor(officer.pk, "", "", "", ""))
    assert "zhao.liu" in client.get("/accounts/activate/").content.decode()
    answer = client.post("/accounts/activate/", {"code": second.code, "uscc": second.uscc})
    assert answer["Location"] == "/"
    with nation():
        held = set(Posting.objects.filter(officer=officer).values_list("enterprise_id", flat=True))
    assert held == {one.pk, two.pk}


def test_only_the_county_makes_letters_for_its_own_active_enterprises(
    county_bole: Actor, prefecture_bortala: Actor, county_jinghe: Actor
) -> None:
    own, neighbour, closed = firm(1), firm(2, JINGHE), firm(3)
    with nation():
        Enterprise.objects.filter(pk=closed.pk).update(state="deregistered")
    assert [each.uscc for each in letter_for(county_bole, own, neighbour, closed)] == [own.uscc]
    for by in (prefecture_bortala, county_jinghe):
        with acting(by), pytest.raises(Denied):
            invite(by=by, region=BOLE, enterprise_ids=[own.pk])


def test_printed_letters_are_for_who_had_them_printed_and_for_a_week(
    client: Client,
    county_bole: Actor,
    person: Callable[..., Actor],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    own, other = firm(1), firm(2)
    sign_in(client, county_bole)
    page = client.get("/registry/accounts/").content.decode()
    assert own.uscc in page
    # Below the registry's address, but a place of its own in the navigation.
    navigation = page.split("<nav", 1)[1].split("</nav>", 1)[0]
    assert navigation.count('aria-current="page"') == 1
    started = client.post("/registry/accounts/print/", {"all": "1"})
    with acting(county_bole):
        job = Job.objects.get()
    assert started["Location"] == f"/jobs/{job.pk}/"
    tasks.print_letters(str(job.pk))
    with acting(county_bole):
        job.refresh_from_db()
        assert job.state == "done", job.error
        stored = StoredFile.objects.get(kind="accounts.letters")
        assert Invitation.objects.count() == 2
    address = f"/registry/accounts/letters/{stored.pk}/"
    answer = client.get(address)
    assert b"".join(answer).startswith(b"%PDF")
    assert own.uscc not in client.get("/registry/accounts/").content.decode()
    assert own.uscc in client.get("/registry/accounts/?view=letter").content.decode()
    sign_in(client, person("county.colleague", "county", BOLE))
    assert client.get(address).status_code == 404

    sign_in(client, county_bole)
    content = Path(settings.FILES_ROOT) / stored.key
    content.rename(content.with_suffix(".away"))
    assert client.get(address).status_code == 404
    content.with_suffix(".away").rename(content)

    # Printed again: the file before is gone, its codes are worth nothing.
    sign_in(client, county_bole)
    with acting(county_bole):
        before = set(Invitation.objects.values_list("pk", flat=True))
    again = client.post("/registry/accounts/print/", {"pick": other.public_id})["Location"].split("/")[2]
    tasks.print_letters(again)
    assert client.get(address).status_code == 404
    with acting(county_bole):
        assert Invitation.objects.filter(pk__in=before, ended_at__isnull=False).count() == 1
        StoredFile.objects.filter(kind="accounts.letters").update(
            created_at=timezone.now() - dt.timedelta(days=8)
        )
    tasks.forget_letters()
    tasks.forget_letters()
    with acting(county_bole):
        assert not StoredFile.objects.filter(kind="accounts.letters", deleted_at__isnull=True).exists()


def test_a_run_that_cannot_print_leaves_every_letter_as_it_was(
    county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    own = firm(1)
    (letter,) = letter_for(county_bole, own)
    with acting(county_bole):
        job = jobs.start(
            by=county_bole,
            kind="accounts.letters",
            region=BOLE,
            params={"enterprises": [own.pk], "site": "x"},
        )

    def broken(*_: Any) -> bytes:
        raise OSError("no space")

    monkeypatch.setattr("portal.reports.letters.print_letters", broken)
    tasks.print_letters(str(job.pk))
    assert use(letter) is None


@given(st.text(max_size=200))
def test_any_text_is_a_code_of_nobody_and_never_an_error(text: str) -> None:
    assert re.fullmatch("[0-9a-f]{64}", letters.digest(text))


def test_a_code_is_read_however_it_was_typed() -> None:
    code = letters.new_code()
    assert re.fullmatch("([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}", code)
    typed = code.lower().replace("-", " — ").replace("0", "o").replace("1", "l")
    assert letters.digest(typed) == letters.digest(code)
    assert letters.new_code() != code


def test_each_letter_is_one_page_also_with_the_longest_name() -> None:
    made = [Letter(books.code(n), "新疆" * 60, letters.new_code(), dt.date(2027, 1, 26)) for n in (1, 2, 3)]
    place = Region(name="博乐市", full_name="新疆维吾尔自治区博尔塔拉蒙古自治州博乐市", path="x")
    printed = print_letters(made, place, "https://tidu.example.gov.cn", timezone.now())
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", printed, re.S)
    plain = printed
    for each in streams:
        with suppress(zlib.error):
            plain += zlib.decompress(each)
    assert len(re.findall(rb"/Type\s*/Page\b", plain)) == 3
