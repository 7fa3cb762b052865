"""Disputes of the sandbox provider: like card schemes it keeps the money and a fee until the dispute is decided."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, TypedDict

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import DisputeResult, DisputeStatus

from .sandbox_ledger import State

FEE_CENTS: Final = 1500
EVIDENCE_WITHIN: Final = timedelta(days=14)


class SandboxDispute(TypedDict):
    id: str
    payment_id: str
    status: str
    amount_cents: int
    currency: str
    reason: str
    opened_at: str
    evidence_due_at: str


def open_one(
    state: State, payment: Mapping[str, object], at: datetime, amount_cents: int | None = None
) -> SandboxDispute:
    """Let the payer's bank ask a payment back at a moment, which may be still to come."""
    payment_id = str(payment["id"])
    left = int(str(payment["amount_cents"])) - withheld_of(state, payment_id)
    amount = left if amount_cents is None else amount_cents
    if not 0 < amount <= left:
        raise Refused(f"At most {left} of this payment can be disputed.")
    dispute = SandboxDispute(
        id=new_id("sbd"),
        payment_id=payment_id,
        status="opened",
        amount_cents=amount,
        currency=str(payment["currency"]),
        reason="fraudulent",
        opened_at=at.isoformat(),
        evidence_due_at=(at + EVIDENCE_WITHIN).isoformat(),
    )
    state["disputes"][dispute["id"]] = dispute
    return dispute


def close_one(state: State, dispute_id: str, outcome: str) -> SandboxDispute:
    """Decide a dispute: won, lost or withdrawn; a decided one may be decided anew, as banks do."""
    dispute = get(state, dispute_id)
    dispute["status"] = DisputeStatus(outcome).value
    return dispute


def get(state: State, dispute_id: str) -> SandboxDispute:
    dispute: SandboxDispute | None = state["disputes"].get(dispute_id)
    if dispute is None:
        raise NotFound(f"The sandbox knows no dispute {dispute_id}.")
    return dispute


def of_payment(state: State, payment_id: str) -> list[SandboxDispute]:
    return [each for each in state["disputes"].values() if each["payment_id"] == payment_id]


def withheld_of(state: State, payment_id: str) -> int:
    """Sum what the payer's bank has taken, or keeps while it decides."""
    return sum(
        each["amount_cents"] for each in of_payment(state, payment_id) if each["status"] in ("opened", "lost")
    )  # fmt: skip


def told(dispute: SandboxDispute) -> DisputeResult:
    status = DisputeStatus(dispute["status"])
    return DisputeResult(
        status,
        dispute["id"],
        dispute["payment_id"],
        dispute["amount_cents"],
        dispute["currency"],
        dispute["reason"],
        withheld_cents=dispute["amount_cents"] if status is DisputeStatus.opened else 0,
        fee_cents=FEE_CENTS if status in (DisputeStatus.opened, DisputeStatus.lost) else 0,
        opened_at=datetime.fromisoformat(dispute["opened_at"]),
        evidence_due_at=datetime.fromisoformat(dispute["evidence_due_at"]),
    )
