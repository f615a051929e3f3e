from cultivation.models.applications import Application, ApplicationBatch, Conflict, ReviewStep
from cultivation.models.judging import Edition, Evaluation, LastJudged, PointsField, Tier

__all__ = [
    "Application",
    "ApplicationBatch",
    "Conflict",
    "Edition",
    "Evaluation",
    "LastJudged",
    "PointsField",
    "ReviewStep",
    "Tier",
]
