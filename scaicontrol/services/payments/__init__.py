"""Payments: how invoices are collected, pursued, refunded, and what that means for subscriptions."""

from .dunning import StepKind, timetable
from .fast_reads import asked_back, failed_attempts
from .queries import (
    dispute,
    disputes,
    find_refund,
    get,
    methods,
    of_invoice,
    page,
    pursuit_of,
    refunds_of,
    refunds_of_credit,
    refunds_of_note,
    refunds_that_failed,
    visible,
    visible_disputes,
    visible_refunds,
    who_can_pay,
)
from .service.collect import charge_due, pay, retry
from .service.disputes import ask_disputes
from .service.dunning_steps import end_dunning, run_dunning
from .service.inbound import process_inbound, receive
from .service.manual_disputes import close_dispute, open_dispute
from .service.methods import confirm, enabled_providers, make_default, provider, remove, set_up
from .service.mismatches import resolve_mismatch
from .service.pay_back import pay_back
from .service.refund_calls import refund_due
from .service.refunds import refund

__all__ = [
    "StepKind",
    "ask_disputes",
    "asked_back",
    "charge_due",
    "close_dispute",
    "confirm",
    "dispute",
    "disputes",
    "enabled_providers",
    "end_dunning",
    "failed_attempts",
    "find_refund",
    "get",
    "make_default",
    "methods",
    "of_invoice",
    "open_dispute",
    "page",
    "pay",
    "pay_back",
    "process_inbound",
    "provider",
    "pursuit_of",
    "receive",
    "refund",
    "refund_due",
    "refunds_of",
    "refunds_of_credit",
    "refunds_of_note",
    "refunds_that_failed",
    "remove",
    "resolve_mismatch",
    "retry",
    "run_dunning",
    "set_up",
    "timetable",
    "visible",
    "visible_disputes",
    "visible_refunds",
    "who_can_pay",
]
