"""What a changed or a new scheme would pay: every enterprise of a place by the rules of today and by those that are tried."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from subsidies import schemes
from subsidies.queries import batched, events_of, policies_by_place, with_events
from subsidies.rules.arbiter import Arbitrated, Due, Event, arbitrate
from subsidies.rules.schemes import Policy

#: enterprises with an event up to which it is counted while somebody waits for the page
AT_ONCE = 3_000
_CHUNK = 2_000
#: which enterprises are listed: what they are due changes, stays, or is refused both times
VIEWS = ("changed", "same", "refused")
SPLITS = ("level", "county", "title")


@dataclass
class Sums:
    """How many enterprises and awards, how much (fen), and how many awards whose amount a person has still to decide."""

    firms: int = 0
    items: int = 0
    fen: int = 0
    undecided: int = 0


@dataclass(frozen=True)
class Line:
    """One event by one scheme, before and after: an amount in fen, or why not; neither is not decided yet."""

    scheme: str
    event: str
    title: str
    on: str
    before: int | None
    why_before: str
    after: int | None
    why_after: str

    @property
    def changes(self) -> bool:
        """Whether what is paid changes; another reason for nothing is no change."""
        return (self.before, not self.why_before) != (self.after, not self.why_after)


@dataclass(frozen=True)
class Row:
    """One enterprise: the sums of all that it is due, and the lines of the scheme and of whatever changes beside it."""

    enterprise: int
    before: int
    after: int
    lines: tuple[Line, ...]


@dataclass
class Simulated:
    """The answer; each pair is before and after. `rows` may name fewer enterprises than `numbers` count."""

    looked_at: int = 0
    whole: tuple[Sums, Sums] = field(default_factory=lambda: (Sums(), Sums()))
    own: tuple[Sums, Sums] = field(default_factory=lambda: (Sums(), Sums()))
    #: split → its key → sums; the keys are levels, paths of counties, titles
    by: dict[str, dict[str, tuple[Sums, Sums]]] = field(default_factory=lambda: {s: {} for s in SPLITS})
    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VIEWS, 0))
    rows: dict[str, list[Row]] = field(default_factory=lambda: {view: [] for view in VIEWS})

    def as_json(self) -> dict[str, Any]:
        return {
            "looked_at": self.looked_at,
            "whole": _pair(self.whole),
            "own": _pair(self.own),
            "by": {s: {key: _pair(sums) for key, sums in found.items()} for s, found in self.by.items()},
            "numbers": self.numbers,
            "rows": {
                v: [[r.enterprise, r.before, r.after, [astuple(line) for line in r.lines]] for r in found]
                for v, found in self.rows.items()
            },
        }


def from_json(said: dict[str, Any]) -> Simulated:
    """What `as_json` has said."""
    return Simulated(
        looked_at=said["looked_at"],
        whole=_sums(said["whole"]),
        own=_sums(said["own"]),
        by={s: {key: _sums(pair) for key, pair in found.items()} for s, found in said["by"].items()},
        numbers=said["numbers"],
        rows={
            v: [Row(pk, before, after, tuple(Line(*line) for line in lines)) for pk, before, after, lines in found]
            for v, found in said["rows"].items()
        },
    )  # fmt: skip


def _pair(sums: tuple[Sums, Sums]) -> list[list[int]]:
    return [list(astuple(each)) for each in sums]


def _sums(pair: Sequence[Sequence[int]]) -> tuple[Sums, Sums]:
    return Sums(*pair[0]), Sums(*pair[1])


def simulate(
    region: str,
    on: dt.date,
    place: str,
    tried: Policy,
    code: str,
    *,
    named: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Simulated:
    """Both answers for every enterprise of a region with an event, as the arbiter gives them on the day; nothing is written.

    `tried` holds in `place` (a path) and below, instead of the policy of the same id; `code` is its scheme in question.
    As everywhere before an award is proposed, what is due counts whether or not it was paid, and whatever the state of the
    enterprise. `named` bounds each list. Two queries, and three for 2,000 enterprises.
    """
    found = Simulated()
    holding = policies_by_place(on)
    bases = {scheme.code for scheme in tried.schemes}
    rows = with_events(region).order_by("region_id", "pinyin", "id").values_list("id", "region_id")
    for page in batched(rows.iterator(_CHUNK), _CHUNK):
        events = events_of(region, [pk for pk, _path in page])
        for pk, path in ((pk, str(path)) for pk, path in page):
            mine = events.get(pk, [])
            here = [p for at, p in holding if path.startswith(at)]
            # A top-up follows its base, so it is counted with it.
            topping = [p for p in here if any(s.tops in bases for s in p.schemes)]
            rest = [p for p in here if p.id != tried.id and p not in topping]
            old = [p for p in here if p.id == tried.id] + topping
            new = ([tried] if path.startswith(place) else []) + topping
            beside, before, after = (
                arbitrate(of, mine, on, schemes.valid_years()) for of in (rest, old, new)
            )
            titles = {event.id: event.title for event in mine}
            _add(found, code, path, titles, [*beside.due, *before.due], 0)
            _add(found, code, path, titles, [*beside.due, *after.due], 1)
            _name(found, code, pk, mine, (beside, before, after), named)
        found.looked_at += len(page)
        if progress is not None:
            progress(found.looked_at)
    return found


def _add(found: Simulated, code: str, path: str, titles: dict[str, str], due: list[Due], side: int) -> None:
    """Adds what one enterprise is due to the sums of one side."""

    def put(into: Sums, amounts: list[int | None]) -> None:
        if amounts:
            into.firms += 1
            into.items += len(amounts)
            into.fen += sum(amount or 0 for amount in amounts)
            into.undecided += amounts.count(None)

    of: dict[str, dict[str, list[int | None]]] = {split: defaultdict(list) for split in SPLITS}
    for each in due:
        of["county"][path].append(each.amount)
        of["title"][titles[each.event]].append(each.amount)
        for level, fen in each.shares:
            of["level"][level].append(fen)
    for split, groups in of.items():
        for key, amounts in groups.items():
            put(found.by[split].setdefault(key, (Sums(), Sums()))[side], amounts)
    put(found.whole[side], [each.amount for each in due])
    put(found.own[side], [each.amount for each in due if each.scheme == code])


def _name(
    found: Simulated,
    code: str,
    pk: int,
    events: Sequence[Event],
    answers: tuple[Arbitrated, Arbitrated, Arbitrated],
    named: int | None,
) -> None:
    """Puts the enterprise on the list that it belongs to, if the scheme or the change concerns it at all."""
    beside, before, after = answers
    lines = tuple(line for line in _lines(events, before, after) if line.scheme == code or line.changes)
    if not lines:
        return
    paid = any(line.scheme == code and not line.why_after for line in lines)
    view = "changed" if any(line.changes for line in lines) else "same" if paid else "refused"
    found.numbers[view] += 1
    if named is None or len(found.rows[view]) < named:
        other = sum(d.amount or 0 for d in beside.due)
        old, new = (other + sum(d.amount or 0 for d in side.due) for side in (before, after))
        found.rows[view].append(Row(pk, old, new, lines))


def _lines(events: Sequence[Event], before: Arbitrated, after: Arbitrated) -> Iterator[Line]:
    """Every event and scheme that either side answers, in the order of the days."""
    sides = []
    for answer in (before, after):
        said: dict[tuple[str, str], tuple[int | None, str]] = {
            (r.event, r.scheme): (None, r.reason) for r in answer.refused
        }
        said |= {(d.event, d.scheme): (d.amount, "") for d in answer.due}
        sides.append(said)
    known = {event.id: event for event in events}
    nothing = (None, "no_scheme")
    for key in sorted(set(sides[0]) | set(sides[1]), key=lambda key: (known[key[0]].on, key)):
        event = known[key[0]]
        yield Line(
            key[1], event.id, event.title, event.on.isoformat(), *sides[0].get(key, nothing), *sides[1].get(key, nothing)
        )  # fmt: skip
