"""Writes of cultivation: editions are loaded, enterprises are judged."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from cultivation import editions
from cultivation.models import Edition
from cultivation.rules.judge import Judgement, prepare
from cultivation.rules.shapes import Edition as Standard
from cultivation.stored import answers_to_json, content_hash, dumps, fact_codes, facts_to_json, money_codes
from enterprises.queries import Facts
from enterprises.queries import facts as read_facts
from tenancy import audit
from tenancy.access import Actor, require

OWNER = "owner"
BATCH = 5_000


class EditionChanged(Exception):
    """A file of a published edition says something else than what was loaded; it needs a new edition."""


def load_editions() -> int:
    """Loads the edition files as the owner of the reference data; how many were new.

    Raises EditionChanged when the content of a known edition differs, EditionError when a file is wrong.
    """
    editions.published.cache_clear()
    standards = {each.id: each for each in editions.published()}
    added = 0
    with transaction.atomic(using=OWNER):
        known = dict(Edition.objects.using(OWNER).values_list("code", "content_hash"))
        for path in editions.files():
            content = editions.read(path)
            digest, code = editions.content_hash(content), content["id"]
            if code not in known:
                standard = standards[code]
                Edition.objects.using(OWNER).create(
                    code=code,
                    tier=standard.tier,
                    valid_from=standard.valid_from,
                    valid_until=standard.valid_until,
                    document=f"{standard.document_number}{standard.document_part.zh}",
                    content=editions.plain(content),
                    content_hash=digest,
                )
                added += 1
            elif known[code] != digest:
                raise EditionChanged(code)
    return added


@dataclass(frozen=True)
class Evaluated:
    """How a run went: how many were judged, how many answers were new, and the outcomes."""

    judged: int
    stored: int
    outcomes: dict[str, int]
    edition: str


_COPY = (
    "COPY judged (enterprise_id, region_id, outcome, score, score_max, class_scores, direct, missing, "
    "lacking, missing_count, missing_max, unknown, size_class, answers, facts, content_hash) FROM STDIN"
)


def evaluate(
    *,
    by: Actor,
    region: str,
    tier: str,
    year: int,
    on: date,
    enterprise_ids: Iterable[int] | None = None,
    each: Callable[[str, Standard, Judgement], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Evaluated:
    """Judges every enterprise of a region and below by the edition of the day, and stores what is new.

    An answer is new when no evaluation of this enterprise, tier and year is in force on that day, or the
    one in force says something else or saw other facts. So a second run stores nothing, another day with
    the same answer stores nothing, and an earlier day gets an answer of its own. `each` is called with
    every answer (code, edition, judgement), `progress` with the number done; `enterprise_ids` asks for some
    alone. Raises Denied, and LookupError where no edition is in force.

    Set-based: one reading query, one COPY into a temporary table, two INSERTs, whatever the number.
    """
    require(by, "cultivation.evaluate", region)
    standard = editions.in_force(tier, on)
    edition = Edition.objects.get(code=standard.id)
    outcomes: dict[str, int] = {}
    with transaction.atomic():
        began = timezone.now()
        found = read_facts(region, year, enterprise_ids=enterprise_ids)
        judged = _copy(_lines(standard, found, on, each, progress, outcomes))
        stored = _store(tier, year, on, edition.pk, by, began)
        if stored:
            audit.record(
                by=by,
                action="cultivation.evaluate",
                region=region,
                subject=f"{tier} {year}",
                detail={"on": on.isoformat(), "edition": standard.id, "judged": judged, "stored": stored},
            )
    return Evaluated(judged, stored, outcomes, standard.id)


def _lines(
    standard: Standard,
    found: Iterable[Facts],
    on: date,
    each: Callable[[str, Standard, Judgement], None] | None,
    progress: Callable[[int], None] | None,
    outcomes: dict[str, int],
) -> Iterator[str]:
    """One line for COPY per enterprise."""
    judge, money, codes = prepare(standard), money_codes(standard), fact_codes(standard)
    sized = [c.code for c in standard.conditions if getattr(c.test, "fact", "") == "size_class"]
    for done, enterprise in enumerate(found, 1):
        judgement = judge(enterprise.facts, on)
        outcomes[judgement.outcome] = outcomes.get(judgement.outcome, 0) + 1
        if each is not None:
            each(enterprise.uscc, standard, judgement)
        seen, answers = (
            dumps(facts_to_json(enterprise.facts, codes)),
            dumps(answers_to_json(judgement.answers, money)),
        )
        size = judgement.answer(sized[0]).value if sized else None
        yield _line(
            enterprise.id,
            enterprise.region_id,
            judgement.outcome,
            judgement.score,
            judgement.score_max,
            dumps(judgement.class_scores),
            _array(judgement.direct),
            _array(judgement.missing),
            _array(judgement.lacking),
            judgement.missing_count,
            judgement.missing_max,
            _array(judgement.unknown),
            size if isinstance(size, str) else "",
            answers,
            seen,
            content_hash(standard.id, seen, answers),
        )
        if progress is not None and done % 500 == 0:
            progress(done)


def _array(codes: Iterable[str]) -> str:
    return "{" + ",".join(f'"{code}"' for code in codes) + "}"


_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _line(*values: Any) -> str:
    return "\t".join(str(value).translate(_ESCAPED) for value in values) + "\n"


def _copy(lines: Iterator[str]) -> int:
    """COPY into a temporary table (COPY into a protected one is refused); how many lines."""
    count = 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS judged")
        cursor.execute(
            """
            CREATE TEMPORARY TABLE judged (
                enterprise_id bigint, region_id varchar(60) COLLATE "C", outcome text, score smallint,
                score_max smallint, class_scores jsonb, direct text[], missing text[], lacking text[],
                missing_count smallint, missing_max smallint, unknown text[], size_class text, answers jsonb,
                facts jsonb, content_hash text) ON COMMIT DROP
            """
        )
        buffer: list[str] = []
        for line in lines:
            buffer.append(line)
            count += 1
            if len(buffer) >= BATCH:
                _send(cursor, buffer)
        _send(cursor, buffer)
    return count


def _send(cursor: Any, buffer: list[str]) -> None:
    cursor.copy_expert(_COPY, io.StringIO("".join(buffer)))
    buffer.clear()


def _store(tier: str, year: int, on: date, edition_id: int, by: Actor, began: Any) -> int:
    """Adds the answers that are new, and notes that all were looked at. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO cultivation_evaluation
                   (enterprise_id, region_id, outcome, score, score_max, class_scores, direct, missing,
                    lacking, missing_count, missing_max, unknown, size_class, answers, facts, content_hash,
                    tier, year, judged_on, edition_id, by_id, follows)
            SELECT t.enterprise_id, t.region_id, t.outcome, t.score, t.score_max, t.class_scores, t.direct,
                   t.missing, t.lacking, t.missing_count, t.missing_max, t.unknown, t.size_class, t.answers,
                   t.facts, t.content_hash,
                   %(tier)s, %(year)s, %(on)s, %(edition)s, %(by)s, coalesce(last.id, 0)
              FROM judged t
              LEFT JOIN LATERAL (
                   SELECT e.id, e.content_hash FROM cultivation_evaluation e
                    WHERE e.enterprise_id = t.enterprise_id AND e.tier = %(tier)s AND e.year = %(year)s
                      AND e.judged_on <= %(on)s
                    ORDER BY e.judged_on DESC, e.id DESC LIMIT 1) last ON true
             WHERE last.content_hash IS DISTINCT FROM t.content_hash
             ORDER BY t.enterprise_id
            ON CONFLICT ON CONSTRAINT evaluation_once DO NOTHING
            """,
            {"tier": tier, "year": year, "on": on, "edition": edition_id, "by": by.officer_id},
        )
        stored = cursor.rowcount
        cursor.execute(
            """
            INSERT INTO cultivation_lastjudged (region_id, enterprise_id, tier, year, judged_on, judged_at)
            SELECT region_id, enterprise_id, %(tier)s, %(year)s, %(on)s, %(began)s FROM judged
             ORDER BY enterprise_id
            ON CONFLICT ON CONSTRAINT lastjudged_once
            DO UPDATE SET judged_on = excluded.judged_on, judged_at = excluded.judged_at
            """,
            {"tier": tier, "year": year, "on": on, "began": began},
        )
    return stored
