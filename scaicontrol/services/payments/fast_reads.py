"""Questions about payments that are asked all day, as prepared statements: no entity is made for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from scaicontrol.core.work import ReadContext
from scaicontrol.db.prepared import Prepared

from .lifecycle import PaymentState
from .models import Dispute, Payment

_FAILED = Prepared(
    Payment,
    select(Payment.id, Payment.amount_cents, Payment.created_at, Payment.failure_message, Payment.next_retry_at)
    .where(Payment.invoice_id == bindparam("invoice_id"), Payment.status == PaymentState.failed)
    .order_by(Payment.attempt),
)


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt to collect that failed, in minor units of the document's currency, and when the next one is."""

    id: str
    amount_cents: int
    created_at: datetime
    failure_message: str | None
    next_retry_at: datetime | None


_DISPUTES = Prepared(
    Dispute,
    select(Dispute.id, Dispute.status, Dispute.amount_cents, Dispute.opened_at, Dispute.closed_at)
    .where(Dispute.invoice_id == bindparam("invoice_id"))
    .order_by(Dispute.opened_at, Dispute.id),
)


@dataclass(frozen=True, slots=True)
class AskedBack:
    """A payment that the payer's bank asks back, in minor units of the document's currency, and how that ended."""

    id: str
    status: str
    amount_cents: int
    opened_at: datetime
    closed_at: datetime | None


async def asked_back(context: ReadContext, invoice_id: str) -> list[AskedBack]:
    """List the disputes about money that settled an invoice, oldest first."""
    context.authorize("disputes:read")
    return [AskedBack(**row) for row in await context.rows(_DISPUTES, invoice_id=invoice_id)]


async def failed_attempts(context: ReadContext, invoice_id: str) -> list[FailedAttempt]:
    """List the attempts to collect an invoice that failed, oldest first."""
    context.authorize("payments:read")
    return [FailedAttempt(**row) for row in await context.rows(_FAILED, invoice_id=invoice_id)]
