"""How a tenant stands with its partner, and what a partner's tenants bring in and owe."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import case, func, select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.subscriptions.lifecycle import RUNNING, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.tenants.models import Tenant

_OWED = (InvoiceStatus.finalized, InvoiceStatus.sent, InvoiceStatus.past_due)


async def standing_of(uow: UnitOfWork, tenant_id: str) -> str:
    """
    Say `suspended`, `past_due` or `good`.

    No permission of its own: the caller may see the tenant.
    """
    states = set(
        await uow.session.scalars(select(Subscription.status).where(Subscription.tenant_id == tenant_id).distinct())
    )
    if SubscriptionStatus.suspended in states:
        return "suspended"
    late = select(Invoice.id).where(Invoice.tenant_id == tenant_id, Invoice.status == InvoiceStatus.past_due).limit(1)
    if SubscriptionStatus.past_due in states or await uow.session.scalar(late) is not None:
        return "past_due"
    return "good"


@dataclass(frozen=True, slots=True)
class PartnerSummary:
    """Amounts in the partner's own currency; what is in another one is in its tenants' documents."""

    partner_id: str
    currency: str
    tenants: int
    mrr_amount_cents: int
    open_cents: int
    overdue_cents: int
    subscriptions: dict[str, int]


async def partner_summary(uow: UnitOfWork, partner_id: str) -> PartnerSummary:
    """Sum up a partner: monthly revenue, receivables, subscriptions by state."""
    uow.authorize("partners:list")
    await partners.get(uow, partner_id)
    currency = (await partners.settings_of(uow, partner_id)).default_currency
    rows = await uow.session.execute(
        select(
            Subscription.status,
            Subscription.currency,
            Subscription.quantity,
            func.coalesce(Subscription.next_unit_price_cents, Subscription.unit_price_cents, 0),
            Plan.billing_period,
        )
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(Subscription.partner_id == partner_id)
    )
    states: Counter[str] = Counter()
    monthly = 0
    for status, sold_in, quantity, price, period in rows:
        states[str(status)] += 1
        if status in RUNNING and sold_in == currency:
            monthly += monthly_cents(quantity * price, period)
    owed, overdue = (
        await uow.session.execute(
            select(
                func.coalesce(func.sum(Invoice.amount_due_cents), 0),
                func.coalesce(
                    func.sum(case((Invoice.status == InvoiceStatus.past_due, Invoice.amount_due_cents), else_=0)), 0
                ),
            ).where(
                Invoice.partner_id == partner_id,
                Invoice.currency == currency,
                Invoice.document_type == DocumentType.invoice,
                Invoice.status.in_(_OWED),
            )
        )
    ).one()
    counted = await uow.session.scalar(
        select(func.count()).select_from(Tenant).where(Tenant.partner_id == partner_id, Tenant.deleted_at.is_(None))
    )
    return PartnerSummary(
        partner_id, currency, counted or 0, monthly, int(owed), int(overdue), dict(sorted(states.items()))
    )
