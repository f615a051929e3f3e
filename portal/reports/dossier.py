"""What stays behind when an enterprise moves to another county, frozen for the new one: its judgements and the changes of
its figures, as xlsx."""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from typing import Any

from django.utils import timezone, translation

from cultivation.models import Evaluation, Tier
from enterprises.models import Enterprise
from enterprises.queries import history_of
from enterprises.rules.fields import BY_CODE
from enterprises.sheets import write_xlsx
from enterprises.wording import field_name
from portal.pages.enterprise import shown
from tenancy.audit import PERSONAL_FIELDS
from tenancy.models import Officer

HEAD = ("时间", "类别", "年度", "事项", "原值", "新值或结论", "依据或来源", "办理人")
_WIDTHS = (18, 10, 8, 30, 24, 36, 40, 12)
_MOST = 20_000
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def dossier(enterprise: Enterprise, at: dt.datetime) -> tuple[str, str, bytes]:
    """(name, media type, content), newest line first; in a context that sees the place it leaves. Four queries."""
    with translation.override("zh-hans"):
        lines = [*_judgements(enterprise), *_changes(enterprise)]
        lines.sort(key=lambda line: line[0], reverse=True)
        cells = [(timezone.localtime(moment).strftime("%Y-%m-%d %H:%M"), *rest) for moment, *rest in lines]
    target = BytesIO()
    write_xlsx(
        target,
        HEAD,
        cells,
        sheet="迁入前档案",
        widths=_WIDTHS,
        properties={"title": f"{enterprise.name}迁入前档案", "created": at.replace(tzinfo=None)},
    )
    return f"{enterprise.uscc}迁入前档案.xlsx", _MEDIA, target.getvalue()


def _judgements(enterprise: Enterprise) -> list[tuple[Any, ...]]:
    found = Evaluation.objects.filter(enterprise=enterprise).select_related("edition").order_by("-id")
    return [
        (
            e.created_at,
            "评价",
            str(e.year),
            str(Tier(e.tier).label) + ("（复核）" if e.review else ""),
            "",
            f"{e.get_outcome_display()}，{_score(e)}，缺 {e.missing_count} 项",
            f"{e.edition.document}（{e.judged_on.isoformat()}）",
            "",
        )
        for e in found[:_MOST]
    ]


def _score(e: Evaluation) -> str:
    return f"{e.score} 分" if e.score == e.score_max else f"{e.score}–{e.score_max} 分"


def _changes(enterprise: Enterprise) -> list[tuple[Any, ...]]:
    entries = history_of(enterprise, limit=_MOST)
    people = dict(
        Officer.objects.filter(pk__in={e["by"] for e in entries if e["by"]}).values_list("id", "display_name")
    )
    return [
        (
            e["at"],
            "数据",
            str(e["year"] or ""),
            field_name(code) if code in BY_CODE else {"state": "状态"}.get(code, code),
            _text(code, before),
            _text(code, after),
            " ".join(str(part) for part in (e["source_file"], e["source_sheet"], e["source_row"]) if part),
            people.get(e["by"], ""),
        )
        for e in entries
        for code, before, after in e["changes"]
        # Who is spoken to there is named on the enterprise's page, not handed on in a file.
        if code != "region_id" and code not in PERSONAL_FIELDS
    ][:_MOST]


def _text(code: str, value: Any) -> str:
    if value is None:
        return ""
    return shown(BY_CODE[code], value) if code in BY_CODE else str(value)
