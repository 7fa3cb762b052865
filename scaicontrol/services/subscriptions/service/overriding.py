"""What operators do beside the verbs everybody has."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, OutcomeUnknown, Refused, invalid
from scaicontrol.core.ids import prefix_of
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from ..events import ChangeKind
from ..lifecycle import MomentKind, SubscriptionStatus, event_between
from ..models import Subscription
from ..queries import known_status
from ..schemas import BulkFailureOut, BulkOut
from .changing import override_terms
from .converting import convert
from .ending import cancel, resume
from .standing import suspend
from .steps import Before, changeable, end, remember, stop_usage, tell_changed
from .subscribing import activate, fail_provisioning

BULK_MAX = 500


@dataclass(frozen=True, slots=True)
class Override:
    """What an operator sets; None leaves it as it is."""

    reason: str
    plan: str | None = None
    status: str | None = None
    quantity: int | None = None
    unit_price_cents: int | None = None


@verb
async def override(uow: UnitOfWork, subscription_id: str, wanted: Override) -> Subscription:
    """
    Set plan, quantity, price or state, the state only along the map; the price with the next period.

    Raises NotFound, Invalid without a reason or anything to set, Refused for a state the map does not lead to.
    """
    uow.authorize("subscriptions:administer")
    if not wanted.reason.strip():
        raise invalid("reason", "Say why the subscription is overridden.", "missing")
    subscription = await changeable(uow, subscription_id)
    terms = (wanted.plan, wanted.quantity, wanted.unit_price_cents)
    if all(value is None for value in (*terms, wanted.status)):
        raise invalid("status", "Name a plan, a quantity, a price or a state to set.", "missing")
    if any(value is not None for value in terms):
        await override_terms(uow, subscription, *terms, reason=wanted.reason)
    if wanted.status is not None:
        await _move(uow, subscription, known_status(wanted.status), wanted.reason)
    return subscription


async def _move(uow: UnitOfWork, subscription: Subscription, target: SubscriptionStatus, reason: str) -> None:
    event = event_between(subscription.status, target)
    match event:
        case None:
            allowed = sorted({b for a, _, b in subscription.lifecycle.transitions() if a == subscription.status})
            raise Refused(
                f"Cannot move {subscription} from {subscription.status} to {target}: "
                f"from there it can become {', '.join(allowed) or 'nothing else'}."
            )
        case "activate" | "activate_trial":
            await activate(uow, subscription.id)
        case "fail_provisioning":
            await fail_provisioning(uow, subscription.id, reason)
        case "convert":
            await convert(uow, subscription.id)
        case "cancel":
            await cancel(uow, subscription.id, reason)
        case "cancel_now":
            await cancel(uow, subscription.id, reason, immediate=True)
        case "suspend":
            await suspend(uow, subscription.id, reason)
        case "resume":
            await resume(uow, subscription.id, override_arrears=True, reason=reason)
        case "expire":
            end(uow, subscription, "expire", uow.now, immediately=True, reason=reason)
            await stop_usage(uow, subscription, uow.now)
        case _:
            _restate(uow, subscription, event, reason)


def _restate(uow: UnitOfWork, subscription: Subscription, event: str, reason: str) -> None:
    before = Before.of(subscription)
    subscription.advance(event)
    subscription.past_due_since = uow.now if subscription.status is SubscriptionStatus.past_due else None
    happened = MomentKind.payment_failed if subscription.past_due_since else MomentKind.recovered
    remember(uow, subscription, happened)  # the reason is for the audit log
    tell_changed(uow, subscription, before, ChangeKind.status_change, reason=reason)


BulkVerbs = Mapping[str, Callable[[str | None], Callable[[UnitOfWork, str], Awaitable[object]]]]
_BULK: Final[BulkVerbs] = {
    "cancel": lambda reason: partial(cancel, reason=reason),
    "cancel_immediate": lambda reason: partial(cancel, reason=reason, immediate=True),
    "suspend": lambda reason: partial(suspend, reason=reason or ""),
    "resume": lambda reason: partial(resume, reason=reason),
}
# By what an id begins with: whoever has subscriptions of another kind (`packs`) says here how to do the same to them.
BULK_OF: Final[dict[str, BulkVerbs]] = {"sub": _BULK}


@verb
async def bulk(backend: Backend, actor: Actor, action: str, ids: Sequence[str], reason: str | None = None) -> BulkOut:
    """
    Do one thing to many, also to packs, each in a transaction of its own; one refusal does not stop the others.

    Raises Invalid for an unknown action, too many ids, or a suspension without a reason.
    """
    actor.require("subscriptions:administer")
    verb, result = _for_each(action, ids, reason), BulkOut(succeeded=[], failed=[])
    for subscription_id in dict.fromkeys(ids):
        if backend.reached(subscription_id):
            result.succeeded.append(subscription_id)
            continue
        try:
            await backend.perform(actor, _keep_done, backend, verb, subscription_id)
        except OutcomeUnknown:
            raise  # of this one: the next try with the same key says which are done
        except ControlError as error:
            result.failed.append(BulkFailureOut(id=subscription_id, error=error.message))
        else:
            result.succeeded.append(subscription_id)
    return result


async def _keep_done(
    uow: UnitOfWork,
    backend: Backend,
    verb: Callable[[UnitOfWork, str], Awaitable[object]],
    subscription_id: str,
) -> None:
    await verb(uow, subscription_id)
    await backend.keep(uow, subscription_id, value=True)


def _for_each(action: str, ids: Sequence[str], reason: str | None) -> Callable[[UnitOfWork, str], Awaitable[object]]:
    if action not in _BULK:
        raise invalid("action", f"'{action}' is not one of {', '.join(_BULK)}.", "unknown_action")
    if len(ids) > BULK_MAX:
        raise invalid("ids", f"At most {BULK_MAX} subscriptions at a time, not {len(ids)}.", "too_many")
    if action == "suspend" and not (reason or "").strip():
        raise invalid("reason", "Say why the subscriptions are suspended.", "missing")

    async def do(uow: UnitOfWork, subscription_id: str) -> None:
        await BULK_OF.get(prefix_of(subscription_id), _BULK)[action](reason)(uow, subscription_id)

    return do
