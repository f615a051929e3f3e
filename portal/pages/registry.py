"""The registry list: enterprises with their tier, last figures and judgement, filtered and sorted in the URL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cultivation import editions
from cultivation.models import Evaluation, Tier
from cultivation.queries import latest
from enterprises.models import AnnualFigures, Enterprise, State
from enterprises.queries import search
from portal.templatetags.tidu import UNKNOWN, day, number, wan
from tenancy.access import Actor, require
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Region
from tenancy.paging import page_of

SIZES = (20, 50, 100)
TIER = "innovative"
SECTIONS = "ABCDEFGHIJKLMNOPQRST"
#: column code → shown unless the URL says otherwise
COLUMNS = (
    "region",
    "tier",
    "industry",
    "size",
    "revenue",
    "growth",
    "rd_ratio",
    "outcome",
    "score",
    "missing",
    "updated",
)
SORTS = {
    "name": ("pinyin", "id"),
    "updated": ("-updated_at", "-id"),
    "revenue": ("-sort_value", "id"),
    "score": ("-sort_value", "id"),
    "missing": ("sort_value", "id"),
}


def reporting_year(today: dt.date | None = None) -> int:
    """The year whose figures officials work on: the last full one."""
    return (today or timezone.localdate()).year - 1


@dataclass(frozen=True)
class Asked:
    """What the address asks for, with everything unknown left out."""

    q: str = ""
    view: str = "all"
    tier: str = ""
    size: str = ""
    section: str = ""
    state: str = State.ACTIVE
    under: str = ""
    sort: str = "updated"
    #: the tier whose judgement the outcome, score and missing elements are of
    standard: str = TIER
    year: int = 0

    @classmethod
    def of(cls, request: ActedRequest) -> Asked:
        return cls.read(request.GET, request.actor)

    @classmethod
    def read(cls, got: QueryDict, actor: Actor) -> Asked:
        """Who may not see judgements cannot filter or sort by them either."""
        judging = actor.can("cultivation.view")

        def one_of(name: str, allowed: Iterable[str], default: str = "") -> str:
            value = got.get(name, "")
            return value if value in set(allowed) else default

        year = whole_number(got.get("year", "")) or 0
        return cls(
            q=got.get("q", "").strip()[:120],
            view=one_of("view", VIEWS if judging else PLAIN_VIEWS, "all"),
            tier=one_of("tier", ("innovative", "specialised", "little_giant", "none")),
            size=one_of("size_class", ("large", "medium", "small", "micro", "open")),
            section=one_of("section", SECTIONS),
            state=one_of("state", [*State.values, "any"], State.ACTIVE),
            under=got.get("under", "")[:12],
            sort=one_of("sort", SORTS if judging else PLAIN_SORTS, "updated"),
            standard=one_of("standard", Tier.values, TIER) if judging else TIER,
            year=year if 2000 <= year <= 2100 else reporting_year(),
        )


PLAIN_VIEWS, PLAIN_SORTS = ("all", "unreported"), ("name", "updated", "revenue")
JUDGED_COLUMNS = ("outcome", "score", "missing")
VIEWS = ("all", "pass", "near", "unknown", "fail", "unreported", "unjudged")


def held_tier(row: dict[str, Any], today: dt.date) -> str:
    """The highest title that is valid on the day."""
    for tier in ("little_giant", "specialised", "innovative"):
        until = row[f"{tier}_valid_until"]
        if until is not None and until >= today:
            return tier
    return ""


def filtered(asked: Asked, actor: Actor, today: dt.date) -> QuerySet[Enterprise]:
    """The enterprises the address asks for, inside the actor's place. No query is made here."""
    rows = (
        search(asked.q, region=actor.region_path) if asked.q else Enterprise.objects.under(actor.region_path)
    )
    if asked.under:
        narrower = Region.objects.under(actor.region_path).filter(code=asked.under).first()
        rows = rows.under(narrower.path) if narrower else rows.none()
    if asked.state != "any":
        rows = rows.filter(state=asked.state)
    if asked.tier == "none":
        for tier in ("innovative", "specialised", "little_giant"):
            rows = rows.filter(
                Q(**{f"{tier}_valid_until__isnull": True}) | Q(**{f"{tier}_valid_until__lt": today})
            )
    elif asked.tier:
        rows = rows.filter(**{f"{asked.tier}_valid_until__gte": today})
    if asked.section:
        rows = rows.filter(industry_code__startswith=asked.section)
    inside = Q(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")
    judged = latest(asked.standard, today).filter(inside)
    if asked.size:
        # The size class is kept with the first tier's judgement, whose standard asks for it.
        sized = latest(TIER, today).filter(inside)
        rows = rows.filter(
            id__in=sized.filter(size_class="" if asked.size == "open" else asked.size).values("enterprise_id")
        )
    if asked.view in ("pass", "fail", "unknown"):
        rows = rows.filter(id__in=judged.filter(outcome=asked.view).values("enterprise_id"))
    elif asked.view == "near":
        rows = rows.filter(id__in=near(judged, asked.standard, actor.region_path).values("enterprise_id"))
    elif asked.view == "unreported":
        rows = rows.exclude(id__in=AnnualFigures.objects.filter(year=asked.year).values("enterprise_id"))
    elif asked.view == "unjudged":
        rows = rows.exclude(id__in=judged.values("enterprise_id"))
    return rows


def near(judged: QuerySet[Evaluation], tier: str, region: str) -> QuerySet[Evaluation]:
    """Not met, one to three elements missing, every entry condition met or open (as the quarter counts it)."""
    standard = editions.in_force(tier, timezone.localdate(), region=region)
    entry = [c.code for c in standard.conditions if c.group == "entry"]
    return judged.filter(outcome="fail", missing_count__range=(1, 3)).exclude(missing__overlap=entry)


def ordered(rows: QuerySet[Enterprise], asked: Asked, today: dt.date) -> QuerySet[Enterprise]:
    if asked.sort == "revenue":
        value = AnnualFigures.objects.filter(enterprise=OuterRef("pk"), year=asked.year).values("revenue")[:1]
        rows = rows.annotate(sort_value=Subquery(value))
        return rows.order_by(F("sort_value").desc(nulls_last=True), "id")
    if asked.sort in ("score", "missing"):
        newest = Evaluation.objects.filter(
            enterprise=OuterRef("pk"), tier=asked.standard, review=False, judged_on__lte=today
        ).order_by("-judged_on", "-year", "-id")
        if asked.sort == "score":
            return rows.annotate(sort_value=Subquery(newest.values("score")[:1])).order_by(
                F("sort_value").desc(nulls_last=True), "id"
            )
        return rows.annotate(sort_value=Subquery(newest.values("missing_max")[:1])).order_by(
            F("sort_value").asc(nulls_last=True), "id"
        )
    return rows.order_by(*SORTS[asked.sort])


ROW_FIELDS = (
    "id", "public_id", "name", "uscc", "industry_code", "state", "updated_at", "region__name",
    "innovative_valid_until", "specialised_valid_until", "little_giant_valid_until",
)  # fmt: skip


def ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Percent; unknown where an operand is, or where nothing can be divided."""
    return None if part is None or not whole or whole <= 0 else 100 * part / whole


def growth(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Percent on the year before; unknown without a base above zero."""
    return None if now is None or before is None or before <= 0 else 100 * (now - before) / before


def size_title(size: str) -> str:
    return {"large": _("大型"), "medium": _("中型"), "small": _("小型"), "micro": _("微型")}.get(size, "")


def known_of(
    ids: list[int], year: int, today: dt.date, tier: str = TIER
) -> tuple[dict[tuple[int, int], Any], dict[int, Any]]:
    """Figures by (enterprise, year) and the latest judgement by enterprise, with the size class of the first
    tier's. Two queries, three for another tier."""
    figures = {
        (f["enterprise_id"], f["year"]): f
        for f in AnnualFigures.objects.filter(enterprise_id__in=ids, year__in=[year, year - 1]).values(
            "enterprise_id", "year", "revenue", "main_revenue", "rd_expense"
        )
    }
    judged = {
        e["enterprise_id"]: e
        for e in latest(tier, today)
        .filter(enterprise_id__in=ids)
        .values(
            "enterprise_id",
            "outcome",
            "score",
            "score_max",
            "missing_count",
            "missing_max",
            "size_class",
            "year",
        )
    }
    if tier != TIER:
        sizes = dict(
            latest(TIER, today).filter(enterprise_id__in=ids).values_list("enterprise_id", "size_class")
        )
        judged = {pk: {**answer, "size_class": sizes.get(pk, "")} for pk, answer in judged.items()}
    return figures, judged


def lines(
    rows: list[dict[str, Any]], year: int, today: dt.date, tier: str, region: str
) -> list[dict[str, Any]]:
    """Ready lines for the table: two or three more queries, whatever the number of rows."""
    scored = bool(editions.in_force(tier, today, region=region).lines)
    figures, judged = known_of([row["id"] for row in rows], year, today, tier)
    empty: dict[str, Any] = {}
    ready = []
    for row in rows:
        now, before = figures.get((row["id"], year), empty), figures.get((row["id"], year - 1), empty)
        answer = judged.get(row["id"], empty)
        low, high = answer.get("missing_count"), answer.get("missing_max")
        ready.append(
            {
                "id": row["public_id"],
                "url": reverse("enterprise", args=[row["public_id"]]),
                "name": row["name"],
                "code": row["uscc"],
                "region": row["region__name"],
                "tier": held_tier(row, today),
                "industry": row["industry_code"] or UNKNOWN,
                "size": size_title(answer.get("size_class", "")) or UNKNOWN,
                "revenue": wan(now.get("revenue")),
                "growth": number(growth(now.get("main_revenue"), before.get("main_revenue")), 1),
                "rd_ratio": number(ratio(now.get("rd_expense"), now.get("revenue")), 2),
                "outcome": answer.get("outcome", ""),
                "score": (span(answer.get("score"), answer.get("score_max")) if scored else "") or UNKNOWN,
                "missing": span(low, high) or UNKNOWN,
                "few": answer.get("outcome") == "fail" and 0 < (low or 0) <= 3,
                "updated": day(row["updated_at"]),
            }
        )
    return ready


def span(low: int | None, high: int | None) -> str:
    if low is None:
        return ""
    return str(low) if low == high else f"{low}–{high}"


def view_counts(actor: Actor, asked: Asked, today: dt.date) -> dict[str, int]:
    """How many each view holds. Four queries; left out where a region is too large to count in passing."""
    active = Enterprise.objects.under(actor.region_path).active()
    total = active.count()
    if total > 30_000:
        return {"all": total}
    judged = latest(asked.standard, today).filter(
        enterprise__state=State.ACTIVE,
        region_id__gte=actor.region_path,
        region_id__lt=actor.region_path + "~",
    )
    outcomes = judged.values_list("outcome").annotate(n=Count("id")).order_by()
    found = {
        "all": total,
        "pass": 0,
        "unknown": 0,
        "fail": 0,
        **dict(outcomes),
        "near": near(judged, asked.standard, actor.region_path).count(),
    }
    found["unjudged"] = total - found["pass"] - found["unknown"] - found["fail"]
    found["unreported"] = active.exclude(
        id__in=AnnualFigures.objects.filter(year=asked.year).values("enterprise_id")
    ).count()
    return found


def chosen_columns(got: QueryDict, actor: Actor) -> list[str]:
    """The columns of the address, otherwise all but what would say the same in every row."""
    allowed = columns_of(actor)
    asked = [c for c in allowed if c in got.getlist("col")]
    if asked:
        return asked
    return [c for c in allowed if c != "region" or not _is_county(actor)]


def columns_of(actor: Actor) -> list[str]:
    judging = actor.can("cultivation.view")
    return [c for c in COLUMNS if judging or c not in JUDGED_COLUMNS]


def _is_county(actor: Actor) -> bool:
    return actor.region_path.count("/") >= 3


@require_GET
def registry(request: ActedRequest) -> HttpResponse:
    """The list. Eight queries of its own, whatever the number of rows."""
    actor = request.actor
    require(actor, "enterprises.view", actor.region_path)
    today = timezone.localdate()
    asked = Asked.of(request)
    rows = filtered(asked, actor, today)
    page = page_of(request, ordered(rows, asked, today).values(*ROW_FIELDS), SIZES[0], sizes=SIZES)
    counts = view_counts(actor, asked, today)
    titles = view_titles(asked.year)
    return render(
        request,
        "portal/registry.html",
        {
            "asked": asked,
            "page": page,
            "sizes": SIZES,
            "rows": lines(list(page), asked.year, today, asked.standard, actor.region_path),
            "standards": [(tier, tier_title(tier)) for tier in Tier.values],
            "line": pass_line(asked.standard, today, actor.region_path),
            "columns": chosen_columns(request.GET, actor),
            "all_columns": [(c, column_title(c)) for c in columns_of(actor)],
            "views": [
                (v, titles[v], counts.get(v))
                for v in (VIEWS if actor.can("cultivation.view") else PLAIN_VIEWS)
            ],
            "judging": actor.can("cultivation.view"),
            "chips": chips(asked),
            "sections": [(s, section_title(s)) for s in SECTIONS],
            "today": today,
            "can_edit": actor.can("enterprises.edit"),
            "can_import": actor.can("enterprises.import"),
            "can_export": actor.can("enterprises.export"),
        },
    )


def pass_line(tier: str, on: dt.date, region: str) -> int | None:
    """The points that the tier's standard asks in all; None where it asks for none."""
    lines_ = editions.in_force(tier, on, region=region).lines
    return next((line.score_ge for line in lines_ if line.class_code is None), None)


def view_titles(year: int) -> dict[str, str]:
    return {
        "all": _("全部"),
        "pass": _("达标"),
        "near": _("差 3 项以内"),
        "unknown": _("待补数据"),
        "fail": _("未达标"),
        "unreported": _("未报 %(year)d 年数据") % {"year": year},
        "unjudged": _("未评价"),
    }


def column_title(code: str) -> str:
    return {
        "region": _("县（市、区）"),
        "tier": _("梯度"),
        "industry": _("行业"),
        "size": _("划型"),
        "revenue": _("营业收入"),
        "growth": _("主营同比"),
        "rd_ratio": _("研发占比"),
        "outcome": _("评价结果"),
        "score": _("得分"),
        "missing": _("缺项"),
        "updated": _("更新"),
    }[code]


def section_title(section: str) -> str:
    return {
        "A": _("农、林、牧、渔业"), "B": _("采矿业"), "C": _("制造业"), "D": _("电力、热力、燃气及水"),
        "E": _("建筑业"), "F": _("批发和零售业"), "G": _("交通运输、仓储和邮政业"), "H": _("住宿和餐饮业"),
        "I": _("信息传输、软件和信息技术"), "J": _("金融业"), "K": _("房地产业"), "L": _("租赁和商务服务业"),
        "M": _("科学研究和技术服务业"), "N": _("水利、环境和公共设施"), "O": _("居民服务、修理"), "P": _("教育"),
        "Q": _("卫生和社会工作"), "R": _("文化、体育和娱乐业"), "S": _("公共管理、社会组织"), "T": _("国际组织"),
    }[section]  # fmt: skip


def chips(asked: Asked) -> list[tuple[str, str]]:
    """Conditions that the filter row does not show by itself, each with the parameter that takes it away."""
    shown = []
    if asked.q:
        shown.append(("q", _("名称或代码含“%(text)s”") % {"text": asked.q}))
    if asked.under:
        shown.append(("under", _("地区 %(code)s") % {"code": asked.under}))
    return shown


def conditions(asked: Asked) -> list[str]:
    """The list's conditions in words, for what is recorded or printed about it."""
    words = []
    if asked.standard != TIER:
        words.append(_("按%(tier)s标准") % {"tier": Tier(asked.standard).label})
    if asked.view != "all":
        words.append(view_titles(asked.year)[asked.view])
    if asked.tier:
        words.append(tier_title(asked.tier) or _("未入梯度"))
    if asked.size:
        words.append(size_title(asked.size) or _("划型未定"))
    if asked.section:
        words.append(f"{asked.section} {section_title(asked.section)}")
    words += [text for _param, text in chips(asked)]
    words.append(_("各种状态") if asked.state == "any" else str(State(asked.state).label))
    return words


def tier_title(tier: str) -> str:
    titles = {
        "innovative": _("创新型"),
        "tech_sme": _("科技型"),
        "specialised": _("专精特新"),
        "little_giant": _("小巨人"),
    }
    return titles.get(tier, "")
