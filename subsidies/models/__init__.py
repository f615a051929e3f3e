from subsidies.models.awards import Award, AwardStep, Portion
from subsidies.models.claims import ClaimFile, ClaimRequest
from subsidies.models.events import AwardEvent, EventChoice
from subsidies.models.ledger import Acceptance, AcceptanceStep, Closing, Entry, Pool
from subsidies.models.local import LocalRule
from subsidies.models.payments import PayeeAccount, PaymentOrder, PaymentResult, Recovery, RecoveryReceipt
from subsidies.models.vouchers import Voucher, VoucherProvider, VoucherRedemption, VoucherStep

__all__ = [
    "Acceptance",
    "AcceptanceStep",
    "Award",
    "AwardEvent",
    "AwardStep",
    "ClaimFile",
    "ClaimRequest",
    "Closing",
    "Entry",
    "EventChoice",
    "LocalRule",
    "PayeeAccount",
    "PaymentOrder",
    "PaymentResult",
    "Pool",
    "Portion",
    "Recovery",
    "RecoveryReceipt",
    "Voucher",
    "VoucherProvider",
    "VoucherRedemption",
    "VoucherStep",
]
