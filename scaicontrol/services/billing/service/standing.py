"""How a tenant stands with its partner, and what a partner's tenants bring in and owe."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.invoices.reads.receivables import owed_by_tenants, owed_to_partner, owes_late
from scaicontrol.services.subscriptions.lifecycle import RUNNING, SubscriptionStatus
from scaicontrol.services.subscriptions.reads import sold, states_of
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
    for row in await sold(uow, partner_id=partner_id):
        states[str(row.status)] += 1
        if row.status in RUNNING and row.currency == currency:
            monthly += monthly_cents(row.quantity * row.unit_price_cents, row.billing_period)
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


@dataclass(frozen=True, slots=True)
class TenantSums:
    """What a tenant pays a month, owes and owes late, in minor units by currency."""

    monthly_cents: dict[str, int] = field(default_factory=dict)
    open_cents: dict[str, int] = field(default_factory=dict)
    overdue_cents: dict[str, int] = field(default_factory=dict)


async def sums_of(uow: UnitOfWork, tenant_ids: Sequence[str]) -> Mapping[str, TenantSums]:
    """Sum up many tenants at once, in every currency they have; costs two statements whatever their number."""
    uow.authorize("billing:preview")
    found = {tenant_id: TenantSums() for tenant_id in tenant_ids}
    for row in await sold(uow, tenant_ids=tenant_ids):
        if row.status in RUNNING:
            monthly = found[row.tenant_id].monthly_cents
            amount = monthly_cents(row.quantity * row.unit_price_cents, row.billing_period)
            monthly[row.currency] = monthly.get(row.currency, 0) + amount
    for (tenant_id, currency), owed in (await owed_by_tenants(uow, tenant_ids)).items():
        found[tenant_id].open_cents[currency] = owed.open_cents
        if owed.overdue_cents:
            found[tenant_id].overdue_cents[currency] = owed.overdue_cents
    return found
