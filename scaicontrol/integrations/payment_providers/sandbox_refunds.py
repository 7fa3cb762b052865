"""Refunds of the sandbox provider: some take a day, some come back, and some are made at the provider by hand."""

from datetime import datetime
from typing import Final

from scaicontrol.core.payment_ports import PaymentStatus, RefundResult

from .sandbox_disputes import withheld_of
from .sandbox_ledger import Row, State

RETURNED: Final = 6  # the ending of an amount that the payer's bank returns


def left_of(state: State, payment: Row) -> int:
    """Say how much of a payment can be given back."""
    left: int = payment["amount_cents"] - payment["refunded_cents"] - withheld_of(state, payment["id"])
    return left if payment["status"] == "succeeded" else 0


def ripen(state: State, key: str, now: datetime) -> None:
    """Let what comes later be so: a slow refund succeeds, the payer's bank returns another."""
    refund = state["refunds"][key]
    if now < datetime.fromisoformat(refund["changes_at"]):
        return
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
    elif refund["status"] == "succeeded" and refund["amount_cents"] % 100 == RETURNED:
        refund["status"] = "failed"
        state["payments"][refund["payment_id"]]["refunded_cents"] -= refund["amount_cents"]


def told(state: State, key: str) -> RefundResult:
    refund = state["refunds"][key]
    status = PaymentStatus(refund["status"])
    returned = refund["amount_cents"] % 100 == RETURNED
    why = "The payer's bank returned the money." if returned else "The sandbox declines refunds ending in 01."
    return RefundResult(
        status,
        refund["id"],
        why if status is PaymentStatus.failed else None,
        refund["amount_cents"],
        state["payments"][refund["payment_id"]]["currency"],
        refund.get("refund_id"),
    )
