from enterprises.models.accounts import Claim, Invitation
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
from enterprises.models.moves import Move
from enterprises.models.proposals import Proposal

__all__ = [
    "AnnualFigures",
    "Claim",
    "ElsewhereAnswer",
    "Enterprise",
    "EnterpriseState",
    "EntryDraft",
    "FormerRegion",
    "ImportBatch",
    "ImportChange",
    "ImportProblem",
    "Invitation",
    "Move",
    "NameHistory",
    "Proposal",
    "RememberedLayout",
    "State",
]
