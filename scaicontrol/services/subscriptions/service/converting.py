"""The end of a trial: it becomes paid, or it is over (contract §11.3)."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from scaicontrol.core import claims
from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan, PlanVersion

from ..events import ChangeKind
from ..lifecycle import MomentKind, SubscriptionStatus
from ..models import Subscription
from ..queries import WHOLE, terms_told
from .steps import Before, changeable, end, remember, start_paying, tell_changed
from .terms import SellerTerms, terms_by_partner, terms_of

# Which of these tenants have a usable payment method; a later feature knows.
Payers = Callable[[UnitOfWork, Collection[str]], Awaitable[Collection[str]]]


@dataclass(slots=True)
class TrialsEnded:
    """What a batch of due trials became. Whoever runs it issues the first invoices of `converted` in the same unit."""

    converted: list[Subscription] = field(default_factory=list)
    cancelled: list[Subscription] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.converted) + len(self.cancelled)


@verb
async def convert(uow: UnitOfWork, subscription_id: str) -> Subscription:
    """
    End a trial early and start paying now.

    Raises NotFound, and Refused for what is no trial or names no plan to pay for.
    """
    uow.authorize("subscriptions:change")
    subscription = await changeable(uow, subscription_id)
    seller = await terms_of(uow, subscription.partner_id)
    target = await _successor(uow, subscription)
    if target is None and subscription.can("convert"):
        raise Refused(f"Cannot convert {subscription}: plan {subscription.plan_key} names no plan to pay for.")
    await _convert(uow, subscription, target, uow.now, seller)
    return subscription


async def expire_trials(uow: UnitOfWork, payers: Payers, *, limit: int = 500) -> TrialsEnded:
    """
    Decide every trial whose end has come, oldest first, `limit` at a time.

    Paid from the moment the trial ended, where the tenant can pay or the partner lets it; else cancelled.
    """
    uow.authorize("subscriptions:advance")
    trials = await claims.take(
        uow,
        Subscription,
        Subscription.status == SubscriptionStatus.trialing,
        Subscription.trial_ends_at <= uow.now,
        Subscription.pack_subscription_id.is_(None),
        oldest=[Subscription.trial_ends_at],
        limit=limit,
        options=WHOLE,
    )
    ended = TrialsEnded()
    if not trials:
        return ended
    paying = set(await payers(uow, sorted({trial.tenant_id for trial in trials})))
    sellers = await terms_by_partner(uow, (trial.partner_id for trial in trials))
    for trial in trials:
        seller = sellers[trial.partner_id]
        is_paid = trial.tenant_id in paying or seller.converts_unpaid
        await _decide(uow, trial, seller, ended, is_paid=is_paid)
    return ended


async def _decide(
    uow: UnitOfWork, trial: Subscription, seller: SellerTerms, ended: TrialsEnded, *, is_paid: bool
) -> None:
    ended_at = trial.trial_ends_at or uow.now
    successor = await _successor(uow, trial)
    if successor is None or not is_paid:
        reason = "trial_ended" if successor is None else "trial_ended_unpaid"
        end(uow, trial, "cancel", ended_at, immediately=True, reason=reason)
        ended.cancelled.append(trial)
    else:
        await _convert(uow, trial, successor, ended_at, seller)
        ended.converted.append(trial)


async def _successor(uow: UnitOfWork, trial: Subscription) -> Plan | None:
    return await successor_of(uow, trial.plan, trial.terms)


async def successor_of(uow: UnitOfWork, tried: Plan, terms: PlanVersion) -> Plan | None:
    """Give the plan a trial turns into: its own when that has a price, else the one its plan names, if any is sold."""
    if terms.base_price_cents:
        return tried
    key = tried.extra.get("converts_to")
    if not isinstance(key, str):
        return None
    try:
        plan = await catalog.plan_by(uow, key)
    except NotFound:
        return None
    return plan if plan.service_id == tried.service_id and plan.is_active else None


class PaidTerms(NamedTuple):
    """What a trial turns into, and what that costs."""

    plan: Plan
    terms: PlanVersion
    unit_price_cents: int
    currency: str


async def paid_terms(uow: UnitOfWork, trial: Subscription) -> PaidTerms | None:
    """Give the plan a trial turns into, with the price and currency it is paid at; None where it just ends."""
    if trial.is_child:
        return PaidTerms(trial.plan, trial.terms, trial.recurring_price_cents, trial.currency)
    plan = await _successor(uow, trial)
    return None if plan is None else await _priced(uow, trial, plan)


async def _priced(uow: UnitOfWork, trial: Subscription, plan: Plan) -> PaidTerms:
    if plan.id == trial.plan_id:
        return PaidTerms(plan, trial.terms, trial.recurring_price_cents, trial.currency)
    price = await catalog.effective_price(uow, plan, trial.partner_id, uow.now)
    return PaidTerms(plan, plan.current, price.unit_price_cents, price.currency)


async def _convert(
    uow: UnitOfWork, trial: Subscription, plan: Plan | None, start: datetime, seller: SellerTerms
) -> None:
    before = Before.of(trial)
    trial.advance("convert")
    if plan is not None and plan.id != trial.plan_id:
        paid = await _priced(uow, trial, plan)
        trial.unit_price_cents, trial.currency = paid.unit_price_cents, paid.currency
        trial.adopt(plan, await catalog.sell(uow, plan))
    trial.next_trial_notice_at = None
    start_paying(uow, trial, start, seller.zone)
    told = terms_told(trial.plan.name, trial.quantity, trial.recurring_price_cents, trial.currency)
    remember(uow, trial, MomentKind.converted, after=told)
    tell_changed(uow, trial, before, ChangeKind.status_change)
