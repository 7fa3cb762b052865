"""Invoices whose day to be paid has passed."""

from datetime import date, timedelta

from sqlalchemy import select, update

from scaicontrol.core import claims
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners

from ..lifecycle import DocumentType, InvoiceLifecycle, InvoiceStatus
from ..models import Invoice
from .settle import past_due_fact

_BATCH = 500


async def mark_overdue(uow: UnitOfWork, limit: int = _BATCH) -> int:
    """
    Make sent invoices past due once their due date and the seller's days of grace have passed, and count them.

    One update for each seller, guarded by the state machine's own table; call again while it gives `limit`.
    """
    uow.authorize("invoices:age")
    aged = 0
    for partner_id, last_day in await _cutoffs(uow):
        aged += await _age_of(uow, partner_id, last_day, limit - aged)
        if aged >= limit:
            break
    return aged


async def _cutoffs(uow: UnitOfWork) -> list[tuple[str, date]]:
    """Give each seller with a candidate and the last due date that is late there today."""
    # No civil day anywhere is later than tomorrow in UTC, so this never misses a seller.
    latest = uow.now.date() + timedelta(days=1)
    sellers = await uow.session.scalars(
        select(Invoice.partner_id).where(Invoice.status.in_(_SOURCES), Invoice.due_date < latest).distinct()
    )
    found = []
    for partner_id in sorted(sellers):
        settings = await partners.settings_of(uow, partner_id)
        today = civil_date(uow.now, settings.timezone)
        found.append((partner_id, today - timedelta(days=settings.overdue_grace_days + 1)))
    return found


_SOURCES = [InvoiceStatus(status) for status in InvoiceLifecycle.sources_of("age")]


async def _age_of(uow: UnitOfWork, partner_id: str, last_day: date, limit: int) -> int:
    invoices = await claims.take(
        uow,
        Invoice,
        Invoice.partner_id == partner_id,
        Invoice.document_type == DocumentType.invoice,
        Invoice.status.in_(_SOURCES),
        Invoice.due_date <= last_day,
        Invoice.amount_due_cents > 0,
        oldest=[Invoice.due_date],
        limit=limit,
    )
    await uow.session.execute(
        update(Invoice)
        .where(Invoice.id.in_([invoice.id for invoice in invoices]), Invoice.status.in_(_SOURCES))
        .values(status=InvoiceStatus.past_due, past_due_since=uow.now)
        .execution_options(synchronize_session=False)
    )
    for invoice in invoices:
        uow.emit(past_due_fact(invoice, uow.now, "due_date_passed", None))
    return len(invoices)
