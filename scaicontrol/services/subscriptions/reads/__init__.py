"""
What other features ask subscriptions for, by name: rows of plain values, one statement a question.

No permission of their own: the calling verb has authorized, and the session shows what its actor may see.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select, union
from sqlalchemy.orm import aliased, joinedload

from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.prepared import Prepared
from scaicontrol.services.catalog.models import Plan, PlanVersion
from scaicontrol.services.coupons import Kept
from scaicontrol.services.registry.models import Service

from ..lifecycle import ENTITLED, RUNNING, TERMINAL, SubscriptionStatus
from ..models import Subscription, SubscriptionChange, SubscriptionPeriod
from ..queries import WHOLE, period_runs_at


class DueRow(NamedTuple):
    """A period of which the base charge or the use is due; a `…_due_at` of None is charged already."""

    row_id: str
    subscription_id: str
    tenant_id: str
    start: datetime
    end: datetime | None
    plan_id: str
    plan_version: int
    quantity: int
    unit_price_cents: int
    currency: str
    days: int
    full_days: int
    setup_price_cents: int
    minimum_use_cents: int  # of a whole period
    discounts: list[Kept] | None  # of coupons
    first_day: date
    usage_from: datetime
    usage_until: datetime | None
    base_due_at: datetime | None
    usage_due_at: datetime | None
    correction_due_at: datetime | None
    service_id: str
    service_name: str
    service_slug: str
    plan_slug: str
    plan_name: str
    pack_subscription_id: str | None


class DueChangeRow(NamedTuple):
    """A change of plan or quantity that is to be settled, with the names it is told by."""

    change: SubscriptionChange
    old_plan_name: str
    new_plan_name: str
    service_name: str


class SoldRow(NamedTuple):
    """What one subscription brings in each `billing_period`, in minor units for each of `quantity`."""

    tenant_id: str
    status: SubscriptionStatus
    currency: str
    quantity: int
    unit_price_cents: int
    billing_period: BillingPeriod


class GrantRow(NamedTuple):
    """A subscription that entitles its tenant, and what its version of the plan includes."""

    tenant_id: str
    partner_id: str
    service_id: str
    pack_subscription_id: str | None
    current_period_start: datetime | None
    current_period_end: datetime | None
    activated_at: datetime | None
    created_at: datetime
    anchor_day: int | None
    currency: str
    plan_id: str
    plan_version: int
    plan_slug: str
    quotas: dict[str, int] | None
    billing_period: BillingPeriod


# A due column that is empty again was charged (see SubscriptionPeriod).
USAGE_CHARGED: Final = Prepared(
    SubscriptionPeriod,
    select(SubscriptionPeriod.tenant_id, func.max(SubscriptionPeriod.usage_until).label("charged_until"))
    .join(Subscription, Subscription.id == SubscriptionPeriod.subscription_id)
    .where(
        Subscription.service_id == bindparam("service_id"),
        SubscriptionPeriod.tenant_id.in_(bindparam("tenant_ids", expanding=True)),
        SubscriptionPeriod.usage_due_at.is_(None),
    )
    .group_by(SubscriptionPeriod.tenant_id),
)
HOLDINGS: Final = Prepared(
    Subscription,
    select(
        Subscription.tenant_id,
        Subscription.partner_id,
        Subscription.status,
        Subscription.activated_at,
        Subscription.cancelled_at,
    ).where(
        Subscription.service_id == bindparam("service_id"),
        Subscription.tenant_id.in_(bindparam("tenant_ids", expanding=True)),
    ),
)


async def tenants_due(uow: UnitOfWork, partner_id: str, as_of: datetime, usage_closed: datetime) -> list[str]:
    """Name a partner's tenants with anything to charge; costs what is due, not what exists."""
    period, change = SubscriptionPeriod, SubscriptionChange
    due = union(
        select(period.tenant_id).where(period.partner_id == partner_id, period.base_due_at <= as_of),
        select(period.tenant_id).where(period.partner_id == partner_id, period.usage_due_at <= usage_closed),
        select(period.tenant_id).where(
            period.partner_id == partner_id, period.correction_due_at.is_not(None), period.usage_due_at.is_(None)
        ),
        select(change.tenant_id).where(change.partner_id == partner_id, change.due_at <= as_of),
    )
    return sorted({str(row[0]) for row in await uow.session.execute(due)})


