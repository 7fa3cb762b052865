"""How a tenant stands: what it pays a month, what it owes, what comes next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import selectinload

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice, Settlement
from scaicontrol.services.subscriptions.lifecycle import RUNNING, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription

_MONEY = ("payment", "manual")  # a credit note's rest is given back through its refund
_OWED = (InvoiceStatus.finalized, InvoiceStatus.sent, InvoiceStatus.past_due)


@dataclass(frozen=True, slots=True)
class Overview:
    currency: str
    mrr_amount_cents: int
    open_cents: int
    overdue_cents: int
    next_invoice_date: datetime | None
    standing: str
    unapplied_cents: int


async def overview(uow: UnitOfWork, tenant_id: str) -> Overview:
    """Sum up a tenant's standing in its partner's currency."""
    uow.authorize("billing:preview")
    tenant = await tenants.get(uow, tenant_id)
    terms = await partners.settings_of(uow, tenant.partner_id)
    currency = terms.default_currency
    owed = (
        await uow.session.execute(
            select(
                func.coalesce(func.sum(Invoice.amount_due_cents), 0),
                func.coalesce(
                    func.sum(case((Invoice.status == InvoiceStatus.past_due, Invoice.amount_due_cents), else_=0)), 0
                ),
            ).where(
                Invoice.tenant_id == tenant_id,
                Invoice.currency == currency,
                Invoice.document_type == DocumentType.invoice,
                Invoice.status.in_(_OWED),
            )
        )
    ).one()
    running = (
        await uow.session.scalars(
            select(Subscription)
            .options(selectinload(Subscription.plan), selectinload(Subscription.service))
            .where(Subscription.tenant_id == tenant_id)
        )
    ).all()
    states = {subscription.status for subscription in running}
    standing = (
        "suspended"
        if SubscriptionStatus.suspended in states
        else "past_due"
        if SubscriptionStatus.past_due in states or owed[1]
        else "good"
    )
    paying = [s for s in running if s.status in RUNNING and s.currency == currency]
    ends = [s.current_period_end for s in paying if s.current_period_end is not None]
    return Overview(
        currency=currency,
        mrr_amount_cents=sum(subscription.mrr_amount_cents for subscription in paying),
        open_cents=int(owed[0]),
        overdue_cents=int(owed[1]),
        next_invoice_date=min(ends, default=None),
        standing=standing,
        unapplied_cents=await _unapplied_cents(uow, tenant_id, currency),
    )


async def _unapplied_cents(uow: UnitOfWork, tenant_id: str, currency: str) -> int:
    """Sum what came in beyond what was due; an operator gives it back or sets it off (contract §18)."""
    query = (
        select(func.coalesce(func.sum(Settlement.unapplied_cents), 0))
        .join(Invoice, Invoice.id == Settlement.invoice_id)
        .where(
            Settlement.tenant_id == tenant_id,
            Settlement.kind.in_(_MONEY),
            Settlement.unapplied_cents > 0,
            Invoice.currency == currency,
        )
    )
    return int(await uow.session.scalar(query) or 0)
