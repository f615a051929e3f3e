from cultivation.models.applications import Application, ApplicationBatch, Conflict, ReviewStep
from cultivation.models.judging import Edition, Evaluation, LastJudged, PointsField, Tier
from cultivation.models.recognition import (
    Announcement,
    NoticeEntry,
    Objection,
    PublicNotice,
    Recognition,
    Withdrawal,
)

__all__ = [
    "Announcement",
    "Application",
    "ApplicationBatch",
    "Conflict",
    "Edition",
    "Evaluation",
    "LastJudged",
    "NoticeEntry",
    "Objection",
    "PointsField",
    "PublicNotice",
    "Recognition",
    "ReviewStep",
    "Tier",
    "Withdrawal",
]
