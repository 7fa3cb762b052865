"""The first invoice: charged when a subscription begins to cost money, outside the monthly run (contract §17)."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import subscriptions

from ..compute import compute
from .apply import finalize_if_wished
from .load import load
from .write import quarantine, write_document


async def bill_subscription(backend: Backend, actor: Actor, subscription_id: str) -> list[str]:
    """Charge what one subscription owes at this moment; give the ids of the invoices. Twice charges nothing twice."""
    partner_id, invoice_ids = await backend.perform(actor, _bill, subscription_id)
    for invoice_id in invoice_ids:
        await finalize_if_wished(backend, actor, partner_id, invoice_id)
    return invoice_ids


async def _bill(uow: UnitOfWork, subscription_id: str) -> tuple[str, list[str]]:
    uow.authorize("billing:apply")
    subscription = await subscriptions.get(uow, subscription_id, lock=True)
    snapshot = await load(
        uow, subscription.partner_id, [subscription.tenant_id], uow.now, subscription_id=subscription_id
    )
    planned = compute(snapshot)
    written = [await write_document(uow, subscription.partner_id, document, None) for document in planned.documents]
    quarantine(uow, subscription.partner_id, planned.quarantined, None)
    return subscription.partner_id, [invoice.id for invoice in written if invoice is not None]
