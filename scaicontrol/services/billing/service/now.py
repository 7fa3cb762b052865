"""The first invoice: charged when a subscription begins to cost money, outside the monthly run (contract §17)."""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs
from scaicontrol.services.invoices.reads.documents import untouched_drafts
from scaicontrol.services.subscriptions.reads.children import children_of

from ..compute import compute
from ..models import BillingCharge
from .apply import finalize_if_wished
from .load import load
from .quarantine import close_charged
from .write import quarantine, write_document


async def bill_subscription(backend: Backend, actor: Actor, subscription_id: str) -> list[str]:
    """
    Charge what one subscription, or pack subscription, owes at this moment; give the ids of the invoices.

    Twice charges nothing twice.
    """
    try:
        partner_id, invoice_ids = await backend.perform(actor, _bill, subscription_id)
    except Conflict:
        # A run charged the same at the same moment: it is no longer due, which the second look will see.
        partner_id, invoice_ids = await backend.perform(actor, _bill, subscription_id)
    for invoice_id in invoice_ids:
        await finalize_if_wished(backend, actor, partner_id, invoice_id)
    return invoice_ids


async def _bill(uow: UnitOfWork, subscription_id: str) -> tuple[str, list[str]]:
    uow.authorize("billing:apply")
    subscription = await packs.subject(uow, subscription_id, lock=True)
    snapshot = await load(
        uow, subscription.partner_id, [subscription.tenant_id], uow.now, subscription_id=subscription_id
    )
    planned = compute(snapshot)
    for document in planned.documents:
        await write_document(uow, subscription.partner_id, document, None)
    await quarantine(uow, subscription.partner_id, planned.quarantined, None)
    # Use in a pack is charged to the subscriptions in it.
    subjects = [subscription_id, *(child.id for child in await children_of(uow, [subscription_id]))]
    for subject_id in subjects:
        await close_charged(uow, subscription.partner_id, subject_id)
    return subscription.partner_id, await _drafts(uow, subjects)


async def _drafts(uow: UnitOfWork, subject_ids: Sequence[str]) -> list[str]:
    """Name the drafts of first invoices that nobody has touched: today's, and any that a crash has left behind."""
    written = select(BillingCharge.invoice_id).where(
        BillingCharge.subject_id.in_(subject_ids),
        BillingCharge.run_id.is_(None),
        BillingCharge.invoice_id.is_not(None),
    )
    return await untouched_drafts(uow, written)
