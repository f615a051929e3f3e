"""Questions to the registry. All of them answer within the caller's context (row-level security)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q

from enterprises.models import AnnualFigures, Enterprise, ImportBatch, NameHistory
from enterprises.models.enterprise import EnterpriseQuerySet
from enterprises.rules.answers import YEAR_QUESTIONS, Answers
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS, name_of
from enterprises.rules.names import name_keys
from enterprises.rules.size_class import Size, SizeEdition, size
from enterprises.rules.text import half_width, key
from enterprises.rules.uscc import normalise

#: how many years before Y the rules look back
YEARS = 3
_FACTS = tuple(f.code for f in ENTERPRISE_FIELDS)
_MONEY = {f.code for f in FIGURE_FIELDS if f.kind == "money"}
_PAGE = 5_000


class Facts(NamedTuple):
    """One enterprise as the judge sees it. `facts` names earlier years `revenue[Y-1]`, `revenue[Y-2]`.

    Money is whole fen, dates are dates, percents and scores Decimal, unknown is absent.
    """

    id: int
    region_id: str
    uscc: str
    name: str
    state: str
    #: the newest change of the enterprise and of its figures of these years
    changed_at: dt.datetime
    facts: dict[str, Any]


def _figure_sql(alias: str) -> str:
    return ", ".join(
        f"({alias}.{f.code} * 100)::bigint" if f.code in _MONEY else f"{alias}.{f.code}"
        for f in FIGURE_FIELDS
    )


_SELECT = f"""
SELECT e.id, e.region_id, e.uscc, e.name, e.state,
  greatest(e.updated_at, f0.updated_at, f1.updated_at, f2.updated_at),
  {", ".join(f"e.{code}" for code in _FACTS)},
  {", ".join(_figure_sql(f"f{n}") for n in range(YEARS))}
