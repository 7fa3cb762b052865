"""
Proving that nothing has happened to a series: every seal computed anew, every number there, every witness heard.

Read in sets of plain columns, never as entities: ten years of documents are proven in one pass.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import NotFound
from scaicontrol.core.turns import in_turns
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.invoices import allowances, seal
from scaicontrol.services.invoices.lifecycle import APPLIED, AS_PAID, OWED, DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import FIRST_DIGEST, NumberSeries
from scaicontrol.services.invoices.reads import series as reads
from scaicontrol.services.invoices.reads.files import asked_for
from scaicontrol.services.tax import exchange
from scaicontrol.services.tax.reads import decided_fields

from ..models import DocumentVersion
from ..schemas import Verification, Violation

BATCH = 500
Progress = Callable[[int, int], None]  # (done, of how many)


async def series(uow: UnitOfWork, partner_id: str | None = None) -> list[NumberSeries]:
    """List the number series the actor may verify."""
    uow.authorize("invoices:verify")
    return await reads.heads(uow, partner_id)


async def verify_series(
    uow: UnitOfWork,
    partner_id: str,
    document_type: DocumentType,
    fiscal_year: int,
    *,
    progress: Progress | None = None,
) -> Verification:
    """
    Re-compute a series from its first document on and name every gap, edit, exchange and removal.

    What the rows cannot show alone, such as a document removed at the end together with the head of the series, is
    missed against the append-only audit log.
    """
    uow.authorize("invoices:verify")
    head = await reads.head(uow, partner_id, document_type, fiscal_year)
    ids = list(await reads.numbers(uow, partner_id, document_type, fiscal_year))
    documents: list[_PlaceInSeries] = []
    found: list[Violation] = []
    for start in range(0, len(ids), BATCH):
        batch = await _batch(uow, ids[start : start + BATCH])
        documents += [_place(invoice) for invoice in batch.invoices]
        async for invoice in in_turns(batch.invoices):
            found += await _document(invoice, batch)
        if progress is not None:
            progress(len(documents), len(ids))
    found = [*_numbers(documents), *_chain(documents), *_head(head, documents), *found]
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


# --- What is read ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Batch:
    """Documents in order, and by document all that stands around them."""

    invoices: list[Any]
    lines: Mapping[str, list[Any]]
    decisions: Mapping[str, Any]
    settled: defaultdict[str, dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: {"paid": 0, "credited": 0, "applied": 0})
    )
    asked: set[str] = field(default_factory=set)  # documents whose files somebody was asked to make
    unfiled: set[str] = field(default_factory=set)  # documents with a version that was made and has no files


async def _batch(uow: UnitOfWork, ids: Sequence[str]) -> _Batch:
    batch = _Batch(
        await reads.documents(uow, ids),
        await reads.lines(uow, ids),
        await decided_fields(uow, ids, seal.DECISION_FIELDS),
    )
    for invoice_id, kind, cents in await reads.settled(uow, ids):
        batch.settled[invoice_id]["paid" if kind in AS_PAID else "credited"] += cents
        if kind in APPLIED:
            batch.settled[invoice_id]["applied"] += cents
    files = select(DocumentVersion.invoice_id, DocumentVersion.version).where(DocumentVersion.invoice_id.in_(ids))
    filed = {tuple(row) for row in await uow.session.execute(files.distinct())}
    for invoice_id, version, done_at in await asked_for(uow, ids):
        batch.asked.add(invoice_id)
        if done_at is not None and (invoice_id, version) not in filed:
            batch.unfiled.add(invoice_id)
    return batch


@dataclass(frozen=True, slots=True)
class _PlaceInSeries:
    """What is kept of a document once its content is proven: its place in the series."""

    id: str
    number: str | None
    serial: int | None
    issue_date: date | None
    previous_digest: str | None
    canonical_digest: str | None


def _place(row: Any) -> _PlaceInSeries:
    return _PlaceInSeries(row.id, row.number, row.serial, row.issue_date, row.previous_digest, row.canonical_digest)


# --- The series ------------------------------------------------------------------------------------------------------


def _violation(code: str, invoice: Any, message: str) -> Violation:
    return Violation(code=code, message=message, number=invoice.number, invoice_id=invoice.id)


def _numbers(documents: Sequence[_PlaceInSeries]) -> list[Violation]:
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


def _chain(documents: Sequence[_PlaceInSeries]) -> list[Violation]:
    found, previous = [], FIRST_DIGEST
    for invoice in documents:
        if invoice.previous_digest != previous:
            message = f"{invoice.number} does not stand on the seal of the document before it."
            found.append(_violation("chain_broken", invoice, message))
        previous = invoice.canonical_digest or ""
    return found


def _head(head: NumberSeries | None, documents: Sequence[_PlaceInSeries]) -> list[Violation]:
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


async def _witnesses(
    uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int, documents: Iterable[_PlaceInSeries]
) -> list[Violation]:
    """Hold the documents against what the audit log says was sealed."""
    action = "credit_note.issued" if document_type == DocumentType.credit_note else "invoice.finalized"
    entries = await uow.session.execute(
        select(AuditEntry.resource_id, AuditEntry.after).where(
            AuditEntry.partner_id == partner_id,
            AuditEntry.action == action,
            AuditEntry.after["fiscal_year"].as_integer() == fiscal_year,
        )
    )
    by_id = {invoice.id: invoice for invoice in documents}
    found = []
    for invoice_id, after in entries:
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


# --- One document ----------------------------------------------------------------------------------------------------


async def _document(invoice: Any, batch: _Batch) -> list[Violation]:
    lines = batch.lines.get(invoice.id, [])
    found = [
        *await _content(invoice, lines, batch.decisions.get(invoice.id)),
        *_sums(invoice, lines),
        *_settled(invoice, batch.settled[invoice.id]),
    ]
    if invoice.id not in batch.asked:
        found.append(_violation("render_missing", invoice, f"Nobody was asked to make the files of {invoice.number}."))
    if invoice.id in batch.unfiled:
        found.append(
            _violation("files_missing", invoice, f"The files of {invoice.number} were made, and no row knows them.")
        )
    return found


async def _content(invoice: Any, lines: Sequence[Any], decision: Any) -> list[Violation]:
    if decision is None:
        return [_violation("decision_missing", invoice, f"The VAT decision of {invoice.number} is gone.")]
    found = []
    if invoice.finalized_at is None or invoice.status == InvoiceStatus.draft:
        found.append(_violation("unsealed", invoice, f"{invoice.number} has a number but is marked as a draft."))
    if await seal.digest(invoice, lines, decision) != invoice.canonical_digest:
        found.append(_violation("content_changed", invoice, f"{invoice.number} does not say what was sealed."))
    differing = tax.verify(decision) + exchange.verify_conversion(decision, invoice.tax_cents, invoice.currency)
    found += [_violation("decision_differs", invoice, f"{invoice.number}: {reason.message}") for reason in differing]
    return found


def _sums(invoice: Any, lines: Sequence[Any]) -> list[Violation]:
    subtotal = sum(line.amount_cents for line in lines)
    subtotal += allowances.net_cents(invoice.allowances, invoice.charges)
    tax_cents = sum(line.tax_cents for line in lines) + allowances.tax_cents(invoice)
    if (subtotal, tax_cents, subtotal + tax_cents) == (invoice.subtotal_cents, invoice.tax_cents, invoice.total_cents):
        return []
    return [_violation("sums_differ", invoice, f"The lines of {invoice.number} do not add up to its totals.")]


def _settled(invoice: Any, sums: Mapping[str, int]) -> list[Violation]:
    due = invoice.total_cents - invoice.amount_paid_cents - invoice.amount_credited_cents
    if invoice.status == InvoiceStatus.void:
        due = 0
    amounts = (
        invoice.amount_paid_cents, invoice.amount_credited_cents, invoice.amount_applied_cents, invoice.amount_due_cents
    )  # fmt: skip
    paid_up = invoice.status != InvoiceStatus.paid or due == 0
    open_but_settled = invoice.status in OWED and due == 0
    if amounts == (sums["paid"], sums["credited"], sums["applied"], due) and paid_up and not open_but_settled:
        return []
    return [_violation("settlement_differs", invoice, f"What {invoice.number} says is paid is not what was recorded.")]
