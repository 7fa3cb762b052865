"""What a document is written from: plain rows, the same before and after it is sealed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from scaicontrol.core.turns import in_turns
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, tax
from scaicontrol.services.einvoices.document import Document
from scaicontrol.services.partners import SellerSnapshot
from scaicontrol.services.tax.arithmetic import Totals
from scaicontrol.services.tax.models import TaxDecision
from scaicontrol.services.tenants import BuyerSnapshot

from . import queries
from .models import Invoice, InvoiceLine

Row = Mapping[str, Any]

_INVOICE = (
    "document_type", "status", "number", "currency", "language", "issue_date", "due_date", "period_start",
    "period_end", "delivery_date", "notes", "buyer_reference", "purchase_order_ref", "contract_ref", "payment_terms",
    "allowances", "charges", "prepaid_cents", "payment_means", "credit_reason", "subtotal_cents", "tax_cents",
    "total_cents", "void_reason",
)  # fmt: skip
_LINE = (
    "id", "description", "quantity", "unit_label", "unit_price_cents", "unit_divisor", "allowances", "charges",
    "amount_cents", "tax_category", "tax_rate", "tax_cents", "period_start", "period_end",
)  # fmt: skip
_DECISION = (
    "rule", "rate", "category", "reverse_charge", "label", "legal_note", "exemption_code", "exemption_reason",
    "exemptions", "tax_currency", "tax_in_tax_currency_cents",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Invoice, lines, seller, buyer and VAT decision as mappings with the contract's field names."""

    invoice: Row
    lines: Sequence[Row]
    seller: SellerSnapshot
    buyer: BuyerSnapshot
    decision: Row

    @property
    def is_credit_note(self) -> bool:
        return bool(self.invoice["document_type"] == "credit_note")


def language_of(source: DocumentSource) -> str:
    """Give the language a document is written in."""
    return einvoices.language_of(source.invoice, source.buyer)


def title_of(source: DocumentSource) -> str:
    return einvoices.title_of(str(source.invoice["number"]), language_of(source), is_credit_note=source.is_credit_note)


def document_of(source: DocumentSource) -> Document:
    return einvoices.document_from(source.invoice, source.lines, source.seller, source.buyer, source.decision)


def row_of(
    invoice: Invoice,
    *,
    number: str,
    issue_date: date,
    due_date: date | None,
    language: str,
    totals: Totals,
    payment_means: Row | None,
    original: Invoice | None,
) -> dict[str, Any]:
    """Show a draft as it would be finalized: with a provisional number of the final length, and its totals."""
    return {
        **_fields(invoice, _INVOICE),
        "number": number,
        "issue_date": issue_date,
        "due_date": due_date,
        "language": language,
        "subtotal_cents": totals.subtotal_cents,
        "tax_cents": totals.tax_cents,
        "total_cents": totals.total_cents,
        "payment_means": payment_means,
        **_reference(original),
    }


async def line_rows(lines: Iterable[InvoiceLine]) -> list[dict[str, Any]]:
    return [_fields(line, _LINE) async for line in in_turns(lines)]


async def sealed_source(invoice: Invoice, decision: TaxDecision, original: Invoice | None) -> DocumentSource:
    """Take everything from the sealed rows; nothing that is edited later can show."""
    return DocumentSource(
        invoice={**_fields(invoice, _INVOICE), **_reference(original)},
        lines=await line_rows(invoice.lines),
        seller=(invoice.seller_snapshot or SellerSnapshot()).copy(),
        buyer=(invoice.buyer_snapshot or BuyerSnapshot()).copy(),
        decision=_fields(decision, _DECISION),
    )


def _reference(original: Invoice | None) -> dict[str, Any]:
    if original is None:
        return {}
    return {"referenced_number": original.number, "referenced_issue_date": original.issue_date}


def _fields(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


async def source_of(uow: UnitOfWork, invoice: Invoice) -> DocumentSource:
    """Gather the sealed rows of a document."""
    original = await queries.get(uow, invoice.referenced_invoice_id) if invoice.referenced_invoice_id else None
    return await sealed_source(invoice, await tax.get(uow, invoice.id), original)
