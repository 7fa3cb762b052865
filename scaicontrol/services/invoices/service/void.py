"""Voiding: for documents that should never have been; a credit note is the normal way."""

from scaicontrol.core.errors import Conflict
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import InvoiceVoided
from ..lifecycle import InvoiceLifecycle
from ..models import Invoice
from .balance import undo_applied, withdraw_of_note
from .draft import set_aside
from .ledger import post_void
from .received import undo_wallet
from .request_files import VOID, request_next_files


@verb
async def void(uow: UnitOfWork, invoice_id: str, reason: str) -> Invoice:
    """
    Cancel a document for a reason; its number stays used and its new PDF says VOID.

    Refused with a Conflict once anything was paid, credited or refunded: then only a credit note corrects it. Credit of
    the balance, and what was taken of the wallet, go back there. Of the credit notes on one invoice the last goes
    first, since the VAT of each follows from those before it.

    Raises NotFound, and Refused for a state that cannot be void.
    """
    uow.authorize("invoices:void")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if invoice.can("void") and invoice.is_sealed:
        await _nothing_rests_on(uow, invoice)
        await (withdraw_of_note if invoice.is_credit_note else undo_applied)(uow, invoice, reason)
        await undo_wallet(uow, invoice, reason)
    before = {"status": str(invoice.status)}
    invoice.advance(InvoiceLifecycle.void)
    invoice.voided_at, invoice.void_reason = uow.now, reason
    invoice.version += 1
    invoice.amount_due_cents = 0
    if not invoice.is_sealed:
        set_aside(uow, invoice, reason)
        return invoice
    await post_void(uow, invoice)
    uow.emit(
        InvoiceVoided(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            number=invoice.number or "",
            document_type=invoice.document_type,
            currency=invoice.currency,
            total_cents=invoice.total_cents,
            void_reason=reason,
            voided_at=uow.now,
        ),
        before=before,
        after={"status": str(invoice.status)},
        reason=reason,
    )
    await request_next_files(uow, invoice, VOID)
    return invoice


async def _nothing_rests_on(uow: UnitOfWork, invoice: Invoice) -> None:
    if invoice.amount_paid_cents:
        raise Conflict(f"Cannot void {invoice}: it was paid or refunded in part; credit it instead.")
    if invoice.amount_credited_cents != (0 if invoice.is_credit_note else invoice.amount_applied_cents):
        raise Conflict(f"Cannot void {invoice}: it is allocated; correct it with another document.")
    if notes := await queries.credit_notes_of(uow, [invoice.id]):
        raise Conflict(f"Cannot void {invoice}: {notes[0]} corrects it.")
    if invoice.referenced_invoice_id and (later := await _later_note(uow, invoice, invoice.referenced_invoice_id)):
        raise Conflict(f"Cannot void {invoice}: {later} was computed after it; void that first.")


async def _later_note(uow: UnitOfWork, note: Invoice, original_id: str) -> Invoice | None:
    await queries.locked(uow, original_id)
    others = [other for other in await queries.credit_notes_of(uow, [original_id]) if other.is_sealed]
    later = [other for other in others if other.place_in_series > note.place_in_series]
    return max(later, key=lambda other: other.place_in_series, default=None)
