"""Looking ahead: which periods renewals and ends of trials will open by a moment to come, and under which terms."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

from sqlalchemy import and_, func, or_, select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.registry.models import Service
from scaicontrol.services.tenants.reads import with_payment_means

from .lifecycle import RUNNING, TERMINAL, SubscriptionStatus
from .models import Subscription
from .opening import Opening, coming, coming_after, first_of
from .queries import WHOLE, had_trial
from .service.converting import PaidTerms, paid_terms, successor_of
from .service.terms import SellerTerms, terms_of

_LONGEST: Final = 370  # days of a period, and a few


class Foreseen(NamedTuple):
    """A period that will begin, of a subscription as it stands now, in the currency it will be charged in."""

    subscription_id: str
    tenant_id: str
    pack_subscription_id: str | None
    service: Service
    opening: Opening
    currency: str

    @classmethod
    def of(cls, row: Subscription, opening: Opening, currency: str) -> Self:
        """Take it of a subscription that there is."""
        return cls(row.id, row.tenant_id, row.pack_subscription_id, row.service, opening, currency)


async def forecast(
    uow: UnitOfWork, partner_id: str, tenant_ids: Sequence[str], until: datetime, subscription_id: str | None = None
) -> list[Foreseen]:
    """
    Roll the subscriptions of these tenants forward in memory, exactly as renewals and the ends of trials will.

    Children of packs stay what they are; `packs.forecast` gives them the items that wait for their next period.
    No permission of its own: the calling verb has authorized. What nobody knows yet, such as whether a card will still
    be good on the day, is taken as it is now.
    """
    renewed = and_(Subscription.status.in_(RUNNING), Subscription.current_period_end <= until)
    tried = and_(Subscription.status == SubscriptionStatus.trialing, Subscription.trial_ends_at <= until)
    query = (
        select(Subscription)
        .options(*WHOLE)
        .where(Subscription.tenant_id.in_(tenant_ids), or_(renewed, tried))
        .order_by(Subscription.id)
    )
    if subscription_id is not None:
        query = query.where(
            or_(Subscription.id == subscription_id, Subscription.pack_subscription_id == subscription_id)
        )
    rows = (await uow.session.scalars(query)).all()
    if not rows:
        return []
    seller = await terms_of(uow, partner_id)
    trials = {row.tenant_id for row in rows if row.status is SubscriptionStatus.trialing}
    paying = await with_payment_means(uow, trials) if trials else set()
    found: list[Foreseen] = []
    for row in rows:
        if row.status is not SubscriptionStatus.trialing:
            found += [Foreseen.of(row, opening, row.currency) for opening in coming(row, until, seller.zone)]
        elif row.tenant_id in paying or seller.converts_unpaid:
            found += await _after_trial(uow, row, until, seller)
    return found


async def _after_trial(uow: UnitOfWork, trial: Subscription, until: datetime, seller: SellerTerms) -> list[Foreseen]:
    terms = await paid_terms(uow, trial)
    if terms is None or trial.trial_ends_at is None:
        return []
    version = terms.plan, terms.terms
    first = first_of(trial, version, terms.unit_price_cents, trial.trial_ends_at, seller.zone)
    openings = [first, *coming_after(trial, first, until, seller.zone)]
    return [Foreseen.of(trial, opening, terms.currency) for opening in openings]


class Entry(NamedTuple):
    """How a tenant would begin a plan: what it tries for how many days, and what it pays for from then on."""

    trial_days: int
    is_trial_used: bool  # the plan is a trial alone, and the tenant had its trial
    paid: PaidTerms | None


async def entry_to(uow: UnitOfWork, plan: Plan, tenant_id: str, partner_id: str) -> Entry:
    """Tell how a tenant would begin a plan now; no permission of its own: the calling verb has authorized."""
    days = plan.trial_days
    used = bool(days) and await had_trial(uow, tenant_id, plan.service_id)
    charged = await successor_of(uow, plan, plan.current) if days and not used else plan
    paid = None
    if charged is not None and not (used and not plan.base_price_cents):
        price = await catalog.effective_price(uow, charged, partner_id, uow.now)
        paid = PaidTerms(charged, charged.current, price.unit_price_cents, price.currency)
    return Entry(0 if used else days, used and not plan.base_price_cents, paid)


def renewal_from(subscription: Subscription, moment: datetime, zone: str) -> datetime | None:
    """Give the first renewal at a moment or later, as the renewals themselves will open their periods."""
    until = moment + timedelta(days=_LONGEST)
    if subscription.status is SubscriptionStatus.trialing:
        ends_at, price = subscription.trial_ends_at or moment, subscription.recurring_price_cents
        first = first_of(subscription, (subscription.plan, subscription.terms), price, ends_at, zone)
        ahead = coming_after(subscription, first, max(until, ends_at + timedelta(days=_LONGEST)), zone)
    else:
        ahead = coming(subscription, until, zone)
    return next((opening.usage_from for opening in ahead if opening.usage_from >= moment), None)


class Held(NamedTuple):
    """How many living subscriptions have a version of a plan, and keep it with each renewal to come."""

    plan_version: int
    subscriptions: int


async def held_by_version(uow: UnitOfWork, plan_id: str) -> list[Held]:
    """
    Count what lives under each version of a plan, as far as the actor sees it, the newest version first.

    No permission of its own: the caller may see the plan.
    """
    rows = await uow.session.execute(
        select(Subscription.plan_version, func.count())
        .where(Subscription.plan_id == plan_id, Subscription.status.not_in(TERMINAL))
        .group_by(Subscription.plan_version)
        .order_by(Subscription.plan_version.desc())
    )
    return [Held(number, count) for number, count in rows]
