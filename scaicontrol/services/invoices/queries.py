from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, inspect, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.turns import SLICE, in_turns, turn
from scaicontrol.core.work import UnitOfWork

from .amounts_searched import amount_of, has_total
from .lifecycle import DECISIVE, OWED, InvoiceStatus, offered_of
from .models import Invoice, InvoiceLine, Settlement
from .schemas import InvoiceFilter, InvoiceOut, LineOut

_SORTABLE = {
    "created_at": Invoice.created_at,
    "issue_date": Invoice.issue_date,
    "due_date": Invoice.due_date,
    "number": Invoice.number,
    "total_cents": Invoice.total_cents,
}


def visible(uow: UnitOfWork) -> Select[Invoice]:
    """Every read starts here: the session's scope decides whose documents, and a tenant never sees a draft."""
    uow.authorize("invoices:read")
    if uow.actor.document_id is not None:
        return _OF_TENANT.where(Invoice.id == uow.actor.document_id)
    return _ALL if sees_drafts(uow.actor) else _OF_TENANT


def sees_drafts(actor: Actor) -> bool:
    """Tell whether somebody bills, or is billed: a tenant never sees a draft."""
    return actor.is_platform or actor.tenant_id is None


_ALL = select(Invoice)
_OF_TENANT = _ALL.where(Invoice.finalized_at.is_not(None))


@cache
def _one(seen: Select[Invoice]) -> Select[Invoice]:
    """Written once: putting the statement together anew costs every reader more than the database takes to answer."""
    return seen.where(Invoice.id == bindparam("invoice_id"))


async def find(uow: UnitOfWork, invoice_id: str) -> Invoice | None:
    seen = visible(uow)  # of a link there are as many as there are documents: those are not kept
    query = _one(seen) if uow.actor.document_id is None else _one.__wrapped__(seen)
    found: Invoice | None = await uow.session.scalar(query, {"invoice_id": invoice_id})
    if found is not None:
        await load_lines(uow, [found])
    return found


async def load_lines(uow: UnitOfWork, documents: Sequence[Invoice]) -> None:
    """Load the lines of documents; of long ones a slice at a time, so that others have the loop between."""
    bare = [document for document in documents if "lines" in inspect(document).unloaded]
    if not bare:
        return
    lines: dict[str, list[InvoiceLine]] = {document.id: [] for document in bare}
    start, ids = 0, list(lines)
    while True:
        found = (await uow.session.scalars(_LINES, {"invoice_ids": ids, "start": start})).all()
        for line in found:
            lines[line.invoice_id].append(line)
        if len(found) < _LOADED:
            break
        start += _LOADED
        await turn()
    for document in bare:
        set_committed_value(document, "lines", lines[document.id])


_LOADED = 3 * SLICE  # to read a row costs a fraction of what writing it does
_LINES = (
    select(InvoiceLine)
    .where(InvoiceLine.invoice_id.in_(bindparam("invoice_ids", expanding=True)))
    .order_by(InvoiceLine.invoice_id, InvoiceLine.order_index, InvoiceLine.id)
    .limit(_LOADED)
    .offset(bindparam("start"))
)


async def locked(uow: UnitOfWork, invoice_id: str) -> Invoice:
    """Lock a document without its lines. As the first read of a transaction it waits instead of conflicting."""
    query = visible(uow).where(Invoice.id == invoice_id).with_for_update()
    invoice: Invoice | None = await uow.session.scalar(query.execution_options(populate_existing=True))
    if invoice is None:
        raise NotFound(f"There is no invoice {invoice_id}.")
    return invoice


async def get(uow: UnitOfWork, invoice_id: str, *, lock: bool = False) -> Invoice:
    """Fetch a document with its lines; a foreign one, or a tenant's draft, does not exist."""
    if lock:
        await locked(uow, invoice_id)
    invoice = await find(uow, invoice_id)
    if invoice is None:
        raise NotFound(f"There is no invoice {invoice_id}.")
    return invoice


async def find_number(uow: UnitOfWork, partner_id: str, number: str) -> Invoice | None:
    query = visible(uow).where(Invoice.partner_id == partner_id, Invoice.number == number)
    found: Invoice | None = await uow.session.scalar(query)
    return found


async def numbers(uow: UnitOfWork, invoice_ids: Iterable[str]) -> Mapping[str, str]:
    """Give the numbers of documents by id, of drafts none: for rows that refer to them, which the caller may see."""
    numbered = select(Invoice.id, Invoice.number).where(Invoice.id.in_(set(invoice_ids)), Invoice.number.is_not(None))
    return {invoice_id: str(number) for invoice_id, number in await uow.session.execute(numbered)}


