"""
What the clock does to pack subscriptions. Each verb takes a bounded batch, oldest due moment first, and is safe twice.

They return how many rows they moved: run one again, in a new unit of work, until it returns fewer than `limit`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from scaicontrol.core import claims
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.subscriptions.children import NOTICE_DAYS, Payers, next_notice, terms_by_partner
from scaicontrol.services.subscriptions.events import ChangeKind
from scaicontrol.services.subscriptions.lifecycle import RUNNING, SubscriptionStatus

from ..events import PackTrialEnding
from ..models import PackSubscription
from .items import exchange_items
from .steps import LockedPack, end, open_first, roll_forward, tell_changed

BATCH = 500


async def renew(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """Open the next period of running packs whose period is over, with the services the pack holds by then."""
    uow.authorize("subscriptions:advance")
    due = await _due(uow, PackSubscription.current_period_end, limit, PackSubscription.status.in_(RUNNING))
    sellers = await terms_by_partner(uow, (row.partner_id for row in due))
    for row in due:
        await roll_forward(uow, await LockedPack.of(uow, row), sellers[row.partner_id].zone)
    return len(due)


async def reap(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """End packs whose scheduled cancellation has come."""
    uow.authorize("subscriptions:advance")
    cancelling = PackSubscription.status == SubscriptionStatus.cancelling
    due = await _due(uow, PackSubscription.pending_cancellation_at, limit, cancelling)
    for row in due:
        moment = row.pending_cancellation_at or uow.now
        await end(uow, await LockedPack.of(uow, row), "cancel_now", moment, immediately=False)
    return len(due)


async def expire_trials(uow: UnitOfWork, payers: Payers, *, limit: int = BATCH) -> int:
    """
    Decide every trial of a pack whose end has come.

    Paid from the moment the trial ended, where the tenant can pay or the partner lets it; else cancelled.
    """
    uow.authorize("subscriptions:advance")
    trialing = PackSubscription.status == SubscriptionStatus.trialing
    due = await _due(uow, PackSubscription.trial_ends_at, limit, trialing)
    if not due:
        return 0
    paying = set(await payers(uow, sorted({row.tenant_id for row in due})))
    sellers = await terms_by_partner(uow, (row.partner_id for row in due))
    for row in due:
        seller, held = sellers[row.partner_id], await LockedPack.of(uow, row)
        ended_at = row.trial_ends_at or uow.now
        if row.tenant_id in paying or seller.converts_unpaid:
            await _convert(uow, held, ended_at, seller.zone)
        else:
            await end(uow, held, "cancel", ended_at, immediately=True, reason="trial_ended_unpaid")
    return len(due)


async def _convert(uow: UnitOfWork, held: LockedPack, start: datetime, zone: str) -> None:
    held.row.next_trial_notice_at = None
    changed = await exchange_items(uow, held.row, held.children, start)
    held.carry("convert")
    open_first(uow, held, start, zone)
    tell_changed(uow, held, ChangeKind.status_change)
    if changed:
        tell_changed(uow, held, ChangeKind.plan_change)


async def notice_trial_ending(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """Tell trials of packs that end in seven, three or one day, each once; a warning that came too late is left out."""
    uow.authorize("subscriptions:advance")
    trialing = PackSubscription.status == SubscriptionStatus.trialing
    due = await _due(uow, PackSubscription.next_trial_notice_at, limit, trialing)
    for row in due:
        ends_at, row.next_trial_notice_at = row.trial_ends_at, None
        if ends_at is None or ends_at <= uow.now:
            continue
        days = min(days for days in NOTICE_DAYS if (ends_at - uow.now).total_seconds() <= days * 86_400)
        row.next_trial_notice_at = next_notice(ends_at, days)
        uow.emit(
            PackTrialEnding(
                step=f"d{days}",
                pack_subscription_id=row.id,
                tenant_id=row.tenant_id,
                partner_id=row.partner_id,
                pack_slug=row.pack.slug,
                trial_ends_at=ends_at,
                days_remaining=days,
            )
        )
    return len(due)


async def _due(
    uow: UnitOfWork, moment: InstrumentedAttribute[datetime | None], limit: int, *conditions: ColumnElement[bool]
) -> Sequence[PackSubscription]:
    whole = (selectinload(PackSubscription.pack),)
    return await claims.take(
        uow, PackSubscription, moment <= uow.now, *conditions, oldest=[moment], limit=limit, options=whole
    )
