from cultivation.models.judging import Edition, Evaluation, LastJudged, PointsField, Tier

__all__ = ["Edition", "Evaluation", "LastJudged", "PointsField", "Tier"]
