"""Facts that are collected, pursued or freed from."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import partners

from .service import collect, dunning_steps, standing

_ACTOR = Actor.system("reactions")


async def collect_sent(backend: Backend, fact: Outbox) -> None:
    """An invoice has reached its buyer: collect it, where the partner charges by itself."""
    if fact.told.get("document_type") == "invoice":
        await backend.perform(_ACTOR, collect.schedule, str(fact.told["invoice_id"]))
        await collect.charge_due(backend)


async def collect_unsent(backend: Backend, fact: Outbox) -> None:
    """An invoice nobody will send by itself: collect it as soon as it stands."""
    terms = await backend.ask(_ACTOR, partners.settings_of, str(fact.told["partner_id"]))
    if not terms.auto_send:
        await collect_sent(backend, fact)


async def mark_past_due(backend: Backend, fact: Outbox) -> None:
    """An invoice is past due; a failed payment tells of itself, with its attempt."""
    if fact.told.get("cause") != "payment_failed":
        await backend.perform(_ACTOR, standing.mark_past_due, str(fact.told["invoice_id"]), fact.told.get("payment_id"))


async def begin_dunning(backend: Backend, fact: Outbox) -> None:
    """An invoice is past due: it is pursued until it is paid."""
    await backend.perform(_ACTOR, dunning_steps.begin_for, str(fact.told["invoice_id"]))


async def forget(backend: Backend, fact: Outbox) -> None:
    """An invoice is void: nobody owes it, so that nobody is pursued for it either."""
    if fact.told.get("document_type") == "invoice":
        await recover(backend, fact)


async def recover(backend: Backend, fact: Outbox) -> None:
    """An invoice is paid: nobody is asked for it again, and its subscriptions are free, if they owe nothing else."""
    await backend.perform(_ACTOR, collect.withdraw_uncalled, str(fact.told["invoice_id"]))
    await backend.perform(_ACTOR, standing.recover, str(fact.told["invoice_id"]))
