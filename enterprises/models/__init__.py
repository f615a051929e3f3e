from enterprises.models.enterprise import Enterprise, EnterpriseState, FormerRegion, NameHistory, State
from enterprises.models.figures import AnnualFigures
from enterprises.models.imports import (
    ElsewhereAnswer,
    EntryDraft,
    ImportBatch,
    ImportChange,
    ImportProblem,
    RememberedLayout,
)
from enterprises.models.proposals import Proposal

__all__ = [
    "AnnualFigures",
    "ElsewhereAnswer",
    "Enterprise",
    "EnterpriseState",
    "EntryDraft",
    "FormerRegion",
    "ImportBatch",
    "ImportChange",
    "ImportProblem",
    "NameHistory",
    "Proposal",
    "RememberedLayout",
    "State",
]
