"""The verbs, by phase of a subscription's life."""

from .changing import PlannedChange, change_plan, preview_change, undo_change
from .charging import mark_charged, mark_for_correction
from .converting import Payers, TrialsEnded, convert, expire_trials
from .ending import cancel, resume
from .jobs import expire_terms, notice_trial_ending, reap, renew
from .overriding import Override, bulk, override
from .redeeming import redeem_coupon
from .standing import PaymentFailure, mark_past_due, recover, suspend
from .subscribing import activate, begin, fail_provisioning, register_endpoint
from .terms import SellerTerms, terms_of

__all__ = [
    "Override",
    "Payers",
    "PaymentFailure",
    "PlannedChange",
    "SellerTerms",
    "TrialsEnded",
    "activate",
    "begin",
    "bulk",
    "cancel",
    "change_plan",
    "convert",
    "expire_terms",
    "expire_trials",
    "fail_provisioning",
    "mark_charged",
    "mark_for_correction",
    "mark_past_due",
    "notice_trial_ending",
    "override",
    "preview_change",
    "reap",
    "recover",
    "redeem_coupon",
    "register_endpoint",
    "renew",
    "resume",
    "suspend",
    "terms_of",
    "undo_change",
]
