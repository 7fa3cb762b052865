"""How a tenant stands: what it pays a month, what it owes, what comes next."""

from dataclasses import dataclass
from datetime import datetime

from scaicontrol.core.periods import start_of_day
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants
from scaicontrol.services.credits.reads import available_cents
from scaicontrol.services.invoices.reads.receivables import owed_by_tenant
from scaicontrol.services.subscriptions.lifecycle import RUNNING, SubscriptionStatus
from scaicontrol.services.subscriptions.reads import of_tenant

from .preview import upcoming


@dataclass(frozen=True, slots=True)
class Overview:
    currency: str
    mrr_amount_cents: int
    open_cents: int
    overdue_cents: int
    next_invoice_date: datetime | None
    next_invoice_cents: int
    next_credit_cents: int
    standing: str
    credit_cents: int


async def overview(uow: UnitOfWork, tenant_id: str) -> Overview:
    """Sum up a tenant's standing in its partner's currency; the next invoice is the one that `upcoming` shows."""
    uow.authorize("billing:preview")
    tenant = await tenants.get(uow, tenant_id)
    terms = await partners.settings_of(uow, tenant.partner_id)
    currency = terms.default_currency
    owed = await owed_by_tenant(uow, tenant_id, currency)
    running = await of_tenant(uow, tenant_id)
    states = {subscription.status for subscription in running}
    standing = (
        "suspended"
        if SubscriptionStatus.suspended in states
        else "past_due"
        if SubscriptionStatus.past_due in states or owed.overdue_cents
        else "good"
    )
    paying = [s for s in running if s.status in RUNNING and s.currency == currency]
    coming = await upcoming(uow, tenant_id)
    next_documents = [document for document in coming.documents if document.currency == currency]
    return Overview(
        currency=currency,
        mrr_amount_cents=sum(subscription.mrr_amount_cents for subscription in paying),
        open_cents=owed.open_cents,
        overdue_cents=owed.overdue_cents,
        next_invoice_date=start_of_day(coming.day, terms.timezone) if coming.day else None,
        next_invoice_cents=sum(document.total_cents for document in next_documents),
        next_credit_cents=sum(document.credited_cents for document in next_documents),
        standing=standing,
        credit_cents=await available_cents(uow, tenant.partner_id, tenant_id, currency),
    )
