from enterprises.models.enterprise import Enterprise, EnterpriseState, FormerRegion, NameHistory, State
from enterprises.models.figures import AnnualFigures
from enterprises.models.imports import EntryDraft, ImportBatch, ImportProblem

__all__ = [
    "AnnualFigures",
    "Enterprise",
    "EnterpriseState",
    "EntryDraft",
    "FormerRegion",
    "ImportBatch",
    "ImportProblem",
    "NameHistory",
    "State",
]