async def due_for_billing(
    uow: UnitOfWork,
    tenant_ids: Sequence[str],
    as_of: datetime,
    usage_closed: datetime,
    subscription_id: str | None = None,
) -> list[DueRow]:
    """Give the periods of these tenants, or of one subscription or pack of them, with anything to charge or correct."""
    period = SubscriptionPeriod
    query = (
        select(
            period.id,
            period.subscription_id,
            period.tenant_id,
            period.period_start,
            period.period_end,
            period.plan_id,
            period.plan_version,
            period.quantity,
            period.unit_price_cents,
            period.currency,
            period.days,
            period.full_days,
            period.setup_price_cents,
            PlanVersion.minimum_use_cents,
            period.discounts,
            period.first_day,
            period.usage_from,
            period.usage_until,
            period.base_due_at,
            period.usage_due_at,
            period.correction_due_at,
            Subscription.service_id,
            Service.name,
            Service.slug,
            Plan.slug,
            Plan.name,
            Subscription.pack_subscription_id,
        )
        .join(Subscription, Subscription.id == period.subscription_id)
        .join(Plan, Plan.id == period.plan_id)
        .join(period.terms)
        .join(Service, Service.id == Plan.service_id)
        .where(
            period.tenant_id.in_(tenant_ids),
            or_(
                period.base_due_at <= as_of,
                period.usage_due_at <= usage_closed,
                and_(period.correction_due_at.is_not(None), period.usage_due_at.is_(None)),
            ),
        )
    )
    if subscription_id is not None:  # or of the children of a pack subscription
        query = query.where(
            or_(period.subscription_id == subscription_id, Subscription.pack_subscription_id == subscription_id)
        )
    return [DueRow._make(row) for row in await uow.session.execute(query)]


async def changes_for_billing(
    uow: UnitOfWork, tenant_ids: Sequence[str], as_of: datetime, subscription_id: str | None = None
) -> list[DueChangeRow]:
    """Give the changes of these tenants, or of one subscription of them, that are to be credited or charged."""
    change, old, new = SubscriptionChange, aliased(Plan), aliased(Plan)
    query = (
        select(change, old.name, new.name, Service.name)
        .join(old, old.id == change.old_plan_id)
        .join(new, new.id == change.new_plan_id)
        .join(Service, Service.id == new.service_id)
        .where(change.tenant_id.in_(tenant_ids), change.due_at <= as_of)
    )
    if subscription_id is not None:
        query = query.where(change.subscription_id == subscription_id)
    return [DueChangeRow._make(row) for row in await uow.session.execute(query)]


async def next_due(uow: UnitOfWork, tenant_id: str) -> list[datetime]:
    """Give the moments from which on something of a tenant is to be charged: the earliest of each kind."""
    period, change = SubscriptionPeriod, SubscriptionChange
    running = and_(Subscription.tenant_id == tenant_id, Subscription.status.in_(RUNNING))
    open_correction = and_(period.correction_due_at.is_not(None), period.usage_due_at.is_(None))
    earliest = union(
        select(func.min(period.base_due_at)).where(period.tenant_id == tenant_id),
        select(func.min(period.usage_due_at)).where(period.tenant_id == tenant_id),
        select(func.min(period.correction_due_at)).where(period.tenant_id == tenant_id, open_correction),
        select(func.min(change.due_at)).where(change.tenant_id == tenant_id),
        select(func.min(Subscription.current_period_end)).where(running),
    )
    return [moment for moment in await uow.session.scalars(earliest) if moment is not None]


async def trials_ending(uow: UnitOfWork, tenant_id: str) -> list[tuple[str, datetime]]:
    """Give the trials of a tenant, of a pack as one, with the moment each one ends, the earliest first."""
    subject = func.coalesce(Subscription.pack_subscription_id, Subscription.id)
    rows = await uow.session.execute(
        select(subject, Subscription.trial_ends_at)
        .where(
            Subscription.tenant_id == tenant_id,
            Subscription.status == SubscriptionStatus.trialing,
            Subscription.trial_ends_at.is_not(None),
        )
        .distinct()
        .order_by(Subscription.trial_ends_at, subject)
    )
    return [(row[0], row[1]) for row in rows if row[1] is not None]


async def tenants_renewing(uow: UnitOfWork, partner_id: str, until: datetime) -> list[str]:
    """Name a partner's tenants of whom a period, or the paid time after a trial, begins by then."""
    renewed = and_(Subscription.status.in_(RUNNING), Subscription.current_period_end <= until)
    tried = and_(Subscription.status == SubscriptionStatus.trialing, Subscription.trial_ends_at <= until)
    query = select(Subscription.tenant_id).where(Subscription.partner_id == partner_id, or_(renewed, tried))
    return sorted(set(await uow.session.scalars(query)))


async def of_tenant(uow: UnitOfWork, tenant_id: str) -> Sequence[Subscription]:
    """Give everything a tenant ever subscribed to, with plan and service."""
    query = select(Subscription).options(joinedload(Subscription.plan), joinedload(Subscription.service))
    return (await uow.session.scalars(query.where(Subscription.tenant_id == tenant_id))).all()


async def states_of(uow: UnitOfWork, tenant_id: str) -> set[SubscriptionStatus]:
    """Name the states that a tenant's subscriptions are in."""
    return set(
        await uow.session.scalars(select(Subscription.status).where(Subscription.tenant_id == tenant_id).distinct())
    )


async def has_running(uow: UnitOfWork, tenant_id: str) -> bool:
    """Tell whether any subscription of a tenant will be renewed."""
    running = select(Subscription.id).where(Subscription.tenant_id == tenant_id, Subscription.status.in_(RUNNING))
    return await uow.session.scalar(running.limit(1)) is not None


