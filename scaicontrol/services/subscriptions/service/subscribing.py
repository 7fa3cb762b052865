from datetime import datetime, timedelta

from sqlalchemy.orm.attributes import set_committed_value

from scaicontrol.core.errors import Conflict, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.money import CENTS_MAX, not_invoiced
from scaicontrol.core.periods import civil_date
from scaicontrol.core.refusals import RefusalCode, conflict, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, coupons, registry, tenants
from scaicontrol.services.catalog.models import Plan

from .. import queries
from ..events import SubscriptionActivated, SubscriptionRequested
from ..models import Subscription
from ..reads.children import recurring_holder
from .steps import end, start_paying, tell_price
from .terms import terms_of

NOTICE_DAYS = (7, 3, 1)


async def begin(  # noqa: PLR0913  what is agreed on
    uow: UnitOfWork,
    plan: str,
    *,
    tenant_id: str | None = None,
    quantity: int = 1,
    trial_days: int | None = None,
    unit_price_cents: int | None = None,
    payment_method_id: str | None = None,
    external_reference: str | None = None,
    coupon: str | None = None,
) -> Subscription:
    """
    Ask for a service: a pending subscription that provisioning activates or cancels (`provisioning.subscribe`).

    `plan` is an id or a plan key. Operators name the tenant and may agree on trial days and a price; a plan that is not
    public is theirs only.

    Raises Conflict for a service the tenant has already, by itself or in a pack: its use would be charged twice. The
    tenant is locked while that is looked at, as `packs` does, so that of two at once one is refused.
    """
    uow.authorize("subscriptions:subscribe")
    operator = uow.actor.tenant_id is None and uow.actor.may("subscriptions:administer")
    if not operator and (trial_days is not None or unit_price_cents is not None):
        raise Refused("Only an operator agrees on trial days or a price.")
    tenant = await tenants.get(uow, _whose(uow, tenant_id), lock=True)
    await tenants.require_billing_profile(uow, tenant.id)
    chosen = await catalog.plan_by(uow, plan)
    service = (await registry.by_ids(uow, [chosen.service_id]))[chosen.service_id]
    check_plan(chosen, sellable=service.is_sellable, operator=operator)
    once = not chosen.billing_period.months  # can be bought again, and beside whatever runs
    existing = None if once else await recurring_holder(uow, tenant.id, [service.id])
    if existing is not None:
        raise _held_already(existing)
    price = await catalog.effective_price(uow, chosen, tenant.partner_id, uow.now)
    if reason := not_invoiced(price.currency):
        raise refused(
            RefusalCode.currency_not_invoiced, f"Cannot subscribe to {chosen}: {reason}", currency=price.currency
        )
    days = await _trial_days(uow, tenant.id, chosen, trial_days)
    subscription = Subscription(
        id=new_id("sub"),
        tenant_id=tenant.id,
        partner_id=tenant.partner_id,
        service=service,
        quantity=counted(quantity),
        trial_days=days,
        unit_price_cents=_agreed(unit_price_cents),
        currency=price.currency,
        payment_method_id=payment_method_id,
        external_reference=external_reference,
        version=1,
    )
    subscription.adopt(chosen, await catalog.sell(uow, chosen))
    uow.session.add(subscription)
    uow.emit(
        SubscriptionRequested(
            step="initial",
            subscription_id=subscription.id,
            tenant_id=tenant.id,
            partner_id=tenant.partner_id,
            service_slug=service.slug,
            plan_key=subscription.plan_key,
            quantity=quantity,
            trial_days=days,
            requested_at=uow.now,
        )
    )
    if unit_price_cents is not None:
        subscription.has_agreed_price = True
        tell_price(uow, subscription, unit_price_cents)
    await uow.session.flush()
    set_committed_value(subscription, "redemptions", [])
    if coupon:
        await redeem(uow, coupon, subscription)
    return subscription


async def redeem(uow: UnitOfWork, code: str, subscription: Subscription) -> None:
    """Let a coupon make the next period of a subscription cheaper; the caller has authorized and locked."""
    its = subscription
    wanted = coupons.For(its.partner_id, its.tenant_id, its.plan_id, its.currency)
    redeemed = await coupons.redeem(uow, code, its.id, wanted)
    set_committed_value(subscription, "redemptions", [*its.redemptions, redeemed])


def _held_already(existing: Subscription) -> Conflict:
    where = f", in pack subscription {existing.pack_subscription_id}" if existing.is_child else ""
    return conflict(
        RefusalCode.already_subscribed,
        f"Tenant {existing.tenant_id} has {existing.service_slug} already{where}: {existing} is {existing.status}.",
        service=existing.service_name,
    )


def _whose(uow: UnitOfWork, tenant_id: str | None) -> str:
    owner = tenant_id or uow.actor.tenant_id
    if owner is None:
        raise invalid("tenant_id", "Name the tenant that subscribes.", "missing")
    return owner


