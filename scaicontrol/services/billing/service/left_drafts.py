"""Drafts that were written and could not be finalised: in quarantine with the gate's reasons until they can be."""

from sqlalchemy import ColumnElement, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, OutcomeUnknown, Reason
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.reads.documents import find

from ..models import DRAFT, QuarantineItem
from .ending import recount
from .quarantine import close

log = get_logger(__name__)


async def finalize_or_set_aside(backend: Backend, actor: Actor, invoice_id: str) -> None:
    """Finalise a drafted document; one that cannot be is left for a person, with every reason."""
    try:
        await invoices.finalize(backend, actor, invoice_id)
    except OutcomeUnknown:
        raise  # it may have its number
    except ControlError as error:
        codes = [reason.code for reason in error.reasons]
        log.warning("finalize_failed", invoice_id=invoice_id, reason=error.message, codes=codes)
        reasons = error.reasons or (Reason(error.code, error.message),)
        await backend.perform(actor, set_aside, invoice_id, error.message, reasons)


async def set_aside(uow: UnitOfWork, invoice_id: str, detail: str, reasons: tuple[Reason, ...]) -> None:
    """Note why a draft was left behind, once for each draft; one that somebody finalised meanwhile was not."""
    uow.authorize("billing:apply")
    invoice = await find(uow, invoice_id)
    if invoice is None or invoice.status != InvoiceStatus.draft:
        return
    item = next(iter(await _open(uow, QuarantineItem.subject_id == invoice_id)), None)
    if item is None:
        item = QuarantineItem(
            id=new_id("qtn"),
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            subject_id=invoice.id,
            charge_kind=DRAFT,
            period_start=invoice.period_start or invoice.created_at,
        )
        uow.session.add(item)
    item.run_id, item.reason_code, item.detail = invoice.billing_run_id, reasons[0].code, detail
    item.inputs = {"reasons": [reason.as_row() for reason in reasons]}
    await recount(uow, invoice.billing_run_id)


async def close_left(uow: UnitOfWork, invoice_id: str) -> None:
    """Close what waits about a draft that is none any more: finalised, voided or deleted."""
    uow.authorize("billing:apply")
    items = await _open(uow, QuarantineItem.subject_id == invoice_id)
    for item in items:
        _close_unless_draft(uow, item, await find(uow, invoice_id))
    for run_id in {item.run_id for item in items}:
        await recount(uow, run_id)


async def retry_left(backend: Backend, actor: Actor, invoice_id: str) -> None:
    """Try once more what somebody wants tried; refused again it waits again, with what is wrong now."""
    await finalize_or_set_aside(backend, actor, invoice_id)
    await backend.perform(actor, _recount_of, invoice_id)


async def _recount_of(uow: UnitOfWork, invoice_id: str) -> None:
    uow.authorize("billing:apply")
    invoice = await find(uow, invoice_id)
    await recount(uow, invoice.billing_run_id if invoice else None)


async def close_all_left(uow: UnitOfWork, run_id: str) -> None:
    """Close what waits about drafts of a run that are none any more."""
    for item in await _open(uow, QuarantineItem.run_id == run_id):
        _close_unless_draft(uow, item, await find(uow, item.subject_id))


def _close_unless_draft(uow: UnitOfWork, item: QuarantineItem, invoice: Invoice | None) -> None:
    if invoice is None:
        close(uow, item, "manual", "The draft was deleted.")
    elif invoice.status != InvoiceStatus.draft:
        resolution = "manual" if invoice.status == InvoiceStatus.void else "retry"
        close(uow, item, resolution, f"The draft became {invoice.status.replace('_', ' ')}.")


async def _open(uow: UnitOfWork, *where: ColumnElement[bool]) -> list[QuarantineItem]:
    query = select(QuarantineItem).where(
        QuarantineItem.charge_kind == DRAFT, QuarantineItem.resolved_at.is_(None), *where
    )
    return list(await uow.session.scalars(query))
