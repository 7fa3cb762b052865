"""
Giving a draft its number and seal (contract §14.3 b).

The gate runs first and outside (`check`); the transaction here only re-checks that nothing has changed since.
"""

from collections.abc import Sequence
from contextlib import suppress

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Reason, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.turns import slices
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.tax.models import TaxDecision

from .. import allowances, queries, seal
from ..events import CreditNoteIssued, InvoiceFinalized
from ..lifecycle import DocumentType, InvoiceLifecycle, InvoiceStatus
from ..models import Invoice, NumberSeries
from ..schemas import FinalizeIn
from . import gate, settle
from .ledger import post_document
from .received import take
from .request_files import request_files

_TWINS = 5


class Overtaken(Conflict):
    """What was checked has changed in a way that a second look settles: another credit note, credit or wallet."""


@verb
async def finalize(backend: Backend, actor: Actor, invoice_id: str, data: FinalizeIn | None = None) -> Invoice:
    """
    Run the gate, then number, seal and freeze the draft in one short transaction.

    Raises Refused with every reason when the gate is shut, Conflict when the draft changed in between. A credit note
    whose twin on the same invoice was faster is checked again, since its VAT follows from what was given back before;
    so is an invoice whose tenant's credit or wallet was used meanwhile, since it says how much of that it takes.
    """
    if backend.reached(_sealed(invoice_id)):
        return await backend.ask(actor, queries.get, invoice_id)
    for _ in range(_TWINS):
        with suppress(Overtaken):
            return await _checked(backend, actor, invoice_id, data)
    return await _checked(backend, actor, invoice_id, data)


async def _checked(backend: Backend, actor: Actor, invoice_id: str, data: FinalizeIn | None) -> Invoice:
    found = await gate.judge(backend, actor, invoice_id, data)
    seen = found.candidate
    if any(reason.code == "not_draft" for reason in found.reasons):
        return await backend.perform(actor, finalize_within, invoice_id, data, seen=seen)  # refuses in its own words
    _refuse(invoice_id, found.reasons)
    if seen.opens_series:
        # Locking a row that is not there locks the gap, and whoever finalizes first in a year would deadlock.
        with suppress(Conflict):  # a twin opened it meanwhile
            await backend.perform(actor, open_series, seen)
    return await backend.perform(actor, _keep_seal, backend, invoice_id, data, seen)


def _refuse(invoice_id: str, reasons: Sequence[Reason]) -> None:
    if reasons:
        more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise Refused(f"Cannot finalize invoice {invoice_id}: {reasons[0].message}{more}", reasons=reasons)


async def open_series(uow: UnitOfWork, seen: gate.Candidate) -> None:
    """Begin the year's series, with no number taken, unless it has begun."""
    uow.authorize("invoices:finalize")
    if await uow.session.get(NumberSeries, (seen.partner_id, seen.document_type, seen.fiscal_year)) is None:
        uow.session.add(NumberSeries.begun(seen.partner_id, seen.document_type, seen.fiscal_year, seen.prefix))


def _sealed(invoice_id: str) -> str:
    return f"sealed {invoice_id}"


async def _keep_seal(
    uow: UnitOfWork, backend: Backend, invoice_id: str, data: FinalizeIn | None, seen: gate.Candidate
) -> Invoice:
    invoice = await finalize_within(uow, invoice_id, data, seen=seen)
    await backend.keep(uow, _sealed(invoice_id), value=True)
    return invoice


async def finalize_within(
    uow: UnitOfWork, invoice_id: str, data: FinalizeIn | None = None, *, seen: gate.Candidate
) -> Invoice:
    """Number, seal and freeze a draft whose open gate was `seen`; queue its files. A failure consumes no number."""
    uow.authorize("invoices:finalize")
    data = data or FinalizeIn()
    invoice = await queries.locked(uow, invoice_id)
    if invoice.status != InvoiceStatus.draft:
        invoice.advance(InvoiceLifecycle.finalize)  # refuses, and says what the state allows
    if data.version is not None and data.version != invoice.version:
        raise Conflict(f"{invoice} was changed meanwhile (version {invoice.version}, not {data.version}); look again.")
    # The gate stands open, so this transaction is short: queue for the series before the first snapshot read.
    # A lock waits its turn; locked last, the row would have moved since our snapshot and all of it would run again.
    series = await _lock_series(uow, seen.partner_id, seen.document_type, seen.fiscal_year)
    original_id = invoice.referenced_invoice_id
    if original_id is not None:
        await queries.locked(uow, original_id)
    invoice = await queries.get(uow, invoice_id)
    candidate = await gate.prepare(uow, invoice, data)
    if candidate.inputs_digest != seen.inputs_digest or candidate.reasons:
        again = invoice.is_credit_note or candidate.taken != seen.taken
        kind = Overtaken if again else Conflict
        raise kind(f"{invoice} or something it is made from changed since it was checked; check it again.")
    await _seal(uow, invoice, candidate, series)
    return invoice


