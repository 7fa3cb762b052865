"""Questions about payments that are asked all day, as prepared statements: no entity is made for them."""

from sqlalchemy import bindparam, select

from scaicontrol.core.work import ReadContext
from scaicontrol.db.prepared import Prepared, Row

from .lifecycle import PaymentState
from .models import Payment

_FAILED = Prepared(
    Payment,
    select(Payment.id, Payment.amount_cents, Payment.created_at, Payment.failure_message, Payment.next_retry_at)
    .where(Payment.invoice_id == bindparam("invoice_id"), Payment.status == PaymentState.failed)
    .order_by(Payment.attempt),
)


async def failed_attempts(context: ReadContext, invoice_id: str) -> list[Row]:
    """List the attempts to collect an invoice that failed, oldest first."""
    context.authorize("payments:read")
    return await context.rows(_FAILED, invoice_id=invoice_id)
