from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import selectinload

from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import NotFound, invalid
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.catalog.reads import WITH_USAGE_PRICES
from scaicontrol.services.coupons.reads import WITH_COUPON
from scaicontrol.services.registry.reads import named as service_named

from .lifecycle import TERMINAL, SubscriptionStatus, offered_in
from .models import StoryTerms, Subscription, SubscriptionChange, SubscriptionMoment, SubscriptionPeriod
from .schemas import PlanSummaryOut, SubscriptionDetailOut, SubscriptionFilter, SubscriptionOut

SORTABLE = {
    "created_at": Subscription.created_at,
    "status": Subscription.status,
    "tenant_id": Subscription.tenant_id,
    "current_period_end": Subscription.current_period_end,
}
# Separate SELECTs: a lock on the subscription must not lock the plan everybody else reads.
WHOLE = (
    selectinload(Subscription.plan),
    selectinload(Subscription.terms),
    selectinload(Subscription.pending_plan),
    selectinload(Subscription.pending_terms),
    selectinload(Subscription.next_terms),
    selectinload(Subscription.service),
    selectinload(Subscription.redemptions).options(WITH_COUPON),
)
_BILLED = (
    selectinload(SubscriptionPeriod.plan),
    selectinload(SubscriptionPeriod.terms).options(WITH_USAGE_PRICES),
    selectinload(SubscriptionPeriod.subscription).options(*WHOLE),
)

_SUMMER_TIME = timedelta(hours=1)  # the day it begins is an hour short
_STORY = 100  # entries that are told


def visible(uow: UnitOfWork) -> Select[Subscription]:
    """Every read starts here; subscriptions come with their plan, its version and their service."""
    uow.authorize("subscriptions:read")
    return select(Subscription).options(*WHOLE)


def period_runs_at(moment: datetime) -> ColumnElement[bool]:
    """Say in SQL that a paid period of a subscription runs at a moment; what is cancelled runs no longer."""
    its, ended = SubscriptionPeriod, Subscription.cancelled_at
    return (its.period_start <= moment) & (its.period_end > moment) & (ended.is_(None) | (ended > moment))


