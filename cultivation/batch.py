"""How runs of the judge meet the tables: for each page of enterprises one reading query, and for each run
a COPY and two INSERTs.

COPY into a protected table is refused, so the answers go to a temporary one first. What is in force is read
once beforehand: asked enterprise by enterprise, the planner, which knows nothing of the scope's width, could
read the whole region for each of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from cultivation.rules.judge import Judgement, prepare
from cultivation.rules.shapes import Edition
from cultivation.rules.vocabulary import NOT_APPLICABLE
from cultivation.stored import (
    AnswerTexts,
    content_hash,
    dumps,
    fact_codes,
    fact_texts,
    facts_text,
    money_codes,
    scores_to_json,
)
from enterprises.queries import Facts, as_facts, facts_page
from enterprises.turns import plan_anew
from tenancy import collector
from tenancy.threads import DatabaseThread, short_turns

PAGE = 2_000
#: an import writes its rows some time before it commits; figures that old are looked at once more
OVERLAP = "15 minutes"
Each = Callable[[str, Edition, Judgement], None]


@dataclass
class Run:
    """One run: what is judged by which edition on which day, and for whom it is stored."""

    standard: Edition
    edition_id: int
    tier: str
    year: int
    on: date
    region: str
    enterprise_ids: list[int] | None
    by_id: int | None
    review: bool
    began: datetime
    judged: int = 0
    stored: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str | int | date | datetime | list[int] | None]:
        return {
            "tier": self.tier,
            "review": self.review,
            "year": self.year,
            "on": self.on,
            "edition": self.edition_id,
            "by": self.by_id,
            "began": self.began,
            "lo": self.region,
            "hi": self.region + "~",
            "ids": self.enterprise_ids,
            "overlap": OVERLAP,
        }

    def begin(self) -> None:
        """Reads what is in force once, and prepares the judge."""
        with connection.cursor() as cursor:
            cursor.execute(_IN_FORCE, self.values)
            self._in_force = {enterprise: (row, digest) for enterprise, row, digest in cursor.fetchall()}
            cursor.execute(EXCUSED, self.values)
            self._excused = {enterprise: tuple(codes) for enterprise, codes in cursor.fetchall()}
        self._judge = prepare(self.standard)
        self._texts, self.codes = AnswerTexts(money_codes(self.standard)), fact_codes(self.standard)
        self._sized = [
            c.code for c in self.standard.conditions if getattr(c.test, "fact", "") == "size_class"
        ]

    def lines(
        self, found: Iterable[Facts], seen_by: Iterable[dict[str, str]], each: Each | None
    ) -> Iterator[str]:
        """One line for COPY per enterprise; an unchanged answer is only noted."""
        standard, on, judge, texts, codes = self.standard, self.on, self._judge, self._texts, self.codes
        excuses = self._excused
        for enterprise, known_facts in zip(found, seen_by, strict=True):
            excused = excuses.get(enterprise.id, ())
            judgement = judge(
                enterprise.facts | {NOT_APPLICABLE: excused} if excused else enterprise.facts, on
            )
            self.judged += 1
            self.outcomes[judgement.outcome] = self.outcomes.get(judgement.outcome, 0) + 1
            if each is not None:
                each(enterprise.uscc, standard, judgement)
            seen = facts_text(known_facts, codes, excused)
            digest = content_hash(standard.id, seen, judgement)
            follows, known = self._in_force.get(enterprise.id, (0, ""))
            head = f"{enterprise.id}\t{enterprise.region_id}\t{enterprise.changed_at.isoformat()}\t"
            if digest == known:
                yield head + _NOTHING
                continue
            size = judgement.answer(self._sized[0]).value if self._sized else None
            cells = (
                follows,
                judgement.outcome,
                judgement.score,
                judgement.score_max,
                dumps(scores_to_json(judgement.class_scores)),
                _array(judgement.direct),
                _array(judgement.missing),
                _array(judgement.lacking),
                judgement.missing_count,
                judgement.missing_max,
                _array(judgement.unknown),
                size if isinstance(size, str) else "",
                _json(texts(judgement.answers)),
                _json(seen),
                digest,
            )
            yield head + "\t".join(map(str, cells)) + "\n"

    def store(self, cursor: Any, lines: bytes) -> None:
        """Adds the answers that are new. Four statements."""
        cursor.copy_expert("COPY judged FROM STDIN", io.BytesIO(lines), len(lines) + 1)
        cursor.execute(_ADD, self.values)
        self.stored += cursor.rowcount
        cursor.execute(_NOTE, self.values)
        cursor.execute("TRUNCATE judged")


def run_all(
    runs: list[Run],
    *,
    each: Each | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Judges the enterprises of one region and year in every run, reading their facts once.

    While the database stores one page of answers, the next is judged; it reads the facts of the page after
    in between. All of it is the caller's one transaction.
    """
    first = runs[0]
    for run in runs:
        run.begin()
    codes = tuple(dict.fromkeys(code for run in runs for code in run.codes))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS judged")
        cursor.execute(_TABLE)
    database = DatabaseThread("judge")
    done = 0

    def page(after: int) -> Future[list[tuple[Any, ...]]]:
        return database.do(facts_page, first.region, first.year, after, first.enterprise_ids, PAGE)

    try:
        with collector.paused(), short_turns():
            coming = page(0)
            before: list[Future[None]] = []
            stored: list[Future[None]] = []
            while rows := coming.result():
                coming = page(rows[-1][0])
                # Two pages of answers may wait for the database, so that neither side waits for the other.
                for store in before:
                    store.result()
                before, stored = stored, [database.do(plan_anew)]
                found = list(as_facts(rows))
                texts = [fact_texts(one.facts, codes) for one in found]
                for run in runs:
                    lines = "".join(run.lines(found, texts, each))
                    stored.append(database.do(run.store, lines.encode()))
                done += len(found)
                if progress is not None:
                    progress(done)
            for store in (*before, *stored):
                store.result()
    finally:
        database.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE judged")


