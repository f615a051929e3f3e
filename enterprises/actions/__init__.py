"""Writes to the registry. Each act asks the permission first and leaves one audit row."""

from enterprises.actions.entry import delete_draft, rename, save_by_hand, save_draft, set_state
from enterprises.actions.imports import (
    ImportResult,
    abandon,
    check_upload,
    import_workbook,
    recheck,
    write_batch,
)

__all__ = [
    "ImportResult",
    "abandon",
    "check_upload",
    "delete_draft",
    "import_workbook",
    "recheck",
    "rename",
    "save_by_hand",
    "save_draft",
    "set_state",
    "write_batch",
]
