"""Facts that the subscribed service is told."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox

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


async def _follow(backend: Backend, fact: Outbox, action: ProvisioningAction) -> None:
    await backend.perform(_ACTOR, starting.follow, str(fact.told["subscription_id"]), action, fact.id)
