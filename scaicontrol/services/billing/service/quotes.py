"""What each plan of a service would cost a tenant, with VAT, from which day on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from scaicontrol.core.errors import Refused
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, coupons
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.coupons import CouponTerms
from scaicontrol.services.subscriptions.calendar import window
from scaicontrol.services.subscriptions.forecast import Entry, entry_to

from ..compute import compute
from ..schemas import QuoteOut
from ..snapshot import DuePeriod, Snapshot
from .vat import situation


async def quotes(uow: UnitOfWork, service_slug: str, quantity: int = 1, coupon: str | None = None) -> list[QuoteOut]:
    """
    Give the first paid period of each public plan as its invoice would charge it, if the tenant subscribed now.

    VAT is null while nobody knows where the buyer is. A coupon is taken off where it can be redeemed; where it can for
    none of them, the refusal says why. Raises NotFound, and Refused for who has no tenant.
    """
    uow.authorize("services:read")
    if uow.actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    service = await catalog.service_on_sale(uow, service_slug)
    now = await situation(uow, uow.actor.tenant_id)
    plans: Sequence[Plan] = await catalog.plans_of(uow, service.id)
    found: list[QuoteOut] = []
    refusals: list[Refused] = []
    for plan in plans:
        entry, terms = await entry_to(uow, plan, uow.actor.tenant_id, now.seller.partner_id), None
        if coupon and entry.paid is not None:
            wanted = coupons.For(now.seller.partner_id, uow.actor.tenant_id, plan.id, entry.paid.currency)
            try:
                terms = (await coupons.offered(uow, coupon, wanted, is_asked=True)).terms
            except Refused as refusal:
                refusals.append(refusal)
        found.append(_quoted(now, uow.actor.tenant_id, plan, entry, quantity, terms))
    if refusals and len(refusals) == sum(each.charged_plan is not None for each in found):
        raise refusals[0]
    return found


def _quoted(
    now: Snapshot, tenant_id: str, plan: Plan, entry: Entry, quantity: int, terms: CouponTerms | None
) -> QuoteOut:
    begins = now.as_of + timedelta(days=entry.trial_days)
    first_day = civil_date(begins, now.seller.zone)
    paid = entry.paid
    quote = QuoteOut(
        plan_id=plan.id,
        plan_key=plan.key,
        quantity=quantity,
        trial_days=entry.trial_days,
        is_available=not entry.is_trial_used,
        charged_plan=paid.plan.name if paid else None,
        charged_on=first_day if paid else None,
        billing_period=(paid.plan if paid else plan).billing_period,
        currency=paid.currency if paid else plan.currency,
        discount_cents=0,
        setup_cents=paid.terms.setup_price_cents if paid else 0,
        net_cents=quantity * paid.unit_price_cents + paid.terms.setup_price_cents if paid else 0,
        tax_cents=None,
        total_cents=None,
        tax_label=None,
    )
    if paid is None:
        return quote
    full = quantity * paid.unit_price_cents
    discounts = coupons.of_period([terms] if terms else [], plan.id, full, (1, 1), {})
    less = sum(each.amount_cents for each in discounts)
    quote = quote.model_copy(update={"discount_cents": less, "net_cents": quote.net_cents - less})
    span = window(first_day, paid.plan.billing_period, first_day.day, now.seller.zone)
    period = DuePeriod(
        row_id=f"quote:{plan.id}", subscription_id="", tenant_id=tenant_id, start=span.start, end=span.end,
        first_day=first_day, usage_from=begins, service_id=plan.service_id, service_name="", plan_key=plan.key,
        plan_name=paid.plan.name, plan_version=paid.terms.number, quantity=quantity,
        unit_price_cents=paid.unit_price_cents, currency=paid.currency, days=span.days, full_days=span.full_days,
        base_is_due=True, usage_until=None, setup_price_cents=paid.terms.setup_price_cents,
        discounts=discounts,
    )  # fmt: skip
    plan_of_run = compute(replace(now, as_of=begins, periods=(period,)))
    for document in plan_of_run.documents:
        if document.lines:
            return quote.model_copy(
                update={
                    "net_cents": document.subtotal_cents,
                    "tax_cents": document.tax_cents,
                    "total_cents": document.total_cents,
                    "tax_label": document.tax_label,
                }
            )
    return quote
