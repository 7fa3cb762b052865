"""Facts that something is charged after, and drafts that need no looking after any more."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox

from .service import left_drafts, now

_ACTOR = Actor.system("reactions")


async def bill_now(backend: Backend, fact: Outbox) -> None:
    """A subscription began to cost money, or costs something else: charge what is due for it."""
    await now.bill_subscription(backend, _ACTOR, _subject(fact))


def _subject(fact: Outbox) -> str:
    return str(fact.told.get("pack_subscription_id") or fact.told["subscription_id"])


async def bill_converted(backend: Backend, fact: Outbox) -> None:
    """A trial became paid: its first invoice."""
    if fact.told.get("previous_state") == "trialing":
        await bill_now(backend, fact)


async def bill_moved_pack(backend: Backend, fact: Outbox) -> None:
    """A pack became paid after its trial, or goes on after a suspension: charge what is due for it."""
    if fact.told.get("previous_state") in ("trialing", "suspended") and fact.told.get("state") == "active":
        await bill_now(backend, fact)


async def close_quarantine(backend: Backend, fact: Outbox) -> None:
    """A draft is none any more: nobody need look after it."""
    await backend.perform(_ACTOR, left_drafts.close_left, str(fact.told["invoice_id"]))


async def retry_draft(backend: Backend, fact: Outbox) -> None:
    """Somebody wants a draft that was left behind tried once more."""
    if invoice_id := fact.told.get("draft_to_retry"):
        await left_drafts.retry_left(backend, _ACTOR, str(invoice_id))
