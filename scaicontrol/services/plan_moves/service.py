from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import awaiting_move

from . import queries
from .events import PlanMoveAnnounced, PlanMoveCancelled, TermsAnnounced, TermsWithdrawn
from .lifecycle import PlanMoveLifecycle
from .models import PlanMove
from .planning import MovedSubscription, PlannedMove, planned, subscribers


@verb
async def announce(
    uow: UnitOfWork,
    plan_id: str,
    *,
    notice_days: int,
    reason: str,
    partner_id: str | None = None,
    plan_hash: str | None = None,
) -> PlanMove:
    """
    Announce the version that is sold now to who has an earlier one; with a `plan_hash` only if it is as previewed.

    Each takes it at its first renewal after the notice, at the price that was announced; until then nothing changes and
    the move can be cancelled. An agreed price stays, and so does a partner's own.

    Raises NotFound, Invalid for a notice out of range, Refused where nobody can be moved, Conflict where the move
    is not as previewed.
    """
    uow.authorize("plans:move")
    plan = await catalog.get(uow, plan_id, lock=True)
    found = await subscribers(uow, plan, partner_id, lock=True)
    wanted = await planned(uow, plan, found, notice_days)
    if plan_hash is not None and plan_hash != wanted.plan_hash:
        raise Conflict(f"The move of {plan.key} is not what was previewed any more; preview it again.")
    if not wanted.subscriptions:
        raise Refused(f"Nobody to move: no subscriber of {plan.key} can take version {plan.plan_version}.")
    await catalog.sell(uow, plan)
    move = PlanMove(
        id=new_id("mov"),
        plan_id=plan.id,
        plan_version=plan.plan_version,
        partner_id=partner_id,
        notice_days=notice_days,
        notice_ends_at=wanted.notice_ends_at,
        subscriptions=len(wanted.subscriptions),
        reason=reason,
        announced_by=uow.actor.id,
        version=1,
    )
    uow.session.add(move)
    by_id = {each.id: each for each in found}
    for moved in wanted.subscriptions:
        _announce(uow, by_id[moved.subscription_id], move, moved)
    uow.emit(_told(plan, move, wanted), reason=reason)
    return move


def _told(plan: Plan, move: PlanMove, wanted: PlannedMove) -> PlanMoveAnnounced:
    return PlanMoveAnnounced(
        move_id=move.id,
        plan_id=plan.id,
        plan_key=plan.key,
        plan_version=move.plan_version,
        subscriptions=move.subscriptions,
        version=move.version,
        notice_ends_at=move.notice_ends_at,
        monthly_cents=wanted.monthly_cents,
        new_monthly_cents=wanted.new_monthly_cents,
    )


def _announce(uow: UnitOfWork, subscription: Subscription, move: PlanMove, moved: MovedSubscription) -> None:
    subscription.plan_move_id = move.id
    subscription.next_plan_version = move.plan_version
    subscription.next_plan_version_at = moved.effective_at
    kept = moved.new_unit_price_cents == moved.unit_price_cents
    subscription.next_version_price_cents = None if kept else moved.new_unit_price_cents
    subscription.version += 1
    uow.emit(
        TermsAnnounced(
            step=f"{move.id}:v{subscription.version}",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            service_slug=subscription.service_slug,
            plan_key=subscription.plan_key,
            plan_version=subscription.plan_version,
            next_plan_version=move.plan_version,
            currency=subscription.currency,
            unit_price_cents=moved.unit_price_cents,
            next_unit_price_cents=moved.new_unit_price_cents,
            effective_at=moved.effective_at,
        )
    )


@verb
async def cancel(uow: UnitOfWork, move_id: str, reason: str) -> PlanMove:
    """
    Call a move off for everybody who has not taken the new version yet; who has keeps it.

    Raises NotFound, Refused for a move that is cancelled or that everybody has taken.
    """
    uow.authorize("plans:move")
    move = await queries.get(uow, move_id, lock=True)
    plan = await catalog.get(uow, move.plan_id)
    waiting = await awaiting_move(uow, move.id)
    if move.can(PlanMoveLifecycle.cancel.id) and not waiting:
        raise Refused(f"Cannot cancel {move}: everybody took version {move.plan_version} already.")
    move.advance(PlanMoveLifecycle.cancel)
    move.cancelled_at, move.version = uow.now, move.version + 1
    for subscription in waiting:
        subscription.forget_announced()
        subscription.version += 1
        uow.emit(
            TermsWithdrawn(
                step=f"{move.id}:v{subscription.version}",
                subscription_id=subscription.id,
                tenant_id=subscription.tenant_id,
                partner_id=subscription.partner_id,
                service_slug=subscription.service_slug,
                plan_key=subscription.plan_key,
                plan_version=subscription.plan_version,
                withdrawn_at=uow.now,
            ),
            reason=reason,
        )
    uow.emit(
        PlanMoveCancelled(
            move_id=move.id,
            plan_id=move.plan_id,
            plan_key=plan.key,
            plan_version=move.plan_version,
            subscriptions=len(waiting),
            version=move.version,
        ),
        before={"status": "announced"},
        after={"status": str(move.status)},
        reason=reason,
    )
    return move
