"""The work list of awards: the same lines as a whole and a page at a time, forwards, backwards and narrowed; what its page
and the home page say where it is long."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enterprises.models import Enterprise
from portal import tasks
from subsidies import worklist
from subsidies.actions import withdraw
from subsidies.models import Award
from subsidies.queries import answers
from subsidies.worklist import Awaiting, Stretch
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Job
from tests.conftest import BOLE, BORTALA, JINGHE
from tests.tenancy.test_sign_in import sign_in

from .office import TITLE, Office, well

pytestmark = pytest.mark.django_db
DUE = "/awards/due/"
Key = tuple[int, str, str]


def code(n: int) -> str:
    return f"91652701MA{n:07d}{'0123456789ABCDEFGHJKLMNPQRTUWXY'[n % 31]}"


def keys(lines: list[Awaiting]) -> list[Key]:
    return [(each.enterprise.pk, each.due.scheme, each.event.id) for each in lines]


def every(who: Actor, **narrowed: str) -> list[Key]:
    with acting(who):
        return keys(list(worklist.awaiting(who.region_path, timezone.localdate(), **narrowed)))


def page(who: Actor, **more: Any) -> Stretch:
    with acting(who):
        return worklist.page(who.region_path, timezone.localdate(), **more)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six enterprises are many."""
    monkeypatch.setattr(worklist, "MOST", 6)
    monkeypatch.setattr(worklist, "_STRIDES", (1, 2, 3))
    monkeypatch.setattr("portal.pages.award_due._PAGE", 4)