def _array(codes: Iterable[str]) -> str:
    return "{" + ",".join(f'"{code}"' for code in codes) + "}"


def _json(text: str) -> str:
    """JSON text for COPY: it holds no raw tab or line end, only backslashes need doubling."""
    return text.replace("\\", "\\\\") if "\\" in text else text


_TABLE = """
CREATE TEMPORARY TABLE judged (
    enterprise_id bigint, region_id varchar(60) COLLATE "C", changed_at timestamptz, follows bigint, outcome text,
    score numeric, score_max numeric, class_scores jsonb, direct text[], missing text[], lacking text[],
    missing_count smallint, missing_max smallint, unknown text[], size_class text, answers jsonb, facts jsonb,
    content_hash text) ON COMMIT DROP
"""
_NOTHING = "\t".join([r"\N"] * 15) + "\n"

_IN_FORCE = """
SELECT DISTINCT ON (enterprise_id) enterprise_id, id, content_hash
  FROM cultivation_evaluation
 WHERE region_id >= %(lo)s AND region_id < %(hi)s AND tier = %(tier)s AND review = %(review)s
   AND year = %(year)s AND judged_on <= %(on)s AND (%(ids)s::bigint[] IS NULL OR enterprise_id = ANY(%(ids)s::bigint[]))
 ORDER BY enterprise_id, judged_on DESC, id DESC
"""

EXCUSED = """
SELECT enterprise_id, array_agg(element ORDER BY element)
  FROM (SELECT DISTINCT ON (enterprise_id, element) enterprise_id, element, word FROM cultivation_verdict
         WHERE region_id >= %(lo)s AND region_id < %(hi)s AND tier = %(tier)s AND review = %(review)s
           AND year = %(year)s
           AND (%(ids)s::bigint[] IS NULL OR enterprise_id = ANY(%(ids)s::bigint[]))
         ORDER BY enterprise_id, element, id DESC) newest
 WHERE word = 'not_applicable' GROUP BY enterprise_id
"""

# Of two runs at once that follow the same evaluation with the same answer, one stores it.
_ADD = """
INSERT INTO cultivation_evaluation
       (enterprise_id, region_id, follows, outcome, score, score_max, class_scores, direct, missing, lacking,
        missing_count, missing_max, unknown, size_class, answers, facts, content_hash,
        tier, review, year, judged_on, edition_id, by_id)
SELECT enterprise_id, region_id, follows, outcome, score, score_max, class_scores, direct, missing, lacking,
       missing_count, missing_max, unknown, size_class, answers, facts, content_hash,
       %(tier)s, %(review)s, %(year)s, %(on)s, %(edition)s, %(by)s
  FROM judged WHERE outcome IS NOT NULL
 ORDER BY enterprise_id
ON CONFLICT ON CONSTRAINT evaluation_once DO NOTHING
"""

_NOTE = """
INSERT INTO cultivation_lastjudged (region_id, enterprise_id, tier, review, year, judged_on, judged_at)
SELECT region_id, enterprise_id, %(tier)s, %(review)s, %(year)s, %(on)s, %(began)s
  FROM judged j
 WHERE NOT EXISTS (SELECT FROM cultivation_lastjudged l
                    WHERE l.enterprise_id = j.enterprise_id AND l.tier = %(tier)s AND l.review = %(review)s
                      AND l.year = %(year)s
                      AND l.judged_on = %(on)s AND l.judged_at - %(overlap)s::interval > j.changed_at)
 ORDER BY enterprise_id
ON CONFLICT ON CONSTRAINT lastjudged_once
DO UPDATE SET judged_on = excluded.judged_on, judged_at = excluded.judged_at
"""