async def page(uow: UnitOfWork, request: PageRequest, wanted: InvoiceFilter | None = None) -> Page[Invoice]:
    """List documents, without their lines."""
    query = _narrowed(visible(uow), wanted or InvoiceFilter(), uow.now.date(), is_own=not sees_drafts(uow.actor))
    return await paginate(uow, query, request, _SORTABLE)


def _narrowed(query: Select[Any], wanted: InvoiceFilter, today: date, *, is_own: bool) -> Select[Any]:
    for column, value in (
        (Invoice.status, wanted.status),
        (Invoice.document_type, wanted.document_type),
        (Invoice.tenant_id, wanted.tenant_id),
        (Invoice.partner_id, wanted.partner_id),
        (Invoice.currency, wanted.currency),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.issued_from:
        query = query.where(Invoice.issue_date >= wanted.issued_from)
    if wanted.issued_to:
        query = query.where(Invoice.issue_date <= wanted.issued_to)
    if wanted.is_open is not None:
        owed = Invoice.status.in_(OWED) & (Invoice.amount_due_cents > 0)
        query = query.where(owed if wanted.is_open else ~owed)
    if wanted.overdue is not None:
        late = Invoice.status.in_(OWED) & (Invoice.due_date < today) & (Invoice.amount_due_cents > 0)
        query = query.where(late if wanted.overdue else ~late | Invoice.due_date.is_(None))
    if wanted.q and is_own:  # of one tenant there are few: any part of a number, and amounts, may be looked for
        amount = amount_of(wanted.q)
        found = Invoice.number.contains(wanted.q.strip(), autoescape=True)
        query = query.where(found if amount is None else found | has_total(amount))
    elif wanted.q:
        query = query.where(
            or_(
                Invoice.number.startswith(wanted.q, autoescape=True),
                Invoice.id == wanted.q,
                Invoice.tenant_id == wanted.q,
            )
        )
    return query


async def settlements(uow: UnitOfWork, invoice: Invoice) -> list[Settlement]:
    """List what was paid and credited towards a document that the caller was shown, oldest first."""
    uow.authorize("invoices:read")
    return list(await uow.session.scalars(_SETTLEMENTS, {"invoice_id": invoice.id}))


_SETTLEMENTS = (
    select(Settlement)
    .where(Settlement.invoice_id == bindparam("invoice_id"))
    .order_by(Settlement.settled_at, Settlement.id)
)


async def find_settlement(uow: UnitOfWork, invoice_id: str, source_id: str) -> Settlement | None:
    """Find what was booked on a document under a source's name."""
    uow.authorize("invoices:read")
    query = select(Settlement).where(Settlement.invoice_id == invoice_id, Settlement.source_id == source_id)
    found: Settlement | None = await uow.session.scalar(query)
    return found


async def credit_notes_of(uow: UnitOfWork, invoice_ids: Iterable[str]) -> list[Invoice]:
    """List the credit notes on invoices that are not void, with their lines."""
    query = (
        visible(uow)
        .where(Invoice.referenced_invoice_id.in_(invoice_ids), Invoice.status != InvoiceStatus.void)
        .order_by(Invoice.created_at, Invoice.id)
    )
    notes = list(await uow.session.scalars(query))
    await load_lines(uow, notes)
    return notes


def offered(actor: Actor, invoice: Invoice) -> list[str]:
    """Name what `actor` may do with a document now: the one source of `available_actions`, buttons and keys."""
    return offered_of(actor, **{name: getattr(invoice, name) for name in DECISIVE})


async def shown(actor: Actor, invoice: Invoice) -> InvoiceOut:
    """Say a document as surfaces show it to `actor`; its lines must be loaded."""
    return InvoiceOut.model_validate(await _attributes(actor, invoice))


async def stored(uow: UnitOfWork, invoice: Invoice) -> InvoiceOut:
    """Say what was just changed as surfaces show it, with the moments the database will keep."""
    await uow.write()
    return await shown(uow.actor, invoice)


async def _attributes(actor: Actor, invoice: Invoice) -> dict[str, Any]:
    plain = {name: getattr(invoice, name) for name in InvoiceOut.model_fields if hasattr(Invoice, name)}
    lines = [LineOut.model_validate(line) async for line in in_turns(invoice.lines)]
    return {**plain, "lines": lines, "available_actions": offered(actor, invoice)}


async def settlements_with_documents(uow: UnitOfWork, ids: Sequence[str]) -> list[tuple[Settlement, Invoice]]:
    """Read movements by id, each with the document it settles (without its lines)."""
    query = visible(uow).join(Settlement, Settlement.invoice_id == Invoice.id).where(Settlement.id.in_(ids))
    rows = await uow.session.execute(query.add_columns(Settlement))
    return [(settlement, invoice) for invoice, settlement in rows]
