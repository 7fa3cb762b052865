"""Making and editing drafts; nothing here has legal force yet."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from scaicontrol.core.errors import Conflict, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.turns import SLICE, in_turns, slices
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax, tenants

from .. import allowances, queries
from ..events import DraftVoided, InvoiceDeleted, InvoiceDrafted, InvoiceUpdated
from ..lifecycle import DocumentType, InvoiceStatus
from ..models import Invoice, InvoiceLine
from ..schemas import DraftLineIn, InvoiceIn, InvoicePatch, LineIn

_LEADING_DAY = re.compile(r"\s*(\d{2})-(\d{2})-(\d{4})\b")


@verb
async def draft(uow: UnitOfWork, data: InvoiceIn) -> Invoice:
    """
    Write a draft; billing gives a `DraftIn`, whose lines know what they were derived from.

    Amounts are net; VAT is decided and computed when the draft is finalized.

    Raises NotFound for a tenant that is not the caller's, Invalid for amounts that leave less than nothing.
    """
    uow.authorize("invoices:create")
    tenant = await tenants.get(uow, data.tenant_id)
    fields = data.model_dump(exclude={"lines", "tenant_id", "allowances", "charges"})
    invoice = Invoice(id=new_id("inv"), tenant_id=tenant.id, partner_id=tenant.partner_id, **fields)
    # The defaults of a row are known to the database only; the draft is shown before it gets there.
    invoice.document_type, invoice.status, invoice.version = DocumentType.invoice, InvoiceStatus.draft, 1
    invoice.allowances, invoice.charges = (allowances.of_document(each) for each in (data.allowances, data.charges))
    await hang_lines(uow, invoice, await lines_from(invoice, data.lines))
    announce(uow, invoice)
    return invoice


async def lines_from(invoice: Invoice, lines: Sequence[LineIn]) -> list[InvoiceLine]:
    return [line_from(invoice, position, line) async for position, line in in_turns(enumerate(lines))]


async def hang_lines(uow: UnitOfWork, invoice: Invoice, lines: list[InvoiceLine]) -> None:
    """Give a new draft its lines and sums; many lines are written right away, slice by slice."""
    if len(lines) <= SLICE:
        invoice.lines = lines
        sum_up(invoice)
        uow.session.add(invoice)
        return
    uow.session.add(invoice)
    set_committed_value(invoice, "lines", lines)  # known, and nothing that the flush of the document would write
    sum_up(invoice)
    await uow.session.flush()
    await uow.store(lines)


def announce(uow: UnitOfWork, invoice: Invoice) -> None:
    uow.emit(
        InvoiceDrafted(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            document_type=invoice.document_type,
            currency=invoice.currency,
            subtotal_cents=invoice.subtotal_cents,
        )
    )


def line_from(invoice: Invoice, position: int, line: LineIn) -> InvoiceLine:
    """Make the row of a position; its amount follows from quantity, price, allowances and charges unless stated."""
    fields: dict[str, Any] = line.model_dump(exclude={"amount_cents", "allowances", "charges"})
    less, more = (allowances.of_line(each, line.gross_cents) for each in (line.allowances, line.charges))
    net_cents = line.gross_cents + allowances.net_cents(less, more)
    if not isinstance(line, DraftLineIn):
        fields["derivation"] = {
            "kind": "manual",
            "quantity": str(line.quantity),
            "amount_stated": line.amount_cents is not None,
        }
    return InvoiceLine(
        id=new_id("ili"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        invoice_id=invoice.id,
        order_index=position,
        allowances=less,
        charges=more,
        amount_cents=net_cents if line.amount_cents is None else line.amount_cents,
        tax_cents=0,
        **fields,
    )


def sum_up(invoice: Invoice) -> None:
    """Show a draft's net sum, after its allowances and charges; VAT comes with the decision."""
    allowances.follow_lines(invoice)
    invoice.subtotal_cents = sum(line.amount_cents for line in invoice.lines)
    invoice.subtotal_cents += allowances.net_cents(invoice.allowances, invoice.charges)
    invoice.tax_cents, invoice.total_cents, invoice.amount_due_cents = 0, invoice.subtotal_cents, 0
    invoice.amount_paid_cents, invoice.amount_credited_cents = 0, 0


async def editable(uow: UnitOfWork, invoice_id: str, verb: str, version: int | None = None) -> Invoice:
    """Fetch a draft and lock it, or say why it can no longer be edited; a stale `version` is a Conflict."""
    invoice = await queries.get(uow, invoice_id, lock=True)
    if invoice.status != InvoiceStatus.draft:
        raise Refused(f"Cannot {verb} {invoice}: it is {invoice.status.replace('_', ' ')}; only drafts can be edited.")
    if version is not None and version != invoice.version:
        raise Conflict(f"{invoice} was changed meanwhile (version {invoice.version}, not {version}); look at it again.")
    return invoice


def _changed(uow: UnitOfWork, invoice: Invoice, fields: Sequence[str]) -> Invoice:
    invoice.version += 1
    uow.emit(
        InvoiceUpdated(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            version=invoice.version,
            changed_fields=sorted(fields),
        )
    )
    return invoice


