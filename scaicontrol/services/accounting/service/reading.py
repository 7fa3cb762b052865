"""What is to be booked, read as plain values: rows in one transaction, bytes of files afterwards and in none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.money import exponent
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import documents, einvoices, invoices, partners, tax
from scaicontrol.services.documents import SealedDocument
from scaicontrol.services.documents.models import DocumentVersion
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices import crediting
from scaicontrol.services.invoices.models import Invoice, InvoiceLine, Settlement
from scaicontrol.services.invoices.reads.documents import by_ids, lines_by_ids
from scaicontrol.services.ledger.models import Account, SourceType
from scaicontrol.services.ledger.reads import Posted, is_money, posted_by
from scaicontrol.services.payments.models import DisputeMovement
from scaicontrol.services.payments.reads import dispute_movements_by_id
from scaicontrol.services.tax.exchange import ReferenceRate, vat_currency
from scaicontrol.services.tax.models import TaxDecision
from scaicontrol.services.tax.reads import decisions_of

from ..journal_input import (
    DISPUTES,
    DOCUMENTS,
    SETTLEMENTS,
    ArchivedFile,
    DocumentProof,
    JournalInput,
    JournalInputLine,
    Kind,
    key_of,
)
from ..queries import dispute_kind, movement_kind

BATCH = 100


def reader(partner_id: str) -> Actor:
    """
    Who reads a partner's documents for its books: a job that sees this partner and nobody else.

    Whoever may manage the books need not be allowed to read invoices one by one.
    """
    return Actor("system:accounting", ActorKind.job, Scope.partner(partner_id), frozenset({"*"}), name="accounting")


@dataclass(frozen=True, slots=True)
class ReadInputs:
    """What can be booked, and by its key why something cannot be read: the books themselves are at fault there."""

    inputs: list[JournalInput] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def take(self, key: str, make: Callable[[], JournalInput]) -> None:
        """Add what `make` gives; what it cannot make holds up no other."""
        try:
            self.inputs.append(make())
        except Conflict as error:
            self.unreadable[key] = error.message

    def add(self, other: "ReadInputs") -> None:
        self.inputs.extend(other.inputs)
        self.unreadable.update(other.unreadable)


async def read_inputs(
    backend: Backend, partner_id: str, wanted: Sequence[tuple[Kind, str]], *, with_files: bool
) -> ReadInputs:
    """
    Read documents and movements by kind and id.

    What contradicts itself, such as a movement that is not in the ledger, and what does not exist for this partner is
    named, and the rest is read.
    """
    actor, found = reader(partner_id), ReadInputs()
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        documents = [key for kind, key in batch if kind in DOCUMENTS]
        movements = [key for kind, key in batch if kind in SETTLEMENTS]
        disputed = [key for kind, key in batch if kind in DISPUTES]
        voided = [key for kind, key in batch if kind is Kind.void]
        if documents:
            read = await backend.ask(actor, _documents, documents)
            found.add(await _with_files(backend, read) if with_files else _as_they_are(read))
        for ask, keys in ((_voided, voided), (_movements, movements), (_dispute_movements, disputed)):
            if keys:
                found.add(await backend.ask(actor, ask, partner_id, keys))
    told = {each.id for each in found.inputs} | found.unreadable.keys()
    gone = (key for key in (key_of(kind, name) for kind, name in wanted) if key not in told)
    found.unreadable.update((key, f"{key} is not there any more; run `scaicontrol admin invariants`.") for key in gone)
    return ReadInputs(await backend.ask(actor, _with_rates, partner_id, found.inputs), found.unreadable)


async def _with_rates(uow: UnitOfWork, partner_id: str, found: Sequence[JournalInput]) -> list[JournalInput]:
    """Say of each in which currency the books are kept, and what that was worth; VAT that was converted says it."""
    seller = await partners.settings_of(uow, partner_id)
    rates: dict[tuple[str, str, date], Decimal | None] = {}
    valued = []
    for each in found:
        base = vat_currency(seller.seller_country_code or "", each.booked_on) or seller.default_currency
        key = (base, each.currency, each.booked_on)
        if base != each.currency and each.exchange_rate is None and key not in rates:
            rates[key] = await tax.rate_of(uow, *key)
        valued.append(replace(each, base_currency=base, exchange_rate=each.exchange_rate or rates.get(key)))
    return valued


@dataclass(frozen=True, slots=True)
class _Read:
    """A sealed document, and what its credited lines were sold as."""

    document: SealedDocument
    sold_as: Mapping[str, str]
    exchange_rate: Decimal | None  # what its VAT was converted at


async def _documents(uow: UnitOfWork, ids: Sequence[str]) -> list[_Read]:
    found = await documents.sealed(uow, ids)
    credited = [line.credited_line_id for each in found for line in each.invoice.lines if line.credited_line_id]
    sold_as = {line.id: _kind_of(line) for line in await lines_by_ids(uow, credited)}
    converted = {key: _rate_of(decision) for key, decision in (await decisions_of(uow, ids)).items()}
    return [_Read(each, sold_as, converted.get(each.invoice.id)) for each in found]


def _as_they_are(read: Sequence[_Read]) -> ReadInputs:
    found = ReadInputs()
    for each in read:
        found.take(each.document.invoice.id, partial(_document, each))
    return found


async def _voided(uow: UnitOfWork, partner_id: str, ids: Sequence[str]) -> ReadInputs:
    """Give the contrary of documents, on the day they were voided."""
    zone, found = (await partners.settings_of(uow, partner_id)).timezone, ReadInputs()
    for each in await _documents(uow, ids):
        found.take(key_of(Kind.void, each.document.invoice.id), partial(_contrary, each, zone))
    return found


def _contrary(read: _Read, zone: str) -> JournalInput:
    document, voided_at = _document(read), read.document.invoice.voided_at
    if voided_at is None:
        raise Conflict(f"{document.number} is exported as void and is not; run `scaicontrol admin invoices verify`.")
    return replace(
        document,
        kind=Kind.void,
        id=key_of(Kind.void, document.id),
        booked_on=civil_date(voided_at, zone),
        total_cents=-document.total_cents,
        lines=tuple(replace(line, net_cents=-line.net_cents, tax_cents=-line.tax_cents) for line in document.lines),
    )


def _rate_of(decision: TaxDecision) -> Decimal | None:
    """Tell how much of the document's currency one unit of the seller's was worth where its VAT was converted."""
    if not decision.tax_currency:
        return None
    rates = [ReferenceRate.from_json(rate) for rate in decision.exchange_rates or ()]
    own = [each.rate for each in rates if each.currency != decision.tax_currency]
    theirs = [each.rate for each in rates if each.currency == decision.tax_currency]
    return (own[0] if own else Decimal(1)) / (theirs[0] if theirs else Decimal(1))


async def _dispute_movements(uow: UnitOfWork, partner_id: str, ids: Sequence[str]) -> ReadInputs:
    zone, found = (await partners.settings_of(uow, partner_id)).timezone, ReadInputs()
    moved = await dispute_movements_by_id(uow, ids)
    posted = await posted_by(uow, SourceType.dispute_movement, ids)
    documents = await by_ids(uow, {each.invoice_id for each in moved})
    for each in moved:
        found.take(each.id, partial(_dispute_movement, each, documents[each.invoice_id], zone, posted))
    return found


def _dispute_movement(moved: DisputeMovement, invoice: Invoice, zone: str, posted: Posted) -> JournalInput:
    return JournalInput(
        kind=dispute_kind(moved),
        id=moved.id,
        booked_on=civil_date(moved.created_at, zone),
        total_cents=-_moved(posted, moved.id),
        method=moved.method or "",
        **_common(invoice),
    )


async def _movements(uow: UnitOfWork, partner_id: str, ids: Sequence[str]) -> ReadInputs:
    zone, found = (await partners.settings_of(uow, partner_id)).timezone, ReadInputs()
    posted = await posted_by(uow, SourceType.settlement, ids)
    for settlement, invoice in await invoices.settlements_with_documents(uow, ids):
        found.take(settlement.id, partial(_movement, settlement, invoice, zone, posted))
    return found


def _moved(posted: Posted, source_id: str) -> int:
    """Tell what the ledger says moved: with a provider or bank, of a wallet, or as a loss."""
    if source_id not in posted:
        raise Conflict(f"{source_id} is not in the ledger; run `scaicontrol admin invariants`.")
    beside = (Account.write_offs, Account.wallet)
    return sum(cents for account, cents in posted[source_id].items() if is_money(account) or account in beside)


def _common(invoice: Invoice) -> dict[str, Any]:
    buyer = invoice.buyer_snapshot or {}
    return {
        "partner_id": invoice.partner_id,
        "tenant_id": invoice.tenant_id,
        "number": invoice.number or "",
        "currency": invoice.currency,
        "exponent": exponent(invoice.currency),
        "country": str(buyer.get("country_code") or ""),
        "name": str(buyer.get("company_name") or ""),
    }


def _document(read: _Read) -> JournalInput:
    invoice = read.document.invoice
    if invoice.issue_date is None:
        raise Conflict(f"{invoice} is finalized without a date of issue; run `scaicontrol admin invoices verify`.")
    return JournalInput(
        kind=Kind(invoice.document_type),
        id=invoice.id,
        booked_on=invoice.issue_date,
        total_cents=invoice.total_cents,
        lines=tuple(_line(line, read.sold_as) for line in crediting.charged_lines(invoice)),
        exchange_rate=read.exchange_rate,
        **_common(invoice),
    )


def _line(line: InvoiceLine, sold_as: Mapping[str, str]) -> JournalInputLine:
    return JournalInputLine(
        kind=sold_as.get(line.credited_line_id or "") or _kind_of(line),
        category=line.tax_category or "",
        rate=line.tax_rate or Decimal(0),
        net_cents=line.amount_cents,
        tax_cents=line.tax_cents,
        ledger_code=line.ledger_code,
    )


def _kind_of(line: InvoiceLine) -> str:
    """Name what a line sells, as billing derived it; a line that a person wrote is `manual`."""
    return "usage" if line.metric_slug else str((line.derivation or {}).get("kind") or "manual")


def _movement(settlement: Settlement, invoice: Invoice, zone: str, posted: Posted) -> JournalInput:
    kind = movement_kind(settlement)
    moved = _moved(posted, settlement.id)  # of a credit, too: what was not posted is not exported
    cents = settlement.unapplied_cents if kind is Kind.credit else moved
    return JournalInput(
        kind=kind,
        id=settlement.id,
        booked_on=civil_date(settlement.settled_at, zone),
        total_cents=cents if kind in (Kind.loss, Kind.wallet) else abs(cents),
        method=settlement.method or settlement.kind,
        unapplied_cents=settlement.unapplied_cents,
        **_common(invoice),
    )


async def _with_files(backend: Backend, read: Sequence[_Read]) -> ReadInputs:
    files, found = [file for each in read for file in each.document.files], ReadInputs()
    bodies = await backend.ports.objects.examine([file.storage_key for file in files], bytes)
    kept = {file.id: body for file, body in zip(files, bodies, strict=True)}
    for each in read:
        found.take(each.document.invoice.id, partial(_with_proof, each, kept))
    return found


def _with_proof(read: _Read, kept: Mapping[str, bytes | None]) -> JournalInput:
    return replace(_document(read), sealed=_sealed(read.document, kept))


def _archived(number: str | None, file: DocumentVersion, body: bytes | None) -> ArchivedFile:
    if body is None or sha256(body).hexdigest() != file.sha256:
        what = "is gone" if body is None else "is not the one that was stored"
        raise Conflict(f"The file {file.storage_key} of {number} {what}; run `scaicontrol admin invoices verify`.")
    return ArchivedFile(file.kind, file.format, file.version, file.sha256, body)


def _sealed(read: SealedDocument, kept: Mapping[str, bytes | None]) -> DocumentProof:
    invoice = read.invoice
    return DocumentProof(
        fiscal_year=invoice.fiscal_year or 0,
        serial=invoice.serial or 0,
        canonical_digest=invoice.canonical_digest or "",
        previous_digest=invoice.previous_digest or "",
        canonical=read.canonical,
        files=tuple(_archived(invoice.number, file, kept[file.id]) for file in read.files),
        ubl=einvoices.to_xml(read.document, Format.ubl),
    )
