"""Proving that nothing has happened to a series: every seal computed anew, every number there, every file unchanged."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.tax import TaxDecision

from .. import numbering, queries, seal
from ..lifecycle import OWED, DocumentType, InvoiceStatus
from ..models import DocumentRender, DocumentVersion, Invoice, NumberSeries, Settlement
from ..schemas import Verification, Violation

_BATCH = 200


async def series(uow: UnitOfWork, partner_id: str | None = None) -> list[NumberSeries]:
    """List the number series the actor may verify."""
    uow.authorize("invoices:verify")
    query = select(NumberSeries).order_by(NumberSeries.partner_id, NumberSeries.document_type, NumberSeries.fiscal_year)
    if partner_id is not None:
        query = query.where(NumberSeries.partner_id == partner_id)
    return list(await uow.session.scalars(query))


async def verify(uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int) -> Verification:
    """
    Re-compute a series from its first document on and name every gap, edit, exchange and removal.

    What the rows cannot show alone, such as a document removed at the end together with the head of the series, is
    missed against the append-only audit log.
    """
    uow.authorize("invoices:verify")
    head = await uow.session.get(NumberSeries, (partner_id, document_type, fiscal_year))
    documents = await _documents(uow, partner_id, document_type, fiscal_year)
    found = [*_numbers(documents), *_chain(documents), *_head(head, documents)]
    for start in range(0, len(documents), _BATCH):
        found += await _contents(uow, documents[start : start + _BATCH])
    found += await _witnesses(uow, partner_id, document_type, fiscal_year, documents)
    if head is None and not documents and not found:
        raise NotFound(f"{partner_id} has no {document_type} series for {fiscal_year}.")
    return Verification(
        partner_id=partner_id,
        document_type=document_type,
        fiscal_year=fiscal_year,
        documents=len(documents),
        intact=not found,
        violations=found,
    )


async def verify_files(
    backend: Backend, actor: Actor, partner_id: str, document_type: DocumentType, fiscal_year: int
) -> list[Violation]:
    """Fetch every stored file of a series and hold its bytes against its row."""
    files = await backend.ask(actor, _files, partner_id, document_type, fiscal_year)
    found = []
    for number, stored in files:
        try:
            body = await backend.ports.objects.get(stored.storage_key)
        except NotFound:
            message = f"The file {stored.storage_key} of {number} is gone."
            found.append(Violation(code="file_missing", message=message, number=number, invoice_id=stored.invoice_id))
            continue
        if sha256(body).hexdigest() != stored.sha256 or len(body) != stored.bytes:
            message = f"The file {stored.storage_key} of {number} is not the one that was stored."
            found.append(Violation(code="file_changed", message=message, number=number, invoice_id=stored.invoice_id))
    return found


async def _documents(uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int) -> list[Invoice]:
    query = (
        queries.visible(uow)
        .where(
            Invoice.partner_id == partner_id,
            Invoice.document_type == document_type,
            Invoice.fiscal_year == fiscal_year,
        )
        .order_by(Invoice.serial, Invoice.id)
        .options(selectinload(Invoice.lines))
    )
    return list(await uow.session.scalars(query))


def _violation(code: str, invoice: Invoice, message: str) -> Violation:
    return Violation(code=code, message=message, number=invoice.number, invoice_id=invoice.id)


def _numbers(documents: Sequence[Invoice]) -> list[Violation]:
    seen = {invoice.serial for invoice in documents if invoice.serial is not None}
    found = [
        Violation(code="gap", message=f"Number {missing} of the series is missing.")
        for missing in range(1, max(seen, default=0) + 1)
        if missing not in seen
    ]
    for before, after in pairwise(documents):
        if before.serial == after.serial:
            found.append(
                _violation("duplicate", after, f"{before.number} and {after.number} share place {after.serial}.")
            )
        if before.issue_date and after.issue_date and after.issue_date < before.issue_date:
            found.append(_violation("date_order", after, f"{after.number} is dated before {before.number}."))
    return found


def _chain(documents: Sequence[Invoice]) -> list[Violation]:
    found, previous = [], numbering.FIRST_DIGEST
    for invoice in documents:
        if invoice.previous_digest != previous:
            message = f"{invoice.number} does not stand on the seal of the document before it."
            found.append(_violation("chain_broken", invoice, message))
        previous = invoice.canonical_digest or ""
    return found


def _head(head: NumberSeries | None, documents: Sequence[Invoice]) -> list[Violation]:
    if not documents:
        if head is None or head.next_number == 1:
            return []
        return [Violation(code="last_missing", message=f"The series counted to {head.next_number - 1}, but is empty.")]
    last = documents[-1]
    if head is None:
        return [_violation("head_missing", last, "The row of the number series is gone.")]
    found = []
    if head.next_number - 1 > (last.serial or 0):
        message = f"The series counted to {head.next_number - 1}, but ends with {last.number}."
        found.append(_violation("last_missing", last, message))
    elif head.next_number - 1 < (last.serial or 0):
        message = f"The series ends with {last.number}, but counted only to {head.next_number - 1}."
        found.append(_violation("head_behind", last, message))
    if head.last_digest != last.canonical_digest:
        found.append(
            _violation("head_differs", last, f"The series was last sealed by another document than {last.number}.")
        )
    return found


async def _contents(uow: UnitOfWork, documents: Sequence[Invoice]) -> list[Violation]:
    ids = [invoice.id for invoice in documents]
    rows = await uow.session.scalars(select(TaxDecision).where(TaxDecision.invoice_id.in_(ids)))
    decisions = {row.invoice_id: row for row in rows}
    settled: dict[str, dict[str, int]] = {}
    for row in await uow.session.scalars(select(Settlement).where(Settlement.invoice_id.in_(ids))):
        sums = settled.setdefault(row.invoice_id, {"paid": 0, "credited": 0})
        sums["credited" if row.kind == "credit_note" else "paid"] += row.amount_cents
    wanted = select(DocumentRender.invoice_id).where(DocumentRender.invoice_id.in_(ids))
    rendered = set(await uow.session.scalars(wanted))
    found = []
    for invoice in documents:
        found += _content(invoice, decisions.get(invoice.id))
        found += _sums(invoice)
        found += _settled(invoice, settled.get(invoice.id, {"paid": 0, "credited": 0}))
        if invoice.id not in rendered:
            found.append(
                _violation("render_missing", invoice, f"Nobody was asked to make the files of {invoice.number}.")
            )
    return found


def _content(invoice: Invoice, decision: TaxDecision | None) -> list[Violation]:
    if decision is None:
        return [_violation("decision_missing", invoice, f"The VAT decision of {invoice.number} is gone.")]
    found = []
    if invoice.finalized_at is None or invoice.status == InvoiceStatus.draft:
        found.append(_violation("unsealed", invoice, f"{invoice.number} has a number but is marked as a draft."))
    if seal.digest(invoice, invoice.lines, decision) != invoice.canonical_digest:
        found.append(_violation("content_changed", invoice, f"{invoice.number} does not say what was sealed."))
    if not invoice.is_credit_note:
        found += [
            _violation("decision_differs", invoice, f"{invoice.number}: {reason.message}")
            for reason in tax.verify(decision)
        ]
    return found


def _sums(invoice: Invoice) -> list[Violation]:
    subtotal = sum(line.amount_cents for line in invoice.lines)
    tax_cents = sum(line.tax_cents for line in invoice.lines)
    if (subtotal, tax_cents, subtotal + tax_cents) == (invoice.subtotal_cents, invoice.tax_cents, invoice.total_cents):
        return []
    return [_violation("sums_differ", invoice, f"The lines of {invoice.number} do not add up to its totals.")]


def _settled(invoice: Invoice, sums: dict[str, int]) -> list[Violation]:
    due = invoice.total_cents - invoice.amount_paid_cents - invoice.amount_credited_cents
    if invoice.status == InvoiceStatus.void:
        due = 0
    amounts = (invoice.amount_paid_cents, invoice.amount_credited_cents, invoice.amount_due_cents)
    paid_up = invoice.status != InvoiceStatus.paid or due == 0
    open_but_settled = invoice.status in OWED and due == 0
    if amounts == (sums["paid"], sums["credited"], due) and paid_up and not open_but_settled:
        return []
    return [_violation("settlement_differs", invoice, f"What {invoice.number} says is paid is not what was recorded.")]


async def _witnesses(
    uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int, documents: Sequence[Invoice]
) -> list[Violation]:
    """Hold the documents against what the audit log says was sealed."""
    action = "credit_note.issued" if document_type == DocumentType.credit_note else "invoice.finalized"
    entries = await uow.session.execute(
        select(AuditEntry.resource_id, AuditEntry.after).where(
            AuditEntry.partner_id == partner_id, AuditEntry.action == action
        )
    )
    by_id = {invoice.id: invoice for invoice in documents}
    found = []
    for invoice_id, after in entries:
        if not after or after.get("fiscal_year") != fiscal_year:
            continue
        invoice = by_id.pop(invoice_id, None)
        if invoice is None:
            message = f"{after['number']} was sealed, says the audit log, and is gone."
            found.append(
                Violation(code="document_missing", message=message, number=after["number"], invoice_id=invoice_id)
            )
        elif (invoice.number, invoice.canonical_digest) != (after["number"], after["canonical_digest"]):
            message = f"The audit log knows {after['number']} with another seal than {invoice.number} has."
            found.append(_violation("witness_differs", invoice, message))
    found += [
        _violation("witness_missing", invoice, f"The audit log does not know that {invoice.number} was sealed.")
        for invoice in by_id.values()
    ]
    return found


async def _files(
    uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int
) -> list[tuple[str, DocumentVersion]]:
    uow.authorize("invoices:verify")
    query = (
        select(Invoice.number, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.invoice_id == Invoice.id)
        .where(
            Invoice.partner_id == partner_id,
            Invoice.document_type == document_type,
            Invoice.fiscal_year == fiscal_year,
        )
        .order_by(Invoice.serial, DocumentVersion.version, DocumentVersion.kind)
    )
    return [(number or "", stored) for number, stored in await uow.session.execute(query)]
