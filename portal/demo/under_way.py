"""A drafted standard and an enterprise on its way to another county, so that both find somebody to decide."""

from __future__ import annotations

from django.utils import timezone

from cultivation.actions import begin_edition, keep_effect, propose_edition
from cultivation.effect import compare
from cultivation.models import Edition, EditionDraft
from cultivation.rules.composing import scale_of
from enterprises.actions.moving import offer_move
from enterprises.models import Enterprise, Move
from tenancy.access import actor_for
from tenancy.context import acting
from tenancy.models import Region

_SOURCE = "演示用的虚构文件"


def compose_a_standard() -> None:
    """The region's own feature indicators over the standard of 2022, proposed; a second run changes nothing."""
    by, today = actor_for("region.65", origin="load_demo"), timezone.localdate()
    with acting(by):
        if EditionDraft.objects.exists():
            return
        base = Edition.objects.get(code="CN-MIIT-2022-63/T1")
        words = {"zh": "自治区创新型中小企业评价标准（演示）", "en": "Regional standard (demo)"}
        growth = [
            ("主营业务收入增长率", scale_of("main_revenue_growth", True, "15% 15\n10% 10\n5% 5", 15), 15),
            ("研发人员占比", scale_of("rd_staff_ratio", True, "20% 15\n10% 8", 15), 15),
        ]
        over = {
            "title": words,
            "document": {"number": "新工信规〔2026〕0 号", "part": {"zh": "附件", "en": "annex"}},
            "valid_from": today.isoformat(),
            "valid_until": None,
            "applies_to": ["first"],
            "sources": {"P1": _SOURCE},
            "indicators": [
                {
                    "code": f"L{n}",
                    "class": "growth",
                    "max": most,
                    "label": {"zh": label, "en": label},
                    "clause": {"zh": f"附件 {n}", "en": f"annex {n}"},
                    "confidence": {"mark": "inferred", "sources": ["P1"]},
                    "points": points,
                }
                for n, (label, points, most) in enumerate(growth, start=1)
            ],
        }
        draft = begin_edition(by=by, base=base, over=over)
        keep_effect(by=by, draft=draft, of=draft.content_hash, effect=compare(draft, today))
        propose_edition(by=by, draft=draft, version=draft.version)


def offer_an_enterprise() -> None:
    """From 精河县 to 博乐市; a second run changes nothing."""
    by = actor_for("county.652722", origin="load_demo")
    with acting(by):
        if Move.objects.exists():
            return
        firm = Enterprise.objects.under(by.region_path).active().order_by("uscc").last()
        if firm is not None:
            offer_move(
                by=by,
                enterprise=firm,
                to=Region.objects.by_code("652701"),
                moved_on=timezone.localdate(),
                document="迁移通知书（演示）第 17 号",
            )