FROM enterprises_enterprise e
{
    " ".join(
        f"LEFT JOIN enterprises_annualfigures f{n} ON f{n}.enterprise_id = e.id AND f{n}.year = %(y{n})s"
        for n in range(YEARS)
    )
}
WHERE e.region_id >= %(lo)s AND e.region_id < %(hi)s AND e.id > %(after)s {{which}}
ORDER BY e.id LIMIT %(size)s
"""  # noqa: S608
_NAMES = (*_FACTS, *(name_of(f.code, n) for n in range(YEARS) for f in FIGURE_FIELDS))
_HEAD = 6


def facts(region: str, year: int, *, enterprise_ids: Iterable[int] | None = None) -> Iterator[Facts]:
    """The facts of every enterprise of a region and below, for the reporting year, in order of id.

    Streams in pages of 5,000 by key, one query each, so that a hundred thousand never lie in memory.
    `enterprise_ids` asks for some of them alone.
    """
    after = 0
    ids = None if enterprise_ids is None else sorted(set(enterprise_ids))
    while True:
        with connection.cursor() as cursor:
            page = facts_page(cursor, region, year, after, ids, _PAGE)
        yield from as_facts(page)
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def facts_page(
    cursor: Any, region: str, year: int, after: int, ids: list[int] | None, size: int
) -> list[tuple[Any, ...]]:
    """The rows of the next enterprises after the id `after`, for `as_facts`. One query."""
    which = "" if ids is None else "AND e.id = ANY (%(ids)s)"
    cursor.execute(
        _SELECT.format(which=which),
        {
            "lo": region,
            "hi": region + "~",
            "after": after,
            "ids": ids,
            "size": size,
            **{f"y{n}": year - n for n in range(YEARS)},
        },
    )
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def as_facts(page: Iterable[tuple[Any, ...]]) -> Iterator[Facts]:
    """The rows of a page as the judge sees them."""
    for row in page:
        known = {name: value for name, value in zip(_NAMES, row[_HEAD:], strict=True) if value is not None}
        known["uscc"] = row[2]
        yield Facts._make((*row[:_HEAD], known))


def facts_of(enterprise: Enterprise, year: int) -> Facts:
    """The facts of one enterprise. One query. Raises LookupError when it is not visible."""
    for found in facts(enterprise.region_id, year, enterprise_ids=[enterprise.pk]):
        return found
    raise LookupError(enterprise.pk)


def size_of(known: dict[str, Any], edition: SizeEdition) -> Size:
    """The size class that facts (as `facts` gives them) leave possible. No query."""
    return size(
        known.get("industry_code"),
        known.get("employees"),
        known.get("revenue"),
        known.get("total_assets"),
        edition,
    )


def search(text: str, *, region: str | None = None) -> EnterpriseQuerySet:
    """Enterprises by name, former name, code or pinyin initials, best spelled in any width or case.

    Only what the caller may see is found. Ordered by pinyin; slice before use.
    """
    found = Enterprise.objects.all() if region is None else Enterprise.objects.under(region)
    term = key(text)[:120]
    if not term:
        return found.order_by("pinyin", "id")
    # A former name first narrows to the enterprise's own rows; both tables are under the same policy.
    former = NameHistory.objects.filter(enterprise_id=OuterRef("pk"), name_key__contains=term)
    matches = Q(name_key__contains=term) | Q(Exists(former))
    code = normalise(half_width(text))
    if len(code) >= 2 and code.isascii():
        matches |= Q(uscc__startswith=code)
    if term.isascii() and term.isalnum():
        by_initials = NameHistory.objects.filter(enterprise_id=OuterRef("pk"), initials__contains=term)
        matches |= Q(initials__contains=term) | Q(Exists(by_initials))
    return found.filter(matches).order_by("pinyin", "id")


def likely_duplicates(*, name: str, uscc: str = "", exclude: int | None = None) -> EnterpriseQuerySet:
    """Visible enterprises that may be the same one: the same code, name or former name."""
    name_key = name_keys(name).name_key if name else ""
    matches = Q(pk__in=[])
    if name_key:
        former = NameHistory.objects.filter(enterprise_id=OuterRef("pk"), name_key=name_key)
        matches |= Q(name_key=name_key) | Q(Exists(former))
    code = normalise(uscc)
    if code:
        matches |= Q(uscc=code)
        if len(code) == 18:
            # the organisation code inside: the same firm under another registration
            matches |= Q(uscc__regex=f"^.{{8}}{code[8:17]}.$")
    found = Enterprise.objects.filter(matches)
    return (found if exclude is None else found.exclude(pk=exclude)).order_by("pinyin", "id")


def registered_elsewhere(codes: Iterable[str]) -> set[str]:
    """Which of these codes are registered where the caller cannot see them. One query; tells nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM enterprises_registered_elsewhere(%s)", [list(codes)])
        return {code for (code,) in cursor.fetchall()}


def figures_of(enterprise: Enterprise, *, years: int = 5) -> list[AnnualFigures]:
    """The figures of the newest years, newest first, with who changed them. One query."""
    return list(
        AnnualFigures.objects.filter(enterprise=enterprise)
        .select_related("updated_by")
        .order_by("-year")[:years]
    )


def newest_years(enterprise_ids: Iterable[int]) -> dict[int, int]:
    """The newest year with figures of each enterprise that has any. One query."""
    rows = AnnualFigures.objects.filter(enterprise_id__in=list(enterprise_ids)).values("enterprise_id")
    return dict(rows.annotate(newest=Max("year")).values_list("enterprise_id", "newest"))


def history_of(enterprise: Enterprise, *, limit: int = 200) -> list[dict[str, Any]]:
    """What changed when: each version of the enterprise and of its figures against the one before it.

    Newest first; each entry has at, by (officer id), kind, year, source_file, source_sheet, source_row
    and changes [(field code, before, after)]. Two queries.
    """
    entries = [
        *_versions(_events(Enterprise), {"pgh_obj_id": enterprise.pk}, _FACTS + ("region_id", "state")),
        *_versions(
            _events(AnnualFigures),
            {"enterprise_id": enterprise.pk},
            tuple(f.code for f in FIGURE_FIELDS),
        ),
    ]
    entries.sort(key=lambda entry: (entry["at"], entry["kind"]), reverse=True)
    return entries[:limit]