async def get(uow: UnitOfWork, subscription_id: str, *, lock: bool = False) -> Subscription:
    """Find a subscription; with `lock` nobody else changes it until this transaction ends."""
    query = visible(uow).where(Subscription.id == subscription_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No subscription {subscription_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, wanted: SubscriptionFilter | None = None) -> Page[Subscription]:
    """List subscriptions; `q` finds the beginning of an id, a tenant's id or an external reference."""
    query, wanted = visible(uow), wanted or SubscriptionFilter()
    for column, value in (
        (Subscription.status, wanted.status),
        (Subscription.tenant_id, wanted.tenant_id),
        (Subscription.partner_id, wanted.partner_id),
        (Subscription.plan_id, wanted.plan_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.service_slug is not None:
        query = query.where(Subscription.service_id.in_(service_named(wanted.service_slug)))
    if wanted.q:
        begins = (Subscription.id, Subscription.tenant_id, Subscription.external_reference)
        query = query.where(or_(*(column.startswith(wanted.q, autoescape=True) for column in begins)))
    return await paginate(uow, query, request, SORTABLE)


def known_status(status: str) -> SubscriptionStatus:
    """Read a state's name, or say which there are."""
    try:
        return SubscriptionStatus(status)
    except ValueError:
        states = ", ".join(SubscriptionStatus)
        raise invalid("status", f"'{status}' is not a state of a subscription; there are {states}.") from None


async def live(uow: UnitOfWork, tenant_id: str, service_id: str) -> Subscription | None:
    """
    Give a tenant's subscription of a service that has not ended: its single one, then a pack's child, then a purchase.

    No permission of its own: the calling verb has authorized.
    """
    query = (
        select(Subscription)
        .options(*WHOLE)
        .where(
            Subscription.tenant_id == tenant_id,
            Subscription.service_id == service_id,
            Subscription.status.not_in(TERMINAL),
        )
        .order_by(Subscription.is_one_time, Subscription.pack_subscription_id.is_not(None), Subscription.created_at)
        .limit(1)
    )
    found: Subscription | None = await uow.session.scalar(query)
    return found


async def had_trial(uow: UnitOfWork, tenant_id: str, service_id: str) -> bool:
    """Tell whether a tenant ever tried a service; a trial that was never provisioned does not count."""
    tried = select(Subscription.id).where(
        Subscription.tenant_id == tenant_id,
        Subscription.service_id == service_id,
        Subscription.trial_ends_at.is_not(None),
    )
    return await uow.session.scalar(tried.limit(1)) is not None


async def by_ids(uow: UnitOfWork, subscription_ids: Iterable[str]) -> Mapping[str, Subscription]:
    """Give subscriptions by id, in whatever state; no permission of its own: the caller was authorized."""
    wanted = set(subscription_ids)
    if not wanted:
        return {}
    rows = await uow.session.scalars(select(Subscription).options(*WHOLE).where(Subscription.id.in_(wanted)))
    return {row.id: row for row in rows}


def offered(actor: Actor, subscription: Subscription) -> list[str]:
    """Name what `actor` may do with a subscription now; a child is changed through its pack."""
    if subscription.is_child:
        return []
    return offered_in(actor, subscription.status, change_waits=subscription.pending_plan_id is not None)


def shown(actor: Actor, subscription: Subscription) -> SubscriptionOut:
    """Say a subscription as surfaces show it to `actor`."""
    return SubscriptionOut.model_validate(attributes(actor, subscription))


async def stored(uow: UnitOfWork, subscription: Subscription) -> SubscriptionOut:
    """Say what was just changed as surfaces show it, with the moments the database will keep."""
    await uow.write()
    return shown(uow.actor, subscription)


def attributes(actor: Actor, subscription: Subscription) -> dict[str, Any]:
    """Read what every description of a subscription says."""
    plain = {name: getattr(subscription, name) for name in SubscriptionOut.model_fields if name != "available_actions"}
    return {**plain, "available_actions": offered(actor, subscription)}


def periods_due(uow: UnitOfWork, partner_id: str, as_of: datetime) -> Select[SubscriptionPeriod]:
    """
    Select a partner's periods with a base charge or usage to be charged by `as_of`; proportional to what is due.

    They come with the version of the plan they began under, its usage prices and their subscription.
    """
    uow.authorize("billing:plan")
    due = or_(SubscriptionPeriod.base_due_at <= as_of, SubscriptionPeriod.usage_due_at <= as_of)
    return select(SubscriptionPeriod).options(*_BILLED).where(SubscriptionPeriod.partner_id == partner_id, due)


def changes_due(uow: UnitOfWork, partner_id: str, as_of: datetime) -> Select[SubscriptionChange]:
    """Select a partner's prorated changes that are to be credited and charged by `as_of`, with both plans."""
    uow.authorize("billing:plan")
    plans = (selectinload(SubscriptionChange.old_plan), selectinload(SubscriptionChange.new_plan))
    mine = SubscriptionChange.partner_id == partner_id
    return select(SubscriptionChange).options(*plans).where(mine, SubscriptionChange.due_at <= as_of)


async def periods_of(uow: UnitOfWork, subscription_id: str) -> list[SubscriptionPeriod]:
    """List a subscription's paid periods, oldest first."""
    uow.authorize("subscriptions:read")
    rows = select(SubscriptionPeriod).options(*_BILLED).where(SubscriptionPeriod.subscription_id == subscription_id)
    return list(await uow.session.scalars(rows.order_by(SubscriptionPeriod.period_start)))


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened to a subscription; `actor_id` is told to operators only."""

    occurred_at: datetime
    action: str
    actor_id: str | None = None
    reason: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def detail(uow: UnitOfWork, subscription_id: str) -> SubscriptionDetailOut:
    """Give a subscription with its plan and its story, newest first."""
    subscription = await get(uow, subscription_id)
    told = await timeline(uow, subscription)
    plan = {name: getattr(subscription.plan, name) for name in PlanSummaryOut.model_fields}
    plan["quotas"] = subscription.terms.quotas
    said = attributes(uow.actor, subscription) | {"plan": plan, "timeline": told}
    return SubscriptionDetailOut.model_validate(said, from_attributes=True)


async def timeline(uow: UnitOfWork, subscription: Subscription, limit: int = _STORY) -> list[TimelineEntry]:
    """
    Tell a subscription's story, newest first.

    Operators read the audit log, which is closed to tenants; a tenant gets the moments its own rows remember.
    """
    uow.authorize("subscriptions:read")
    if uow.actor.tenant_id is not None:
        moments = sorted(await _moments(uow, subscription), key=lambda entry: entry.occurred_at, reverse=True)
        return moments[:limit]
    entries = (
        select(AuditEntry)
        .where(AuditEntry.resource_type == "subscription", AuditEntry.resource_id == subscription.id)
        .order_by(AuditEntry.occurred_at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return [
        TimelineEntry(e.occurred_at, e.action, e.actor_id, e.reason, e.before, e.after)
        for e in await uow.session.scalars(entries)
    ]


async def _moments(uow: UnitOfWork, subscription: Subscription) -> list[TimelineEntry]:
    own = [
        (subscription.created_at, "subscription.requested", None),
        (subscription.activated_at, "subscription.activated", None),
        (subscription.cancelled_at, "subscription.cancelled", subscription.cancellation_reason),
    ]
    known = [TimelineEntry(moment, action, reason=reason) for moment, action, reason in own if moment is not None]
    changes = await _changes(uow, subscription)
    return known + changes + await _renewals(uow, subscription, changes) + await _remembered(uow, subscription)


async def _remembered(uow: UnitOfWork, subscription: Subscription) -> list[TimelineEntry]:
    moments = (
        select(SubscriptionMoment)
        .where(SubscriptionMoment.subscription_id == subscription.id)
        .order_by(SubscriptionMoment.occurred_at.desc(), SubscriptionMoment.id.desc())
        .limit(_STORY)
    )
    return [
        TimelineEntry(each.occurred_at, f"subscription.{each.kind}", None, each.reason, each.before, each.after)
        for each in await uow.session.scalars(moments)
    ]


async def _changes(uow: UnitOfWork, subscription: Subscription) -> list[TimelineEntry]:
    plans = (selectinload(SubscriptionChange.old_plan), selectinload(SubscriptionChange.new_plan))
    changes = select(SubscriptionChange).options(*plans).where(SubscriptionChange.subscription_id == subscription.id)
    return [
        TimelineEntry(
            each.changed_at,
            "subscription.changed",
            before=terms_told(each.old_plan.name, each.old_quantity, each.old_unit_price_cents, each.currency),
            after=terms_told(each.new_plan.name, each.new_quantity, each.new_unit_price_cents, each.currency),
        )
        for each in await uow.session.scalars(changes.order_by(SubscriptionChange.changed_at, SubscriptionChange.id))
    ]


async def _renewals(uow: UnitOfWork, subscription: Subscription, changes: list[TimelineEntry]) -> list[TimelineEntry]:
    """
    Tell each paid period after the first that follows the last without a gap; what follows a pause is remembered.

    A change of interval ends a period early and begins the next: that is told as the change it is.
    """
    rows = (
        select(SubscriptionPeriod)
        .options(selectinload(SubscriptionPeriod.plan))
        .where(SubscriptionPeriod.subscription_id == subscription.id, SubscriptionPeriod.period_start <= uow.now)
        .order_by(SubscriptionPeriod.period_start)
    )
    told = []
    for last, now in pairwise(await uow.session.scalars(rows)):
        is_whole = now.period_start - last.period_start >= timedelta(days=last.days) - _SUMMER_TIME
        if last.period_end != now.period_start or not is_whole:
            continue
        meanwhile = [each.after for each in changes if last.period_start <= each.occurred_at < now.period_start]
        told.append(
            TimelineEntry(
                now.period_start,
                "subscription.renewed",
                # A change within a period is told as such; its row keeps the terms it began with.
                before=meanwhile[-1]
                if meanwhile
                else terms_told(last.plan.name, last.quantity, last.unit_price_cents, last.currency),
                after=terms_told(now.plan.name, now.quantity, now.unit_price_cents, now.currency),
            )
        )
    return told


def terms_told(plan: str, quantity: int, unit_price_cents: int, currency: str) -> StoryTerms:
    """Give terms as a story tells them."""
    return {"plan": plan, "quantity": quantity, "unit_price_cents": unit_price_cents, "currency": currency}
