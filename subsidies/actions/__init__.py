from subsidies.actions.accepting import confirm_loss, decline_loss, propose_loss
from subsidies.actions.books import BookResult, drop_book, keep_book, take_book
from subsidies.actions.choosing import choose_policy
from subsidies.actions.claiming import judge_claim, make_claim, withdraw_claim
from subsidies.actions.deciding import approve, refuse, release, reserve
from subsidies.actions.history import RECORD, Recorded, record_history
from subsidies.actions.noticing import answer, clear, publish
from subsidies.actions.paying import confirm_account, order
from subsidies.actions.proposing import Proposed, Wanted, propose, withdraw
from subsidies.actions.recovering import receive, reclaim
from subsidies.actions.redeeming import (
    approve_redemption,
    pay_redemption,
    refuse_redemption,
    release_expired,
    return_redemption,
)
from subsidies.actions.settling import settle, settle_all
from subsidies.actions.terms import decide_rule, draft_rule, end_rule
from subsidies.actions.vouchers import (
    Issued,
    ask_redemption,
    end_provider,
    issue_vouchers,
    register_provider,
)

__all__ = [
    "BookResult",
    "Issued",
    "Proposed",
    "RECORD",
    "Recorded",
    "Wanted",
    "answer",
    "approve",
    "approve_redemption",
    "ask_redemption",
    "choose_policy",
    "clear",
    "confirm_account",
    "decide_rule",
    "draft_rule",
    "confirm_loss",
    "decline_loss",
    "drop_book",
    "end_provider",
    "end_rule",
    "issue_vouchers",
    "judge_claim",
    "keep_book",
    "make_claim",
    "order",
    "pay_redemption",
    "propose",
    "propose_loss",
    "publish",
    "receive",
    "reclaim",
    "record_history",
    "refuse",
    "refuse_redemption",
    "register_provider",
    "release",
    "release_expired",
    "reserve",
    "return_redemption",
    "settle",
    "settle_all",
    "take_book",
    "withdraw",
    "withdraw_claim",
]
