"""The lists of what was done: imports, exports, audit entries, postings, jobs."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enterprises.models import ImportBatch
from enterprises.resources import Column
from portal.exports import queries
from portal.exports.base import Plain
from portal.models import ExportRecord
from portal.wording import action_title, export_title, job_title, role_title
from tenancy.access import Actor
from tenancy.models import AuditEntry, Job, Posting

# Names alone: what belongs to signing in cannot be read in a context, and need not be.
_BY = ("by__display_name", "by__username")


def moment_text(value: dt.datetime | None) -> str:
    return "" if value is None else f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


def _within(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """The actor's place again, over the policies of the database."""
    return rows.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")


def _named(by: Any) -> str:
    return "" if by is None else by.display_name or by.username


class _Trail(Plain):
    @property
    def noun(self) -> str:
        return _("条")


class Imports(_Trail):
    code = "imports"
    page = "enterprises:imports"

    def columns(self) -> list[Column]:
        counted = (
            ("rows", _("读取")),
            ("created", _("新增")),
            ("updated", _("更新")),
            ("unchanged", _("没有变化")),
            ("failed", _("有错误")),
            ("warned", _("有警告")),
        )
        return [
            Column("name", _("文件"), lambda b: b.name),
            Column("region", _("地区"), lambda b: b.region.name),
            Column("year", _("年度"), lambda b: b.year),
            Column("state", _("状态"), lambda b: b.get_state_display()),
            *(
                Column(code, title, lambda b, code=code: (b.counts or {}).get(code))  # type: ignore[misc]
                for code, title in counted
            ),
            Column("by", _("经办"), lambda b: _named(b.by)),
            Column("created_at", _("上传时间"), lambda b: moment_text(b.created_at)),
            Column("finished_at", _("完成时间"), lambda b: moment_text(b.finished_at)),
            Column("sha256", "SHA-256", lambda b: b.sha256),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[ImportBatch]:
        batches = ImportBatch.objects.select_related("region", "by").only(
            "name", "region", "year", "state", "counts", "created_at", "finished_at", "sha256", *_BY
        )
        return _within(batches, actor).order_by("-created_at", "-id")


class Exports(_Trail):
    code = "exports"
    page = "exports"
    parameters = ("of",)

    def columns(self) -> list[Column]:
        return [
            Column("listed", _("列表"), lambda r: export_title(r.listed)),
            Column("region", _("地区"), lambda r: r.region.name),
            Column("format", _("格式"), lambda r: r.format),
            Column("conditions", _("条件"), lambda r: r.conditions),
            Column("years", _("年度"), lambda r: "、".join(str(year) for year in r.years)),
            Column("columns", _("所选列"), lambda r: len(r.columns)),
            Column("rows", _("行数"), lambda r: r.rows),
            Column("bytes", _("字节"), lambda r: r.bytes),
            Column("sha256", "SHA-256", lambda r: r.sha256),
            Column("by", _("经办"), lambda r: _named(r.by)),
            Column("moment", _("数据时点"), lambda r: moment_text(r.moment)),
            Column("file", _("文件保留到"), lambda r: moment_text(r.kept_until)),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[ExportRecord]:
        rows = (
            queries.visible(actor)
            .select_related("region", "by", "file")
            .only(
                *(f.name for f in ExportRecord._meta.fields if f.name not in ("by", "picked")),
                "file__deleted_at",
                *_BY,
            )
        )
        listed = asked.get("of", "")
        return rows.filter(listed=listed) if listed else rows

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        return [export_title(asked.get("of", ""))] if asked.get("of") else []


class Audit(_Trail):
    code = "audit"
    page = "audit"
    parameters = ("action", "username")

    def columns(self) -> list[Column]:
        return [
            Column("at", _("时间"), lambda e: moment_text(e.at)),
            Column("username", _("用户名"), lambda e: e.username),
            Column("role", _("岗位"), lambda e: role_title(e.role)),
            Column("region", _("地区"), lambda e: e.region.name),
            Column("action", _("事项"), lambda e: action_title(e.action)),
            Column("subject", _("对象"), lambda e: e.subject),
            Column("origin", _("来自"), lambda e: e.origin),
            Column("before", _("原来"), lambda e: _json(e.before)),
            Column("after", _("改为"), lambda e: _json(e.after)),
            Column("detail", _("内容"), lambda e: _json(e.detail)),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[AuditEntry]:
        entries = _within(AuditEntry.objects.select_related("region"), actor).order_by("-at", "-id")
        for name in self.parameters:
            if asked.get(name):
                entries = entries.filter(**{name: asked[name]})
        return entries

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        words = [action_title(asked.get("action", ""))] if asked.get("action") else []
        return words + ([_("用户名 %(name)s") % {"name": asked["username"]}] if asked.get("username") else [])


class People(_Trail):
    code = "people"
    page = "people"
    parameters = ("q",)

    def columns(self) -> list[Column]:
        return [
            Column("display_name", _("姓名"), lambda p: p.officer.display_name),
            Column("username", _("用户名"), lambda p: p.officer.username),
            Column("role", _("岗位"), lambda p: role_title(p.role)),
            Column("region", _("地区"), lambda p: p.region.name),
            Column("code", _("地区代码"), lambda p: p.region.code),
            Column("from_at", _("起"), lambda p: moment_text(p.from_at)),
            Column("until_at", _("止"), lambda p: moment_text(p.until_at)),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Posting]:
        postings = _within(_postings(), actor).order_by("region_id", "role", "id")
        return postings.filter(officer__username__icontains=asked["q"]) if asked.get("q") else postings

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        return [_("用户名含“%(text)s”") % {"text": asked["q"]}] if asked.get("q") else []


def _postings() -> QuerySet[Posting]:
    return Posting.objects.select_related("region", "officer").only(
        "role", "from_at", "until_at", "region", "officer__display_name", "officer__username"
    )


class Jobs(_Trail):
    """One's own jobs."""

    code = "jobs"
    page = "jobs"

    def columns(self) -> list[Column]:
        return [
            Column("title", _("任务"), lambda j: job_title(j.kind)),
            Column("region", _("地区"), lambda j: j.region.name),
            Column("state", _("状态"), lambda j: j.get_state_display()),
            Column("by", _("经办"), lambda j: _named(j.by)),
            Column("created_at", _("开始"), lambda j: moment_text(j.created_at)),
            Column("finished_at", _("结束"), lambda j: moment_text(j.finished_at)),
            Column("tries", pgettext("tries of a job", "次数"), lambda j: j.tries),
            Column("error", _("原因"), lambda j: j.error),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Job]:
        return _within(_jobs(), actor).filter(by_id=actor.officer_id).order_by("-created_at", "id")


class AllJobs(Jobs):
    """The jobs of the place, for the system administrator."""

    code = "all_jobs"
    page = "all_jobs"

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Job]:
        return _within(_jobs(), actor).order_by("-created_at", "id")


def _jobs() -> QuerySet[Job]:
    return Job.objects.select_related("region", "by").only(
        "kind", "state", "created_at", "finished_at", "tries", "error", "region", *_BY
    )
