"""What billing writes back: which part of a period or change it has charged."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from scaicontrol.core.work import UnitOfWork

from ..models import Subscription, SubscriptionChange, SubscriptionPeriod

_SKEW = timedelta(minutes=10)  # between the clocks of two processes
_KEPT = timedelta(days=390)  # of older use the events may be gone, and with them what it added up to


async def mark_charged(
    uow: UnitOfWork,
    *,
    base: Collection[str] = (),
    usage: Collection[str] = (),
    changes: Collection[str] = (),
) -> None:
    """
    Take what was charged, waived or found to be nothing off the due lists; ids of periods, and of changes.

    `usage` is use that was charged or corrected: from here on only what becomes known later is a correction.
    """
    uow.authorize("billing:apply")
    for ids, columns in ((base, ["base_due_at"]), (usage, ["usage_due_at", "correction_due_at"])):
        if ids:
            await uow.session.execute(
                update(SubscriptionPeriod).where(SubscriptionPeriod.id.in_(ids)).values(dict.fromkeys(columns))
            )
    if changes:
        await uow.session.execute(
            update(SubscriptionChange).where(SubscriptionChange.id.in_(changes)).values(due_at=None)
        )


async def mark_for_correction(uow: UnitOfWork, uses: Collection[tuple[str, str, datetime]]) -> int:
    """
    Have periods compared with what they were charged for: use of theirs became known after they closed.

    `uses` are tenant, service and moment of use. A period that is about to be charged is written too: a run that read
    its use before this use was there clashes with us on the row, on any node, and reads again.
    """
    uow.authorize("usage:aggregate")
    period = SubscriptionPeriod
    closed = uow.now - timedelta(hours=uow.settings.usage_close_delay_hours) + _SKEW
    late = [use for use in uses if use[2] < closed]
    if not late:
        return 0
    moments: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for tenant_id, service_id, moment in late:
        moments[tenant_id, service_id].append(moment)
    rows = await uow.session.execute(
        select(period.id, period.tenant_id, Subscription.service_id, period.usage_from, period.usage_until)
        .join(Subscription, Subscription.id == period.subscription_id)
        .where(
            period.tenant_id.in_({use[0] for use in late}),
            period.usage_until > min(use[2] for use in late),
            period.usage_from <= max(use[2] for use in late),
            period.usage_from > uow.now - _KEPT,
            or_(period.usage_due_at.is_(None), period.usage_due_at <= closed),
        )
    )
    marked = [
        row.id
        for row in rows
        if any(row.usage_from <= at < row.usage_until for at in moments.get((row.tenant_id, row.service_id), ()))
    ]
    if marked:
        await uow.session.execute(update(period).where(period.id.in_(marked)).values(correction_due_at=uow.now))
    return len(marked)
