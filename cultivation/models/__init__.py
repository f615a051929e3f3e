from cultivation.models.applications import Application, ApplicationBatch, Conflict, ReviewStep
from cultivation.models.changes import ChangeReport
from cultivation.models.drafts import EditionDraft
from cultivation.models.evidence import Evidence
from cultivation.models.judging import Edition, Evaluation, LastJudged, PointsField, Tier
from cultivation.models.lists import RecommendationList
from cultivation.models.official import OfficialLine, OfficialList
from cultivation.models.pool import IndustrialCount, PoolEntry, PoolStep
from cultivation.models.recognition import (
    Announcement,
    NoticeEntry,
    Objection,
    PublicNotice,
    Recognition,
    Withdrawal,
)
from cultivation.models.updates import InfoUpdate
from cultivation.models.verdicts import Verdict
from cultivation.models.visits import SiteDraw, SiteVisit

__all__ = [
    "Announcement",
    "Application",
    "ApplicationBatch",
    "ChangeReport",
    "Conflict",
    "Edition",
    "EditionDraft",
    "Evaluation",
    "Evidence",
    "IndustrialCount",
    "InfoUpdate",
    "LastJudged",
    "NoticeEntry",
    "Objection",
    "OfficialLine",
    "OfficialList",
    "PointsField",
    "PoolEntry",
    "PoolStep",
    "PublicNotice",
    "Recognition",
    "RecommendationList",
    "ReviewStep",
    "SiteDraw",
    "SiteVisit",
    "Tier",
    "Verdict",
    "Withdrawal",
]
