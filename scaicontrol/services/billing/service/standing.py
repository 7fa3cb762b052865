"""How a tenant stands with its partner, and what a partner's tenants bring in and owe."""

from collections import Counter
from dataclasses import dataclass

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.invoices.reads import owed_to_partner, owes_late
from scaicontrol.services.subscriptions.lifecycle import RUNNING, SubscriptionStatus
from scaicontrol.services.subscriptions.reads import sold_by, states_of
from scaicontrol.services.tenants.reads import count_of


async def standing_of(uow: UnitOfWork, tenant_id: str) -> str:
    """
    Say `suspended`, `past_due` or `good`.

    No permission of its own: the caller may see the tenant.
    """
    states = await states_of(uow, tenant_id)
    if SubscriptionStatus.suspended in states:
        return "suspended"
    if SubscriptionStatus.past_due in states or await owes_late(uow, tenant_id):
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
    states: Counter[str] = Counter()
    monthly = 0
    for sold in await sold_by(uow, partner_id):
        states[str(sold.status)] += 1
        if sold.status in RUNNING and sold.currency == currency:
            monthly += monthly_cents(sold.quantity * sold.unit_price_cents, sold.billing_period)
    owed = await owed_to_partner(uow, partner_id, currency)
    return PartnerSummary(
        partner_id,
        currency,
        await count_of(uow, partner_id),
        monthly,
        owed.open_cents,
        owed.overdue_cents,
        dict(sorted(states.items())),
    )
