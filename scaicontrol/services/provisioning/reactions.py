"""Facts that the subscribed service is told."""

from collections.abc import Iterable, Sequence

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox
from scaicontrol.services.packs.reads import REMOVED
from scaicontrol.services.subscriptions.lifecycle import TERMINAL
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads.children import children_of

from .plan import ProvisioningAction
from .service import starting

_ACTOR = Actor.system("reactions")


async def suspend(backend: Backend, fact: Outbox) -> None:
    """A subscription was suspended."""
    await _follow(backend, fact, ProvisioningAction.suspend)


async def resume(backend: Backend, fact: Outbox) -> None:
    """A subscription was resumed."""
    await _follow(backend, fact, ProvisioningAction.resume)


async def deprovision(backend: Backend, fact: Outbox) -> None:
    """A subscription is over."""
    await _follow(backend, fact, ProvisioningAction.deprovision)


async def update(backend: Backend, fact: Outbox) -> None:
    """A subscription has another plan or quantity; other changes mean nothing to the service."""
    if fact.told.get("change_kind") in ("plan_change", "quantity_change"):
        await _follow(backend, fact, ProvisioningAction.update)


async def take_pack_down(backend: Backend, fact: Outbox) -> None:
    """A pack is over: so is every service in it."""
    ended = [child.id for child in await _children(backend, fact) if child.cancellation_reason != REMOVED]
    await _follow_each(backend, fact, ended, ProvisioningAction.deprovision)


async def move_pack(backend: Backend, fact: Outbox) -> None:
    """A pack was suspended or resumed, and everything in it; other changes mean nothing to its services."""
    before, now = fact.told.get("previous_state"), fact.told.get("state")
    if now == "suspended" and before != now:
        await _follow_each(backend, fact, await _living(backend, fact), ProvisioningAction.suspend)
    elif before == "suspended" and now == "active":
        await _follow_each(backend, fact, await _living(backend, fact), ProvisioningAction.resume)


async def exchange_items(backend: Backend, fact: Outbox) -> None:
    """The services of a pack are others: set up what came, change what has another plan, take down what went."""
    for subscription_id in fact.told["added"]:
        await backend.perform(_ACTOR, starting.start, subscription_id)
    await _follow_each(backend, fact, fact.told["changed"], ProvisioningAction.update)
    await _follow_each(backend, fact, fact.told["removed"], ProvisioningAction.deprovision)


async def _children(backend: Backend, fact: Outbox) -> Sequence[Subscription]:
    return await backend.ask(_ACTOR, children_of, [str(fact.told["pack_subscription_id"])])


async def _living(backend: Backend, fact: Outbox) -> list[str]:
    """Name the children that have not ended: one that left the pack stays taken down."""
    return [child.id for child in await _children(backend, fact) if child.status not in TERMINAL]


async def _follow_each(
    backend: Backend, fact: Outbox, subscription_ids: Iterable[str], action: ProvisioningAction
) -> None:
    for subscription_id in subscription_ids:
        await backend.perform(_ACTOR, starting.follow, subscription_id, action, fact.id)


async def _follow(backend: Backend, fact: Outbox, action: ProvisioningAction) -> None:
    await backend.perform(_ACTOR, starting.follow, str(fact.told["subscription_id"]), action, fact.id)
