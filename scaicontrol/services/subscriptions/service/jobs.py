"""
What the clock does to subscriptions. Each verb takes one bounded batch, oldest due moment first, and is safe twice.

They return how many rows they moved: run one again, in a new unit of work, until it returns fewer than `limit`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from scaicontrol.core import claims
from scaicontrol.core.work import UnitOfWork

from ..events import TrialEnding
from ..lifecycle import RUNNING, SubscriptionStatus
from ..models import Subscription
from ..queries import WHOLE
from .steps import catch_up, end, roll_forward
from .subscribing import NOTICE_DAYS, next_notice
from .terms import terms_by_partner

BATCH = 500


async def renew(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """Open the next period of running subscriptions whose period is over, never across a fixed term."""
    uow.authorize("subscriptions:advance")
    within_term = or_(Subscription.term_ends_at.is_(None), Subscription.term_ends_at > Subscription.current_period_end)
    due = await _due(uow, Subscription.current_period_end, limit, Subscription.status.in_(RUNNING), within_term)
    sellers = await terms_by_partner(uow, (subscription.partner_id for subscription in due))
    for subscription in due:
        roll_forward(uow, subscription, sellers[subscription.partner_id].zone)
    return len(due)


async def reap(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """End subscriptions whose scheduled cancellation has come."""
    uow.authorize("subscriptions:advance")
    cancelling = Subscription.status == SubscriptionStatus.cancelling
    due = await _due(uow, Subscription.pending_cancellation_at, limit, cancelling)
    for subscription in due:
        moment = subscription.pending_cancellation_at or uow.now
        end(uow, subscription, "cancel_now", moment, immediately=False)
    return len(due)


async def expire_terms(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """End active subscriptions whose fixed term is over; one that is past due waits for its payment."""
    uow.authorize("subscriptions:advance")
    active = Subscription.status == SubscriptionStatus.active
    due = await _due(uow, Subscription.term_ends_at, limit, active)
    for subscription in due:
        await catch_up(uow, subscription)
        end(uow, subscription, "expire", subscription.term_ends_at or uow.now, immediately=False, reason="term_ended")
    return len(due)


async def notice_trial_ending(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """Tell trials that end in seven, three or one day, each once; a warning that came too late is left out."""
    uow.authorize("subscriptions:advance")
    trialing = Subscription.status == SubscriptionStatus.trialing
    due = await _due(uow, Subscription.next_trial_notice_at, limit, trialing)
    for subscription in due:
        _notice(uow, subscription)
    return len(due)


def _notice(uow: UnitOfWork, trial: Subscription) -> None:
    ends_at, trial.next_trial_notice_at = trial.trial_ends_at, None
    if ends_at is None or ends_at <= uow.now:
        return
    days = min(days for days in NOTICE_DAYS if (ends_at - uow.now).total_seconds() <= days * 86_400)
    trial.next_trial_notice_at = next_notice(ends_at, days)
    uow.emit(
        TrialEnding(
            step=f"d{days}",
            subscription_id=trial.id,
            tenant_id=trial.tenant_id,
            partner_id=trial.partner_id,
            service_slug=trial.service_slug,
            plan_key=trial.plan_key,
            trial_ends_at=ends_at,
            days_remaining=days,
        )
    )


async def _due(
    uow: UnitOfWork, moment: InstrumentedAttribute[Any], limit: int, *conditions: ColumnElement[bool]
) -> Sequence[Subscription]:
    """Lock what is due by `moment`; children follow their pack."""
    own = Subscription.pack_subscription_id.is_(None)
    return await claims.take(
        uow, Subscription, moment <= uow.now, own, *conditions, oldest=[moment], limit=limit, options=WHOLE
    )
