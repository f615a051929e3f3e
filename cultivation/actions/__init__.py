"""Writes of cultivation. Each act asks the permission first and leaves one audit row."""

from cultivation.actions.answering import answer_judgement, excuse
from cultivation.actions.applications import (
    Decided,
    decide,
    declare_conflict,
    end_conflict,
    file,
    open_batch,
    save,
)
from cultivation.actions.changing import decide_change, report_change
from cultivation.actions.composing import (
    begin_edition,
    change_edition,
    drop_edition,
    keep_effect,
    propose_edition,
    put_in_force,
    return_edition,
)
from cultivation.actions.evidence import attach, detach
from cultivation.actions.judging import (
    EditionChanged,
    Evaluated,
    evaluate,
    evaluate_all,
    forget_looks,
    judge_anew,
    load_editions,
)
from cultivation.actions.listing import keep_printed, make_list, take_scan
from cultivation.actions.official import confirm_list, decide_line, take_list
from cultivation.actions.pooling import Pooled, admit, move, record_industrial_count
from cultivation.actions.recognising import (
    answer,
    object_to,
    publish,
    recognise,
    recognise_nationally,
    withdraw,
)
from cultivation.actions.updating import Updated, report_updates
from cultivation.actions.visiting import assign_visit, draw_visits, record_visit

__all__ = [
    "Decided",
    "EditionChanged",
    "Evaluated",
    "Pooled",
    "Updated",
    "admit",
    "answer",
    "answer_judgement",
    "assign_visit",
    "attach",
    "begin_edition",
    "change_edition",
    "confirm_list",
    "decide",
    "decide_change",
    "decide_line",
    "declare_conflict",
    "detach",
    "draw_visits",
    "drop_edition",
    "end_conflict",
    "evaluate",
    "evaluate_all",
    "excuse",
    "file",
    "forget_looks",
    "judge_anew",
    "keep_effect",
    "keep_printed",
    "load_editions",
    "make_list",
    "move",
    "object_to",
    "open_batch",
    "propose_edition",
    "publish",
    "put_in_force",
    "recognise",
    "recognise_nationally",
    "record_industrial_count",
    "record_visit",
    "report_change",
    "report_updates",
    "return_edition",
    "save",
    "take_list",
    "take_scan",
    "withdraw",
]
