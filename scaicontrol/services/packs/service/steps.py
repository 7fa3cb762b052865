"""What several verbs do to a pack subscription and its children: open a period, move all of them, tell it once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.subscriptions import children as child_steps
from scaicontrol.services.subscriptions.calendar import Window, following, window
from scaicontrol.services.subscriptions.events import ChangeKind
from scaicontrol.services.subscriptions.lifecycle import RUNNING
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads.children import children_of

from .. import queries
from ..events import PackChild, PackSubscriptionCancelled, PackSubscriptionChanged
from ..models import PackSubscription
from ..prices import allocated
from .items import exchange_items

_ASPECTS = {
    ChangeKind.plan_change: "plan",
    ChangeKind.scheduled_cancellation_undone: "undone",
}


@dataclass(slots=True)
class LockedPack:
    """A locked pack subscription with its live children, locked too, and what both were when the verb began."""

    row: PackSubscription
    children: list[Subscription]
    state: str
    mrr_amount_cents: int

    @classmethod
    async def lock(cls, uow: UnitOfWork, pack_subscription_id: str) -> Self:
        """Lock the parent, then its children, as everybody does (`queries.locked`)."""
        row = await queries.get_subscription(uow, pack_subscription_id, lock=True)
        return await cls.of(uow, row)

    @classmethod
    async def of(cls, uow: UnitOfWork, row: PackSubscription) -> Self:
        """Take a parent that is locked already."""
        children = await children_of(uow, [row.id], live=True, lock=True)
        return cls(row, list(children), str(row.status), row.mrr_amount_cents)

    def carry(self, event: str | None = None) -> None:
        """Fire an event on the parent and every child, and let the children have what they share with it."""
        if event is not None:
            self.row.advance(event)
        for child in self.children:
            child_steps.follow_pack(child, event, shared(self.row))

    @property
    def told_children(self) -> list[PackChild]:
        """Name the children as facts do."""
        return [PackChild(subscription_id=child.id, plan_key=child.plan_key) for child in self.children]


def shared(row: PackSubscription) -> dict[str, object]:
    """Give what a pack subscription has in common with its children."""
    return {name: getattr(row, name) for name in child_steps.SHARED}


def shares(row: PackSubscription, children: Sequence[Subscription]) -> list[int]:
    """Allocate the price of a pack subscription to its children, by what their plans cost by themselves."""
    return allocated(row.unit_price_cents, [row.list_prices.get(child.plan_id, 0) for child in children])


def open_first(uow: UnitOfWork, held: LockedPack, moment: datetime, zone: str) -> None:
    """Begin the first paid period with the civil day of `moment`, which becomes the anchor."""
    first_day = civil_date(moment, zone)
    held.row.anchor_day = first_day.day
    open_period(uow, held, window(first_day, held.row.pack.billing_period, first_day.day, zone), moment)


def open_period(uow: UnitOfWork, held: LockedPack, span: Window, usage_from: datetime) -> None:
    """Move parent and children to a period that begins; each child is charged its share of the price."""
    row, anchor = held.row, held.row.anchor_day or span.first_day.day
    row.current_period_start, row.current_period_end = span.start, span.end
    row.current_period_last_day = span.last_day
    for child, cents in zip(held.children, shares(row, held.children), strict=True):
        child_steps.open_child_period(uow, child, span, anchor, cents, usage_from)
    held.carry()


async def roll_forward(uow: UnitOfWork, held: LockedPack, zone: str) -> None:
    """Renew until the current period contains this moment, each missed period with rows and a fact of its own."""
    row = held.row
    while (end := row.current_period_end) is not None and end <= uow.now:
        changed = await exchange_items(uow, held.row, held.children, end)
        before = held.mrr_amount_cents
        first_day = following(end, row.anchor_day or 1, zone)
        open_period(uow, held, window(first_day, row.pack.billing_period, row.anchor_day or 1, zone), end)
        tell_changed(uow, held, ChangeKind.renewal, step=f"period:{first_day}")
        if changed:
            held.mrr_amount_cents = before
            tell_changed(uow, held, ChangeKind.plan_change)
        held.mrr_amount_cents = row.mrr_amount_cents


async def catch_up(uow: UnitOfWork, held: LockedPack, zone: str) -> None:
    """Open the periods that began before this verb, where the renewal job has not come by yet."""
    if held.row.status in RUNNING:
        await roll_forward(uow, held, zone)


def tell_changed(
    uow: UnitOfWork, held: LockedPack, kind: ChangeKind, *, step: str | None = None, reason: str | None = None
) -> None:
    """Count a new version and emit `pack_subscription.changed`; the step defaults to one per version."""
    row = held.row
    row.version += 1
    uow.emit(
        PackSubscriptionChanged(
            step=step or f"{_ASPECTS.get(kind, 'status')}:v{row.version}",
            pack_subscription_id=row.id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            pack_slug=row.pack.slug,
            change_kind=kind,
            state=str(row.status),
            previous_state=held.state,
            currency=row.currency,
            mrr_amount_cents=row.mrr_amount_cents,
            previous_mrr_amount_cents=held.mrr_amount_cents,
            changed_at=uow.now,
            pending_cancellation_at=row.pending_cancellation_at,
            items=held.told_children,
        ),
        before={"status": held.state},
        after={"status": str(row.status), "plans": [child.plan_key for child in held.children]},
        reason=reason,
    )


async def end(
    uow: UnitOfWork,
    held: LockedPack,
    event: str,
    at: datetime,
    *,
    immediately: bool,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Fire a terminal event on parent and children and tell it once; `at` is when the right to use them ended."""
    row = held.row
    row.cancelled_at = at
    row.cancellation_reason = reason or row.cancellation_reason
    row.next_trial_notice_at = None
    held.carry(event)
    for child in held.children:
        await child_steps.stop_usage(uow, child, at)
    row.version += 1
    uow.emit(
        PackSubscriptionCancelled(
            step="terminal",
            pack_subscription_id=row.id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            pack_slug=row.pack.slug,
            cancelled_at=at,
            effective_immediately=immediately,
            terminal_state=str(row.status),
            cancellation_reason=row.cancellation_reason,
        ),
        before={"status": held.state},
        after={"status": str(row.status)},
        reason=note or row.cancellation_reason,
    )
