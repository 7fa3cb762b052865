"""How a pack subscription begins: asked for, set up service by service, and active as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scaicontrol.core.errors import NotFound, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.money import not_invoiced
from scaicontrol.core.periods import civil_date
from scaicontrol.core.refusals import RefusalCode, conflict, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants
from scaicontrol.services.subscriptions import children as child_steps
from scaicontrol.services.subscriptions.events import ChangeKind
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads.children import recurring_holder, tried_any

from .. import queries
from ..events import PackChild, PackSubscriptionActivated, PackSubscriptionRequested
from ..models import PackSubscription, ServicePack
from ..prices import allocated
from .items import leave_out
from .steps import LockedPack, end, open_first, shared, tell_changed


@dataclass(frozen=True, slots=True)
class PackBegun:
    """A pending pack subscription and the children that are to be set up."""

    held: PackSubscription
    children: Sequence[Subscription]


async def begin(
    uow: UnitOfWork, pack: str, *, tenant_id: str | None = None, payment_method_id: str | None = None
) -> PackBegun:
    """
    Ask for a pack: one pending subscription of it and one child an item (`provisioning.subscribe_pack` sets them up).

    `pack` is an id or a slug. Operators name the tenant; a pack that is not public is theirs only. The tenant is locked
    while what it has is looked at, as `subscriptions` does, so that of two at once one is refused.
    """
    uow.authorize("subscriptions:subscribe")
    owner = tenant_id or uow.actor.tenant_id
    if owner is None:
        raise invalid("tenant_id", "Name the tenant that subscribes.", "missing")
    tenant = await tenants.get(uow, owner, lock=True)
    await tenants.require_billing_profile(uow, tenant.id)
    chosen = await queries.pack_by(uow, pack)
    await _check(uow, chosen, tenant.id)
    price = await queries.priced(uow, chosen, tenant.partner_id)
    held = PackSubscription(
        id=new_id("psb"),
        tenant_id=tenant.id,
        partner_id=tenant.partner_id,
        pack=chosen,
        pack_id=chosen.id,
        is_one_time=not chosen.billing_period.months,
        status=SubscriptionStatus.pending,
        unit_price_cents=price.price_cents,
        currency=price.currency,
        list_prices=dict(price.by_plan),
        trial_days=await _trial_days(uow, chosen, tenant.id),
        payment_method_id=payment_method_id,
        version=1,
    )
    uow.session.add(held)
    parts = allocated(price.price_cents, [price.by_plan[item.plan_id] for item in chosen.items])
    children = [
        await child_steps.begin_child(uow, held.id, item.plan, cents, shared(held))
        for item, cents in zip(chosen.items, parts, strict=True)
    ]
    uow.emit(
        PackSubscriptionRequested(
            step="initial",
            pack_subscription_id=held.id,
            tenant_id=held.tenant_id,
            partner_id=held.partner_id,
            pack_slug=chosen.slug,
            trial_days=held.trial_days,
            currency=held.currency,
            unit_price_cents=held.unit_price_cents,
            items=[PackChild(subscription_id=child.id, plan_key=child.plan_key) for child in children],
            requested_at=uow.now,
        )
    )
    await uow.session.flush()
    return PackBegun(held, children)


async def _check(uow: UnitOfWork, pack: ServicePack, tenant_id: str) -> None:
    """Refuse a pack that is not sold, or of which the tenant has a part already."""
    if not queries.is_sellable(pack):
        raise refused(RefusalCode.plan_not_sold, f"Cannot subscribe to {pack}: it, or a part of it, is not on sale.")
    if not pack.is_public and not uow.actor.may("subscriptions:administer"):
        raise NotFound(f"No pack {pack.slug}.")
    if reason := not_invoiced(pack.currency):
        raise refused(
            RefusalCode.currency_not_invoiced, f"Cannot subscribe to {pack}: {reason}", currency=pack.currency
        )
    if (live := await queries.live_of_pack(uow, tenant_id, pack.id)) is not None:
        raise conflict(
            RefusalCode.already_subscribed,
            f"Tenant {tenant_id} has {pack} already: {live} is {live.status}.",
            service=pack.name,
        )
    # Its use would else be charged twice.
    other = await recurring_holder(uow, tenant_id, [item.service_id for item in pack.items])
    if other is not None:
        how = "in another pack" if other.is_child else "by itself"
        raise conflict(
            RefusalCode.already_subscribed,
            f"Tenant {tenant_id} has {other.service_slug} {how}: {other} is {other.status}; cancel that first.",
            service=other.service_name,
        )


async def _trial_days(uow: UnitOfWork, pack: ServicePack, tenant_id: str) -> int:
    """Decide how long is tried: what tried any service of it before pays from the first day."""
    if not pack.trial_days or await tried_any(uow, tenant_id, [item.service_id for item in pack.items]):
        return 0
    return pack.trial_days


async def child_ready(uow: UnitOfWork, child: Subscription) -> None:
    """Note that a child is set up: the last one entitles the whole pack; one that came later joins its pack."""
    uow.authorize("subscriptions:subscribe")
    held = await LockedPack.lock(uow, str(child.pack_subscription_id))
    mine = next((each for each in held.children if each.id == child.id), None)
    if mine is None or mine.status is not SubscriptionStatus.pending:
        return
    mine.activated_at = mine.activated_at or uow.now
    if held.row.status is not SubscriptionStatus.pending:
        child_steps.catch_up_with_pack(mine, held.row.status, shared(held.row))
    elif all(each.activated_at is not None for each in held.children):
        await _activate(uow, held)


async def _activate(uow: UnitOfWork, held: LockedPack) -> None:
    row, zone = held.row, (await child_steps.terms_of(uow, held.row.partner_id)).zone
    row.activated_at = uow.now
    if row.trial_days:
        row.trial_ends_at = uow.now + timedelta(days=row.trial_days)
        row.current_period_start, row.current_period_end = uow.now, row.trial_ends_at
        row.current_period_last_day = civil_date(row.trial_ends_at, zone)
        row.next_trial_notice_at = child_steps.next_notice(row.trial_ends_at, row.trial_days)
        held.carry("activate_trial")
    else:
        held.carry("activate")
        open_first(uow, held, uow.now, zone)
    row.version += 1
    uow.emit(
        PackSubscriptionActivated(
            step="initial",
            pack_subscription_id=row.id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            pack_slug=row.pack.slug,
            state=str(row.status),
            currency=row.currency,
            mrr_amount_cents=row.mrr_amount_cents,
            activated_at=uow.now,
            trial_ends_at=row.trial_ends_at,
            items=held.told_children,
        ),
        before={"status": "pending"},
        after={"status": str(row.status), "unit_price_cents": row.unit_price_cents},
    )


async def child_failed(uow: UnitOfWork, child: Subscription, reason: str) -> None:
    """
    End a child that could not be set up: while its pack is pending, the pack ends with it, and everything in it.

    One that was added to a running pack ends alone, is not charged, and is tried again with the next period. A pack
    that holds nothing else ends with it.
    """
    uow.authorize("subscriptions:subscribe")
    held = await LockedPack.lock(uow, str(child.pack_subscription_id))
    if held.row.status is SubscriptionStatus.pending:
        await end(uow, held, "fail_provisioning", uow.now, immediately=True, reason=reason)
        return
    mine = next((each for each in held.children if each.id == child.id), None)
    if mine is None or mine.status is not SubscriptionStatus.pending:
        return
    await child_steps.end_child(uow, mine, uow.now, reason)
    held.children.remove(mine)
    await leave_out(uow, held.row, held.children, mine)
    if held.children:
        tell_changed(uow, held, ChangeKind.plan_change, reason=reason)
    else:
        event = "cancel" if held.row.status is SubscriptionStatus.trialing else "cancel_now"
        await end(uow, held, event, uow.now, immediately=True, reason=reason)
