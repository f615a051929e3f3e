"""How a run of the judge meets the tables: one reading query, one COPY, two INSERTs, whatever the number.

COPY into a protected table is refused, so the answers go to a temporary one first. What is in force is read
once beforehand: asked enterprise by enterprise, the planner, which knows nothing of the scope's width, could
read the whole region for each of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection

from cultivation.rules.judge import Judgement, prepare
from cultivation.rules.shapes import Edition
from cultivation.stored import (
    answers_text,
    content_hash,
    dumps,
    fact_codes,
    facts_to_json,
    money_codes,
    scores_to_json,
)
from enterprises.queries import Facts
from enterprises.turns import plan_anew
from tenancy import collector

BATCH = 2_000
_PIECE = 1 << 20
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

    def store(self, found: Iterable[Facts], each: Each | None, progress: Callable[[int], None] | None) -> int:
        """Judges all of `found`, adds the answers that are new; how many these were."""
        with collector.paused():
            self._copy(self._lines(found, self._in_force(), each, progress))
        with connection.cursor() as cursor:
            plan_anew(cursor)
            cursor.execute(_ADD, self.values)
            stored = cursor.rowcount
            cursor.execute(_NOTE, self.values)
            cursor.execute("DROP TABLE judged")
        return stored

    def _in_force(self) -> dict[int, tuple[int, str]]:
        """enterprise → (id, fingerprint) of the evaluation in force on the day."""
        with connection.cursor() as cursor:
            cursor.execute(_IN_FORCE, self.values)
            return {enterprise: (row, digest) for enterprise, row, digest in cursor.fetchall()}

    def _lines(
        self,
        found: Iterable[Facts],
        in_force: dict[int, tuple[int, str]],
        each: Each | None,
        progress: Callable[[int], None] | None,
    ) -> Iterator[str]:
        """One line for COPY per enterprise; an unchanged answer is only noted."""
        standard, on = self.standard, self.on
        judge, money, codes = prepare(standard), money_codes(standard), fact_codes(standard)
        sized = [c.code for c in standard.conditions if getattr(c.test, "fact", "") == "size_class"]
        for enterprise in found:
            judgement = judge(enterprise.facts, on)
            self.judged += 1
            self.outcomes[judgement.outcome] = self.outcomes.get(judgement.outcome, 0) + 1
            if each is not None:
                each(enterprise.uscc, standard, judgement)
            if progress is not None and self.judged % 500 == 0:
                progress(self.judged)
            seen = dumps(facts_to_json(enterprise.facts, codes))
            digest = content_hash(standard.id, seen, judgement)
            follows, known = in_force.get(enterprise.id, (0, ""))
            head = f"{enterprise.id}\t{enterprise.region_id}\t{enterprise.changed_at.isoformat()}\t"
            if digest == known:
                yield head + _NOTHING
                continue
            size = judgement.answer(sized[0]).value if sized else None
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
                _json(answers_text(judgement.answers, money)),
                _json(seen),
                digest,
            )
            yield head + "\t".join(map(str, cells)) + "\n"

    @staticmethod
    def _copy(lines: Iterator[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS judged")
            cursor.execute(_TABLE)
            buffer: list[str] = []
            for line in lines:
                buffer.append(line)
                if len(buffer) >= BATCH:
                    cursor.copy_expert("COPY judged FROM STDIN", _as_file(buffer), _PIECE)
                    buffer.clear()
            cursor.copy_expert("COPY judged FROM STDIN", _as_file(buffer), _PIECE)


def _as_file(lines: list[str]) -> io.BytesIO:
    return io.BytesIO("".join(lines).encode())


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