def check_plan(plan: Plan, *, sellable: bool, operator: bool) -> None:
    """Refuse a plan nobody may enter any more, or only an operator."""
    if not sellable:
        raise refused(RefusalCode.service_not_sold, f"Cannot subscribe to {plan}: its service is not active.")
    if not plan.is_active:
        raise refused(RefusalCode.plan_not_sold, f"Cannot subscribe to {plan}: it is no longer sold.")
    if reason := not_invoiced(plan.currency):
        raise refused(
            RefusalCode.currency_not_invoiced, f"Cannot subscribe to {plan}: {reason}", currency=plan.currency
        )
    if not plan.is_public and not operator:
        raise refused(RefusalCode.plan_by_provider_only, f"Cannot subscribe to {plan}: it is sold by operators only.")


def counted(quantity: int) -> int:
    """Give a quantity that can be sold, or say why it cannot."""
    if not 1 <= quantity <= 1_000_000:
        raise invalid(
            "quantity", f"A quantity lies between 1 and 1,000,000, not {quantity}.", RefusalCode.quantity_out_of_range
        )
    return quantity


def _agreed(unit_price_cents: int | None) -> int | None:
    if unit_price_cents is not None and not 0 <= unit_price_cents <= CENTS_MAX:
        raise invalid("unit_price_cents", f"A price lies between 0 and {CENTS_MAX} minor units.")
    return unit_price_cents


async def _trial_days(uow: UnitOfWork, tenant_id: str, plan: Plan, agreed: int | None) -> int:
    """Decide how long is tried: once per tenant and service, ever."""
    wanted = plan.trial_days if agreed is None else agreed
    if wanted < 0 or wanted > 730:
        raise invalid("trial_days", f"A trial lasts between 0 and 730 days, not {wanted}.")
    if wanted == 0 or not await queries.had_trial(uow, tenant_id, plan.service_id):
        return wanted
    if agreed is not None or plan.base_price_cents == 0:
        raise refused(
            RefusalCode.trial_used, f"Tenant {tenant_id} had its trial of this service; choose a plan to pay for."
        )
    return 0


async def activate(uow: UnitOfWork, subscription_id: str) -> Subscription:
    """
    Entitle a pending subscription, as a trial or paid, and freeze its price; provisioning calls this.

    The first entry is told once in a subscription's life.
    """
    uow.authorize("subscriptions:subscribe")
    subscription = await queries.get(uow, subscription_id, lock=True)
    seller = await terms_of(uow, subscription.partner_id)
    subscription.advance("activate_trial" if subscription.trial_days else "activate")
    if subscription.unit_price_cents is None:
        price = await catalog.effective_price(
            uow, subscription.plan, subscription.partner_id, uow.now, subscription.terms
        )
        subscription.unit_price_cents, subscription.currency = price.unit_price_cents, price.currency
    subscription.activated_at = uow.now
    if subscription.trial_days:
        _start_trial(subscription, uow.now, seller.zone)
    else:
        start_paying(uow, subscription, uow.now, seller.zone)
    subscription.version += 1
    _tell_activated(uow, subscription)
    return subscription


def _start_trial(subscription: Subscription, now: datetime, zone: str) -> None:
    subscription.trial_ends_at = now + timedelta(days=subscription.trial_days)
    subscription.current_period_start, subscription.current_period_end = now, subscription.trial_ends_at
    subscription.current_period_last_day = civil_date(subscription.trial_ends_at, zone)
    subscription.next_trial_notice_at = next_notice(subscription.trial_ends_at, subscription.trial_days)


def next_notice(trial_ends_at: datetime, below: int) -> datetime | None:
    """Give the moment of the next warning with fewer than `below` days to go."""
    days = next((days for days in NOTICE_DAYS if days < below), None)
    return None if days is None else trial_ends_at - timedelta(days=days)


def _tell_activated(uow: UnitOfWork, subscription: Subscription) -> None:
    plan = subscription.plan
    uow.emit(
        SubscriptionActivated(
            step="initial",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            scaicontrol_customer_id=subscription.tenant_id,
            service_id=subscription.service.id,
            service_slug=subscription.service_slug,
            plan_id=plan.id,
            plan_key=subscription.plan_key,
            plan_name=plan.name,
            tier=plan.tier,
            state=str(subscription.status),
            quantity=subscription.quantity,
            currency=subscription.currency,
            base_price_cents=subscription.unit_price_cents or 0,
            billing_period=str(plan.billing_period),
            mrr_amount_cents=subscription.mrr_amount_cents,
            activated_at=uow.now,
            trial_ends_at=subscription.trial_ends_at,
            current_period_end=subscription.current_period_end,
        ),
        before={"status": "pending"},
        after={"status": str(subscription.status), "unit_price_cents": subscription.unit_price_cents},
    )


async def fail_provisioning(uow: UnitOfWork, subscription_id: str, reason: str) -> Subscription:
    """End a pending subscription whose service could not be set up."""
    uow.authorize("subscriptions:subscribe")
    subscription = await queries.get(uow, subscription_id, lock=True)
    end(uow, subscription, "fail_provisioning", uow.now, immediately=True, reason=reason)
    return subscription


async def register_endpoint(uow: UnitOfWork, subscription_id: str, endpoint: str | None) -> Subscription:
    """Remember where the tenant finds its service; None forgets it."""
    uow.authorize("subscriptions:subscribe")
    subscription = await queries.get(uow, subscription_id, lock=True)
    subscription.endpoint = endpoint
    return subscription
