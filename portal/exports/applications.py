"""The list of applications as a file: the 推荐汇总表 that a level seals and hands up."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict
from django.utils.translation import gettext as _

from cultivation.models import Application, ReviewStep
from enterprises.resources import Column
from portal.exports.base import Plain
from portal.exports.trails import moment_text
from portal.pages.applications import narrowed, view_title
from tenancy.access import Actor


def _last(decision: str, before: str, column: str) -> Subquery:
    """From the newest step of a kind at a level."""
    steps = ReviewStep.objects.filter(application=OuterRef("pk"), decision=decision, before=before)
    return Subquery(steps.order_by("-number").values(column)[:1])


class Applications(Plain):
    code = "applications"
    page = "applications"
    parameters = ("view", "batch", "q")
    picks = True

    @property
    def noun(self) -> str:
        return _("份")

    def columns(self) -> list[Column]:
        return [
            Column("name", _("企业名称"), lambda a: a.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda a: a.enterprise.uscc),
            Column("region", _("县（市、区）"), lambda a: a.region.name),
            Column("industry", _("国民经济行业代码"), lambda a: a.enterprise.industry_code),
            Column("product", _("主导产品"), lambda a: a.enterprise.leading_product),
            Column("batch", _("批次"), lambda a: a.batch.title),
            Column("tier", _("层级"), lambda a: a.batch.get_tier_display()),
            Column("platform_number", _("国家平台申报编号"), lambda a: a.platform_number),
            Column("state", _("环节"), lambda a: a.get_state_display()),
            Column("due_on", _("办理期限"), lambda a: a.due_on.isoformat() if a.due_on else ""),
            Column("submitted_at", _("提交时间"), lambda a: moment_text(a.submitted_at)),
            Column("county_opinion", _("县级意见"), lambda a: a.county_opinion),
            Column("prefecture_opinion", _("地州意见"), lambda a: a.prefecture_opinion),
            Column("region_opinion", _("省级意见"), lambda a: a.region_opinion),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Application]:
        rows = narrowed(actor, asked)[1]
        if picked:
            rows = narrowed(actor, QueryDict("view=all"))[1].filter(public_id__in=picked)
        return rows.annotate(
            submitted_at=_last("submit", "draft", "at"),
            county_opinion=_last("recommend", "county", "opinion"),
            prefecture_opinion=_last("recommend", "prefecture", "opinion"),
            region_opinion=_last("approve", "region", "opinion"),
        ).order_by("region_id", "enterprise__pinyin", "id")

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        view, _rows = narrowed(actor, asked)
        told = [view_title(view)]
        batch = asked.get("batch", "")
        if batch:
            told += list(
                Application.objects.filter(batch__public_id=batch[:26]).values_list(
                    "batch__title", flat=True
                )[:1]
            )
        if asked.get("q"):
            told.append(str(asked["q"]))
        return told
