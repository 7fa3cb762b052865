"""Credit notes: the only way to correct a finalized invoice (contract §14.6)."""

from collections.abc import Sequence
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, OutcomeUnknown, Reason, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.turns import in_turns, turn
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import crediting, queries
from ..lifecycle import DocumentType, InvoiceStatus
from ..models import Invoice, InvoiceLine
from ..schemas import CreditIn
from .draft import announce, hang_lines, remove
from .finalize import finalize

_DRAFTED: Final = "drafted"


@verb
async def credit(backend: Backend, actor: Actor, invoice_id: str, data: CreditIn) -> Invoice:
    """
    Write a credit note over an invoice, and give it its number at once where `data` asks for that.

    Where the gate refuses the number nothing stays: the draft is removed again.

    Raises NotFound, Refused for what is no finalized invoice or more than is left of it, Conflict once all of it is
    credited.
    """
    if drafted := backend.reached(_DRAFTED):
        note = await backend.ask(actor, queries.get, drafted)
    else:
        note = await backend.perform(actor, _keep_draft, backend, invoice_id, data)
    if not data.finalize:
        return note
    try:
        return await finalize(backend, actor, note.id)
    except OutcomeUnknown:
        raise  # it may have its number
    except ControlError:
        # Whoever asked for a numbered note gets that or nothing: a draft left behind would hold back what it gives.
        keeper = Actor.system("invoices").on(actor.surface, actor.request_id)
        await backend.perform(keeper, _withdraw, backend, note.id)
        raise


async def _keep_draft(uow: UnitOfWork, backend: Backend, invoice_id: str, data: CreditIn) -> Invoice:
    note = await draft_credit(uow, invoice_id, data)
    await backend.keep(uow, _DRAFTED, note.id)
    return note


async def _withdraw(uow: UnitOfWork, backend: Backend, note_id: str) -> None:
    uow.authorize("invoices:credit")
    await remove(uow, note_id)
    await backend.keep(uow, _DRAFTED, None)


async def draft_credit(uow: UnitOfWork, invoice_id: str, data: CreditIn) -> Invoice:
    """
    Write the draft of a credit note over some lines, over an amount, or over everything that is left.

    It inherits currency, VAT decision and both snapshots; amounts are stored negated. What open drafts already give
    back counts too, so that two people cannot credit the same cent.
    """
    uow.authorize("invoices:credit")
    original = await queries.get(uow, invoice_id, lock=True)
    if original.is_credit_note or not original.is_sealed or original.status == InvoiceStatus.void:
        raise Refused(
            f"Cannot credit {original}: only a finalized invoice is credited, and it is "
            f"{'a credit note' if original.is_credit_note else original.status.replace('_', ' ')}."
        )
    notes = await queries.credit_notes_of(uow, [original.id])
    lines = crediting.charged_lines(original)
    if not crediting.remaining(lines, notes):
        raise Conflict(f"Cannot credit {original}: all of it has been credited.")
    parts = _parts(original, lines, notes, data)
    await turn()
    return await _draft(uow, original, parts, data.reason)


def _parts(
    original: Invoice, lines: Sequence[InvoiceLine], notes: Sequence[Invoice], data: CreditIn
) -> list[crediting.CreditLine]:
    left = crediting.balance(lines, notes)
    reasons: list[Reason] = []
    if data.lines is not None:
        parts, reasons = crediting.chosen(lines, notes, data.lines)
        reasons = reasons or crediting.group_reasons(left, parts)
    elif data.amount_cents is not None:
        parts, reasons = crediting.shared(left, data.amount_cents, data.basis)
    else:
        parts = crediting.remaining(lines, notes)
    if reasons:
        raise Refused(f"Cannot credit {original}: {reasons[0].message}", reasons=reasons)
    return parts


def _line(note: Invoice, position: int, part: crediting.CreditLine) -> InvoiceLine:
    return InvoiceLine(
        id=new_id("ili"),
        tenant_id=note.tenant_id,
        partner_id=note.partner_id,
        invoice_id=note.id,
        order_index=position,
        tax_cents=0,
        **part.as_fields(),
    )


async def _draft(uow: UnitOfWork, original: Invoice, parts: list[crediting.CreditLine], reason: str) -> Invoice:
    note = Invoice(
        id=new_id("inv"),
        tenant_id=original.tenant_id,
        partner_id=original.partner_id,
        document_type=DocumentType.credit_note,
        status=InvoiceStatus.draft,
        version=1,
        referenced_invoice_id=original.id,
        currency=original.currency,
        language=original.language,
        period_start=original.period_start,
        period_end=original.period_end,
        buyer_reference=original.buyer_reference,
        purchase_order_ref=original.purchase_order_ref,
        contract_ref=original.contract_ref,
        delivery_date=original.delivery_date,
        credit_reason=reason,
    )
    lines = [_line(note, position, part) async for position, part in in_turns(enumerate(parts))]
    await hang_lines(uow, note, lines)
    announce(uow, note)
    return note