async def of_earlier_versions(
    uow: UnitOfWork, plan: Plan, partner_id: str | None, limit: int, *, lock: bool = False
) -> Sequence[Subscription]:
    """Give what lives under an earlier version of a plan than the one that is sold now, whole."""
    earlier = select(Subscription).where(
        Subscription.plan_id == plan.id,
        Subscription.plan_version != plan.plan_version,
        Subscription.status.not_in(TERMINAL),
    )
    if partner_id is not None:
        earlier = earlier.where(Subscription.partner_id == partner_id)
    earlier = earlier.options(*WHOLE).order_by(Subscription.id).limit(limit)
    return (await uow.session.scalars(earlier.with_for_update() if lock else earlier)).all()


async def awaiting_move(uow: UnitOfWork, move_id: str) -> Sequence[Subscription]:
    """Give, locked and whole, what a plan move was announced to and has not taken it yet."""
    mine = select(Subscription).where(Subscription.plan_move_id == move_id, Subscription.next_plan_version.is_not(None))
    return (await uow.session.scalars(mine.options(*WHOLE).order_by(Subscription.id).with_for_update())).all()


async def is_held_otherwise(uow: UnitOfWork, subscription: Subscription) -> bool:
    """Tell whether something else entitles the tenant to the same service, such as what it bought once."""
    others = select(Subscription.id).where(
        Subscription.tenant_id == subscription.tenant_id,
        Subscription.service_id == subscription.service_id,
        Subscription.id != subscription.id,
        Subscription.status.in_(ENTITLED),
    )
    return await uow.session.scalar(others.limit(1)) is not None


async def sold(uow: UnitOfWork, *, partner_id: str | None = None, tenant_ids: Sequence[str] = ()) -> list[SoldRow]:
    """Give what each subscription of a partner, or of some tenants, brings in."""
    mine = Subscription
    whose = mine.tenant_id.in_(tenant_ids) if partner_id is None else mine.partner_id == partner_id
    price = func.coalesce(mine.next_unit_price_cents, mine.unit_price_cents, 0)
    asked = select(mine.tenant_id, mine.status, mine.currency, mine.quantity, price, Plan.billing_period)
    rows = await uow.session.execute(asked.join(Plan, Plan.id == mine.plan_id).where(whose))
    return [SoldRow._make(row) for row in rows]


async def grants(
    uow: UnitOfWork, tenant_ids: Iterable[str] | None = None, service_ids: Iterable[str] | None = None
) -> list[GrantRow]:
    """Give what entitles tenants now; by itself, as part of a pack, bought once."""
    held = (
        select(
            Subscription.tenant_id,
            Subscription.partner_id,
            Subscription.service_id,
            Subscription.pack_subscription_id,
            Subscription.current_period_start,
            Subscription.current_period_end,
            Subscription.activated_at,
            Subscription.created_at,
            Subscription.anchor_day,
            Subscription.currency,
            Subscription.plan_id,
            Subscription.plan_version,
            Plan.slug,
            PlanVersion.quotas,
            Plan.billing_period,
        )
        .join(Plan, Plan.id == Subscription.plan_id)
        .join(Subscription.terms)
        .where(Subscription.status.in_(ENTITLED))
        .order_by(
            Subscription.is_one_time,
            Subscription.pack_subscription_id.is_not(None),
            Subscription.created_at,
            Subscription.id,
        )
    )
    if tenant_ids is not None:
        held = held.where(Subscription.tenant_id.in_(list(tenant_ids)))
    if service_ids is not None:
        held = held.where(Subscription.service_id.in_(list(service_ids)))
    return [GrantRow._make(row) for row in await uow.session.execute(held)]


class RunningAt(NamedTuple):
    """What the running periods of one billing period are charged at each of some moments, in minor units."""

    currency: str
    billing_period: str
    cents: list[int]


def runs_at(moment: datetime) -> ColumnElement[bool]:
    """Say in SQL that a subscription has a paid period that runs at a moment: what `running_at` sums up."""
    return exists().where(SubscriptionPeriod.subscription_id == Subscription.id, period_runs_at(moment))


async def running_at(uow: UnitOfWork, moments: Sequence[datetime]) -> list[RunningAt]:
    """Sum up the paid periods that run at each moment; a change within one counts from the next."""
    its = SubscriptionPeriod
    worth = its.unit_price_cents * its.quantity
    runs = [period_runs_at(at) for at in moments]
    rows = await uow.session.execute(
        select(its.currency, Plan.billing_period, *(func.sum(case((held, worth), else_=0)) for held in runs))
        .join(Subscription, Subscription.id == its.subscription_id)
        .join(Plan, Plan.id == its.plan_id)
        .where(its.period_end > moments[0], its.period_start <= moments[-1])
        .group_by(its.currency, Plan.billing_period)
    )
    return [RunningAt(currency, str(period), [int(part) for part in sums]) for currency, period, *sums in rows]