_SUMMED = frozenset({"lines", "allowances", "charges"})


@verb
async def update(uow: UnitOfWork, invoice_id: str, data: InvoicePatch) -> Invoice:
    """
    Change what was sent of a draft; a list of lines replaces all lines.

    Raises NotFound, Refused for what is no draft or for lines that mirror an invoice, Conflict for a stale `version`,
    Invalid for a period that ends before it starts.
    """
    uow.authorize("invoices:update")
    invoice = await editable(uow, invoice_id, "update", data.version)
    changes = data.model_dump(exclude_unset=True, exclude={"lines", "version", "allowances", "charges"})
    start, end = (changes.get(name, getattr(invoice, name)) for name in ("period_start", "period_end"))
    if start and end and end <= start:
        raise invalid("period_end", "The period must end after it starts.")
    for name, value in changes.items():
        setattr(invoice, name, value)
    if touched := data.model_fields_set & _SUMMED:
        if invoice.is_credit_note:
            raise Refused(f"Cannot replace the lines of {invoice}: they mirror the invoice; delete it and credit anew.")
        if data.lines is not None:
            await _replace_lines(uow, invoice, await lines_from(invoice, data.lines))
        for name in touched - {"lines"}:
            setattr(invoice, name, allowances.of_document(getattr(data, name) or ()))
        sum_up(invoice)
    return _changed(uow, invoice, sorted(data.model_fields_set - {"version"}))


async def _replace_lines(uow: UnitOfWork, invoice: Invoice, lines: list[InvoiceLine]) -> None:
    await _drop_lines(uow, invoice)
    set_committed_value(invoice, "lines", lines)
    await uow.store(lines)


async def _drop_lines(uow: UnitOfWork, invoice: Invoice) -> None:
    """Delete the lines of a draft, slice by slice; the document itself is not written."""
    for part in slices(invoice.lines):
        for line in part:
            await uow.session.delete(line)
        await uow.write()
    set_committed_value(invoice, "lines", [])


@verb
async def delete(uow: UnitOfWork, invoice_id: str) -> None:
    """
    Remove a draft and its lines; to keep it for the record, void it instead.

    Raises NotFound, and Refused for what is no draft.
    """
    uow.authorize("invoices:delete")
    await remove(uow, invoice_id)


async def remove(uow: UnitOfWork, invoice_id: str) -> None:
    """Remove a draft with what hangs on it. The caller has authorized that."""
    invoice = await editable(uow, invoice_id, "delete")
    if decision := await tax.find(uow, invoice_id):
        await uow.session.delete(decision)
    await _drop_lines(uow, invoice)
    await uow.session.delete(invoice)
    uow.emit(InvoiceDeleted(invoice_id=invoice.id, tenant_id=invoice.tenant_id, partner_id=invoice.partner_id))


@verb
async def order_lines(uow: UnitOfWork, invoice_id: str, line_ids: Sequence[str]) -> Invoice:
    """
    Renumber the lines 0..N in the order of their ids, which must all be named once.

    Raises NotFound, Refused for what is no draft, Invalid where a line is missing or named twice.
    """
    uow.authorize("invoices:update")
    invoice = await editable(uow, invoice_id, "order the lines of")
    by_id = {line.id: line for line in invoice.lines}
    if len(line_ids) != len(by_id) or set(line_ids) != set(by_id):
        raise invalid("line_ids", f"Name each of the {len(by_id)} lines of {invoice} exactly once.")
    return await _reordered(uow, invoice, [by_id[each] for each in line_ids])


@verb
async def sort_lines_by_date(uow: UnitOfWork, invoice_id: str) -> Invoice:
    """
    Sort lines by the DD-MM-YYYY their description begins with; lines without a date keep their order at the end.

    Raises NotFound, and Refused for what is no draft.
    """
    uow.authorize("invoices:update")
    invoice = await editable(uow, invoice_id, "sort the lines of")
    return await _reordered(
        uow, invoice, sorted(invoice.lines, key=lambda line: leading_day(line.description) or date.max)
    )


async def _reordered(uow: UnitOfWork, invoice: Invoice, lines: Sequence[InvoiceLine]) -> Invoice:
    for part in slices(list(enumerate(lines))):
        for position, line in part:
            line.order_index = position
        await uow.write()
    invoice.lines.sort(key=lambda line: line.order_index)
    return _changed(uow, invoice, ["lines"])


def leading_day(description: str) -> date | None:
    """Read the day a description begins with; 31-02-2026 is none."""
    found = _LEADING_DAY.match(description)
    if found is None:
        return None
    day, month, year = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def set_aside(uow: UnitOfWork, invoice: Invoice, reason: str) -> None:
    """Tell that a draft was voided."""
    uow.emit(
        DraftVoided(
            invoice_id=invoice.id, tenant_id=invoice.tenant_id, partner_id=invoice.partner_id, void_reason=reason
        ),
        reason=reason,
    )