def sources_of(enterprise: Enterprise) -> dict[tuple[str, int | None], dict[str, Any]]:
    """Where each present fact comes from: (field code, year or None) → its last change, as in `history_of`.

    A row carries the source of its newest change; a figure that this change left alone came from an earlier
    one. Two queries over the row history.
    """
    found: dict[tuple[str, int | None], dict[str, Any]] = {}
    for model, which, codes in (
        (Enterprise, {"pgh_obj_id": enterprise.pk}, _FACTS),
        (AnnualFigures, {"enterprise_id": enterprise.pk}, tuple(f.code for f in FIGURE_FIELDS)),
    ):
        for entry in _versions(_events(model), which, codes):
            for code, _before, _after in entry["changes"]:
                found[code, entry["year"]] = entry
    return found


def _events(model: Any) -> Any:
    return model.pgh_event_model


def _versions(model: Any, which: dict[str, Any], codes: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    figures = "year" in {f.name for f in model._meta.fields}
    before: dict[Any, dict[str, Any]] = {}
    wanted = ("pgh_label", "pgh_created_at", "updated_by_id", "source_file", "source_sheet", "source_row")
    names = (*wanted, *codes, *(("year",) if figures else ()))
    for row in model.objects.filter(**which).order_by("pgh_id").values(*names):
        year = row.get("year")
        old = before.get(year, {})
        changes = [(code, old.get(code), row[code]) for code in codes if old.get(code) != row[code]]
        before[year] = row
        if changes or row["pgh_label"] == "delete":
            yield {
                "at": row["pgh_created_at"],
                "by": row["updated_by_id"],
                "kind": row["pgh_label"],
                "year": year,
                "source_file": row["source_file"],
                "source_sheet": row["source_sheet"],
                "source_row": row["source_row"],
                "changes": changes,
            }


def money_in_fen(value: Decimal | None) -> int | None:
    """A stored amount (yuan, two places) as whole fen."""
    return None if value is None else int(value * 100)


def year_is_open(batch: ImportBatch) -> bool:
    """Whether the workbook names another year than the chosen one and nobody has said which is right."""
    return (
        not Answers(batch.mapping.get("answers") or {}).year_confirmed
        and batch.problems.filter(code__in=YEAR_QUESTIONS).exists()
    )


def created_by(batch: ImportBatch) -> list[int]:
    """The enterprises that an import brought into the registry. One query over the row history."""
    events = _events(Enterprise).objects.filter(import_batch_id=batch.pk, pgh_label="insert")
    return list(events.values_list("pgh_obj_id", flat=True))


def stored_text(row: Enterprise | AnnualFigures | None, code: str) -> str | None:
    """A stored fact as proposals and differences write it; None is unknown."""
    value = getattr(row, code, None)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        month = code == "established_on" and isinstance(row, Enterprise) and row.established_month_only
        return f"{value:%Y-%m}" if month else value.isoformat()
    if isinstance(value, Decimal):
        places = row._meta.get_field(code).decimal_places  # type: ignore[union-attr]
        return format(value.quantize(Decimal(1).scaleb(-places)), "f")
    return str(value)


def proposal_value(code: str, text: str | None) -> tuple[Any, bool]:
    """(value for the model, whether a date is a month alone) of a text written by `stored_text`."""
    if text is None:
        return None, False
    model = AnnualFigures if BY_CODE[code].by_year else Enterprise
    month_only = code == "established_on" and len(text) == 7
    field = model._meta.get_field(code)
    return field.to_python(f"{text}-01" if month_only else text), month_only  # type: ignore[union-attr]