def history(draw: random.Random, n: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for k in range(draw.randint(1, 3)):
        on = f"{draw.choice([2015, 2021, 2024, 2025, 2026])}-0{draw.randint(1, 9)}-01"
        if draw.random() < 0.7:
            title = draw.choice(["specialised", "little_giant", "hnte", "city_tech_giant"])
            event = {"kind": "recognition", "title": title, "how": draw.choice(["new", "renewal"])}
        else:
            event = {
                "kind": "claim",
                "title": draw.choice(["board", "talent_platform", "prize"]),
                "project": f"{k}",
            }
        events.append({"id": f"e{n}.{k}", "on": on, **event})
    return events


def filled(office: Office, numbers: range, seed: int = 20261127) -> None:
    """Enterprises with a history, of which some were proposed, and one of these was withdrawn."""
    draw = random.Random(seed)
    for n in numbers:
        office.knows(*history(draw, n), uscc=code(n))
    with acting(office["proposer"]):
        found = list(worklist.awaiting(BOLE, timezone.localdate()))
    some = [each for each in found if each.due.amount is not None and draw.random() < 0.5]
    made = [office.proposed(e.enterprise, event=e.event.id, scheme=e.due.scheme) for e in some]
    well(office.do("proposer", withdraw, made[0], reason="填错"))


def test_no_line_of_the_arbiter_is_missing_and_none_that_was_proposed_is_left(office: Office) -> None:
    filled(office, range(1, 40))
    who = office["proposer"]
    with acting(who):
        firms = list(Enterprise.objects.under(BOLE).order_by("region_id", "pinyin", "id"))
        known = set(Award.objects.exclude(state="withdrawn").values_list("enterprise_id", "scheme", "event"))
        found = answers(firms, timezone.localdate())
        wanted = [
            (firm.pk, due.scheme, due.event)
            for firm in firms
            for due in found[firm.pk][1].due
            if (firm.pk, due.scheme, due.event) not in known
        ]
        looked = worklist.candidates(BOLE, timezone.localdate()).count()
    assert every(who) == wanted and len(wanted) > 10 and looked < len(firms)
    for scheme in {scheme for _pk, scheme, _event in wanted}:
        assert every(who, scheme=scheme) == [key for key in wanted if key[1] == scheme]
    assert every(who, scheme="Z-99") == []
    q = code(7)[:17]
    assert every(who, q=q) == [
        key for key in wanted if key[0] in {f.pk for f in firms if f.uscc.startswith(q)}
    ]
    with acting(who):
        assert worklist.at_least(BOLE, timezone.localdate()) == (len(wanted), True)


@pytest.mark.parametrize("size", [1, 4, 7])
def test_page_by_page_it_is_the_same_list_forwards_and_backwards(
    office: Office, long: None, size: int
) -> None:
    filled(office, range(1, 40))
    who = office["proposer"]
    for narrowed in ({}, {"scheme": "A-13"}, {"q": "0000001"}):
        whole, seen, after = every(who, **narrowed), [], ""
        pages = [page(who, size=size, **narrowed)]
        assert pages[0].before == ""
        while after := pages[-1].after:
            pages.append(page(who, after=after, size=size, **narrowed))
        for each in pages:
            seen += keys(each.lines)
            assert each.looked <= 6 and (len(each.lines) >= size or each.looked == 6 or not each.after)
        assert seen == whole
        back, gone = [], pages[-1]
        if len(pages) > 1:
            back = keys(gone.lines)
            while gone.before:
                gone = page(who, before=gone.before, size=size, **narrowed)
                back = keys(gone.lines) + [key for key in back if key not in keys(gone.lines)]
            assert back == whole
        again = page(who, after=pages[0].after, size=size, **narrowed)
        assert pages[0].after == "" or keys(again.lines) == keys(pages[1].lines)


def test_a_place_from_elsewhere_is_the_beginning(
    office: Office, long: None, person: Callable[..., Actor]
) -> None:
    filled(office, range(1, 20))
    with nation():
        last = Enterprise.objects.order_by("-pinyin").first()
    who, near = office["proposer"], person("near", "county", JINGHE)
    assert last is not None
    first = page(who, size=4)
    for wrong in ("x", "0" * 26):
        assert page(who, after=wrong, size=4) == page(who, before=wrong, size=4) == first
    assert page(near, after=last.public_id, size=4).lines == [] == page(near, size=4).lines


def links(text: str) -> dict[str, str]:
    nav = text.split('class="pages"')[1].split("</nav>")[0]
    found = re.findall(r'href="([^"]*)"[^>]*>(?:<svg.*?</svg>)?\s*(首页|上一页|下一页)', nav, re.S)
    return {word: href.replace("&amp;", "&") for href, word in found}


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_long_list_is_paged_by_links_that_keep_what_narrows_it(
    office: Office, client: Client, long: None
) -> None:
    firms = {office.knows(TITLE, uscc=code(n)).uscc for n in range(1, 15)}
    sign_in(client, office["proposer"])
    seen: list[str] = []
    path, steps = f"{DUE}?scheme=A-13", []
    while path:
        shown = text(client, path)
        steps.append(path)
        seen += re.findall(r'<span class="code">(\w{18})</span>', shown)
        assert (
            "查了" not in shown
            and "企业多，逐页列出" in shown
            and ("首页" in links(shown)) is (len(steps) > 1)
        )
        further = links(shown).get("下一页", "")
        path = f"{DUE}{further}" if further else ""
        assert not path or "scheme=A-13" in path
    assert len(seen) == len(set(seen)) == 14 and set(seen) == firms and len(steps) == 4
    assert "本页 2 项" in shown and "已是最后一页" in shown
    third = text(client, f"{DUE}{links(shown)['上一页']}")
    assert re.findall(r'<span class="code">(\w{18})</span>', third) == seen[8:12]
    assert "没有符合条件的" in text(client, f"{DUE}?scheme=A-12")
    narrowed = text(client, f"{DUE}?q={seen[0]}")
    assert "1 项，金额已定的合计 25 万元" in narrowed and "逐页列出" not in narrowed


def test_what_is_proposed_on_a_page_leads_back_to_it(office: Office, client: Client, long: None) -> None:
    for n in range(1, 15):
        office.knows(TITLE, uscc=code(n))
    sign_in(client, office["proposer"])
    second = links(text(client, DUE))["下一页"]
    shown = text(client, DUE + second)
    pick = re.findall(r'name="pick" value="([^"]+)"', shown)
    query = re.search(r'name="query" value="([^"]*)"', shown)
    assert query is not None
    form = {"pick": pick[:2], "query": query[1].replace("&amp;", "&") + "&next=//evil"}
    answer = client.post("/awards/propose/", form)
    assert answer["Location"] == DUE + second
    left = re.findall(r'name="pick" value="([^"]+)"', text(client, answer["Location"]))
    assert left[:2] == pick[2:] and not set(pick[:2]) & set(left)


def test_enterprises_without_anything_due_are_passed_over_and_the_page_says_so(
    office: Office, client: Client, long: None
) -> None:
    # A title that lapsed is looked at and refused; two enterprises hold theirs.
    firms = [
        office.knows(TITLE if n in (9, 16) else TITLE | {"on": "2020-01-01"}, uscc=code(n))
        for n in range(1, 17)
    ]
    sign_in(client, office["proposer"])
    shown = text(client, DUE)
    assert "这 6 家没有待提出的" in shown and firms[8].uscc not in shown
    shown = text(client, DUE + links(shown)["下一页"])
    assert firms[8].uscc in shown and "本页 1 项" in shown and "查了 6 家，还不满一页" in shown
    shown = text(client, DUE + links(shown)["下一页"])
    assert firms[15].uscc in shown and "已是最后一页" in shown
    assert "企业多，逐页查看" in text(client, "/")
    with nation():
        Enterprise.objects.filter(pk=firms[8].pk).update(pinyin="a")
    assert "至少 1 项奖补" in text(client, "/")


def test_the_sums_of_a_long_list_are_counted_by_a_worker_and_stand_with_their_moment(
    office: Office, client: Client, long: None, person: Callable[..., Actor]
) -> None:
    for n in range(1, 11):
        office.knows(TITLE, uscc=code(n))
    office.knows(
        {"id": "c", "kind": "claim", "title": "talent_platform", "on": "2025-05-20"}, TITLE, uscc=code(11)
    )
    who = office["proposer"]
    sign_in(client, who)
    client.post(DUE)
    client.post(f"{DUE}?scheme=A-13&page=3")
    with nation():
        every_one, narrowed = Job.objects.filter(kind="awards.due").order_by("created_at")
    assert narrowed.params == {"scheme": "A-13", "q": ""}
    for job in (every_one, narrowed):
        tasks.count_awards_due(str(job.pk))
        with nation():
            job.refresh_from_db()
    shown = text(client, every_one.result["url"])
    assert "截至" in shown and "12 项，金额已定的合计 275 万元，1 项待核定" in shown
    shown = text(client, narrowed.result["url"])
    assert "11 项，金额已定的合计 275 万元" in shown and "待核定</span>" not in shown.split("</h1>")[1][:300]
    assert every_one.result["sums"]["total"] == "275"
    # Of another question, or of another person, it says nothing.
    for path in (f"{DUE}?scheme=A-12&job={narrowed.pk}", f"{DUE}?job={narrowed.pk}", f"{DUE}?job=x"):
        assert "截至" not in text(client, path)
    sign_in(client, person("colleague", "county", BOLE))
    assert "截至" not in text(client, every_one.result["url"])


def test_a_page_asks_no_more_questions_however_long_the_list_is(
    office: Office, client: Client, monkeypatch: pytest.MonkeyPatch, person: Callable[..., Actor]
) -> None:
    monkeypatch.setattr(worklist, "MOST", 20)
    monkeypatch.setattr(worklist, "_STRIDES", (5, 15))
    monkeypatch.setattr("portal.pages.award_due._PAGE", 10)
    counted = []
    for numbers in (range(1, 31), range(31, 91)):
        for n in numbers:
            office.knows(TITLE, uscc=code(n))
        asked = []
        for who in (office["proposer"], person(f"above{numbers[0]}", "prefecture", BORTALA)):
            sign_in(client, who)
            first = links(text(client, DUE))["下一页"]
            for path in (DUE, DUE + first, f"{DUE}?scheme=A-13", "/"):
                client.get(path)
                with CaptureQueriesContext(connection) as queries:
                    client.get(path)
                asked.append(len(queries))
        counted.append(asked)
    assert counted[0] == counted[1] and max(counted[0][:3]) <= 24, counted
