"""What billing writes back: which part of a period or change it has charged."""

from collections.abc import Collection

from sqlalchemy import update

from scaicontrol.core.work import UnitOfWork

from ..models import SubscriptionChange, SubscriptionPeriod


async def mark_charged(
    uow: UnitOfWork,
    *,
    base: Collection[str] = (),
    usage: Collection[str] = (),
    changes: Collection[str] = (),
) -> None:
    """Take what was charged, waived or found to be nothing off the due lists; ids of periods, and of changes."""
    uow.authorize("billing:apply")
    for ids, column in ((base, "base_due_at"), (usage, "usage_due_at")):
        if ids:
            await uow.session.execute(
                update(SubscriptionPeriod).where(SubscriptionPeriod.id.in_(ids)).values({column: None})
            )
    if changes:
        await uow.session.execute(
            update(SubscriptionChange).where(SubscriptionChange.id.in_(changes)).values(due_at=None)
        )