async def _seal(uow: UnitOfWork, invoice: Invoice, candidate: gate.Candidate, locked: NumberSeries | None) -> None:
    terms = candidate.terms
    if terms is None:
        raise Refused(f"Cannot finalize {invoice}: its totals cannot be computed.")
    taxes = terms.totals.line_tax_cents
    # Lines first: once the document is sealed their triggers refuse everything.
    for taxed in slices(list(zip(invoice.lines, candidate.parts, taxes, strict=False))):
        for line, part, tax_cents in taxed:
            line.tax_category, line.tax_rate, line.tax_cents = part.category, part.rate, tax_cents
        await uow.write()
    count = len(invoice.lines)
    allowances.settle_tax(invoice, candidate.adjusted, candidate.parts[count:], taxes[count:])

    received_cents = invoice.prepaid_cents or 0
    decision = await _store_decision(uow, invoice, candidate)
    series = locked or await _series(uow, candidate)
    invoice.freeze(terms, decision, series, uow.now)
    invoice.canonical_digest = series.last_digest = await seal.digest(invoice, invoice.lines, decision)
    uow.emit(_fact(invoice, await _referenced_number(uow, invoice)), after={
        "status": invoice.status,
        "number": invoice.number,
        "canonical_digest": invoice.canonical_digest,
        "fiscal_year": invoice.fiscal_year,
    })  # fmt: skip
    post_document(uow, invoice)
    await uow.session.flush()
    template = candidate.template
    request_files(uow, invoice, version=1, pinned=(template.template_id, template.version) if template else ("", None))
    if invoice.is_credit_note:
        await settle.allocate_credit(uow, invoice)
        return
    if invoice.total_cents == 0:
        settle.close_zero_total(uow, invoice)
        return
    if received_cents:
        await settle.book_prepaid(uow, invoice, received_cents)
    await take(uow, invoice, candidate.taken)


async def _store_decision(uow: UnitOfWork, invoice: Invoice, candidate: gate.Candidate) -> TaxDecision:
    decision = await tax.find(uow, invoice.id)
    if decision is None:
        decision = TaxDecision(
            id=new_id("dec"), invoice_id=invoice.id, tenant_id=invoice.tenant_id, partner_id=invoice.partner_id
        )
        uow.session.add(decision)
    for name, value in candidate.decided.items():
        setattr(decision, name, value)
    decision.finalized_at = uow.now
    return decision


async def _lock_series(
    uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int
) -> NumberSeries | None:
    key = (partner_id, document_type, fiscal_year)
    return await uow.session.get(NumberSeries, key, with_for_update=True, populate_existing=True)


async def _series(uow: UnitOfWork, candidate: gate.Candidate) -> NumberSeries:
    """Lock the series of a candidate, begun now where nobody has."""
    key = (candidate.partner_id, candidate.document_type, candidate.fiscal_year)
    series = await _lock_series(uow, *key)
    if series is None:
        series = NumberSeries.begun(*key, candidate.prefix)
        uow.session.add(series)
    return series


async def _referenced_number(uow: UnitOfWork, invoice: Invoice) -> str:
    if invoice.referenced_invoice_id is None:
        return ""
    return (await queries.get(uow, invoice.referenced_invoice_id)).number or ""


def _fact(invoice: Invoice, referenced_number: str) -> InvoiceFinalized | CreditNoteIssued:
    common = {name: getattr(invoice, name) for name in _COMMON} | {"scaicontrol_customer_id": invoice.tenant_id}
    if invoice.is_credit_note:
        own = {
            "credit_note_id": invoice.id,
            "referenced_invoice_id": invoice.referenced_invoice_id,
            "referenced_invoice_number": referenced_number,
            "reason": invoice.credit_reason,
            "issued_at": invoice.finalized_at,
        }
        return CreditNoteIssued.model_validate(common | own)
    own = {"invoice_id": invoice.id} | {name: getattr(invoice, name) for name in _OF_INVOICES}
    return InvoiceFinalized.model_validate(common | own)


_COMMON = (
    "number", "tenant_id", "partner_id", "currency", "subtotal_cents", "tax_cents", "total_cents", "canonical_digest",
)  # fmt: skip
_OF_INVOICES = (
    "document_type", "amount_due_cents", "issue_date", "due_date", "period_start", "period_end", "reverse_charge",
    "finalized_at",
)  # fmt: skip
