"""Statements of account: what a tenant was billed and paid between two days, shown or kept as pages."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.i18n import language_or_english, say
from scaicontrol.core.money import exponent
from scaicontrol.core.periods import civil_date
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, partners, templates, tenants
from scaicontrol.services.documents import DocumentFile
from scaicontrol.services.invoices.lifecycle import APPLIED, AS_PAID, InvoiceStatus, SettledBy
from scaicontrol.services.invoices.models import Settlement
from scaicontrol.services.invoices.reads import documents
from scaicontrol.services.templates import TemplateSelection, TemplateType

from .. import balances
from ..balances import Billed, Moved
from ..schemas import Statement
from .store import AccountDocumentContents, keep

_LONGEST: Final = timedelta(days=3 * 366)


async def statement(uow: UnitOfWork, tenant_id: str, first: date, last: date, currency: str | None = None) -> Statement:
    """Give a tenant's account from one day to another, in the seller's currency unless another is wanted."""
    uow.authorize("invoices:read")
    tenant = await tenants.get(uow, tenant_id)
    if last < first or last - first > _LONGEST:
        raise invalid(
            "to",
            f"A statement runs over at most three years; {first} to {last} does not.",
            RefusalCode.statement_too_long,
        )
    settings = await partners.settings_of(uow, tenant.partner_id)
    wanted = currency or settings.default_currency
    billed, moved = await _account(uow, tenant_id, wanted, settings.timezone)
    return balances.statement(tenant_id, wanted, first, last, billed, moved)


async def _account(uow: UnitOfWork, tenant_id: str, currency: str, zone: str) -> tuple[list[Billed], list[Moved]]:
    billed = [
        Billed(row.id, row.number or "", row.document_type, row.total_cents, row.issue_date, row.due_date)
        for row in await documents.standing(uow, tenant_id, currency)
        if row.issue_date is not None
    ]
    rows = await documents.settled(uow, tenant_id, currency)
    # A void document is as if it had never been, and so is what it took of the credit; money that came for it stays.
    gone = {row.source_id for row, _, status in rows if status == InvoiceStatus.void and row.kind in APPLIED}
    return billed, [_moved(row, number or "", zone) for row, number, _ in rows if row.source_id not in gone]


_OWN_KINDS: Final = (SettledBy.reversal, SettledBy.write_off, SettledBy.wallet)


def _moved(row: Settlement, number: str, zone: str) -> Moved:
    own = row.kind if row.kind in _OWN_KINDS else None
    return Moved(
        row.invoice_id,
        number,
        row.amount_cents,
        row.unapplied_cents,
        civil_date(row.settled_at, zone),
        row.kind not in AS_PAID and row.kind != SettledBy.wallet,
        None if own else row.reference,
        own,
    )


async def statement_pdf(
    backend: Backend, actor: Actor, tenant_id: str, first: date, last: date, currency: str | None = None
) -> DocumentFile:
    """Make the pages of a statement, keep them with their digest, and give them."""
    contents = await backend.ask(actor, _contents, tenant_id, first, last, currency)
    body, _ = await keep(backend, contents)
    return DocumentFile(contents.filename, "application/pdf", body)


async def _contents(
    uow: UnitOfWork, tenant_id: str, first: date, last: date, currency: str | None
) -> AccountDocumentContents:
    said = await statement(uow, tenant_id, first, last, currency)
    tenant = await tenants.get(uow, tenant_id)
    settings = await partners.settings_of(uow, tenant.partner_id)
    profile = await tenants.billing_profile(uow, tenant_id)
    if profile is None:
        raise refused(
            RefusalCode.billing_profile_missing,
            f"{tenant.name} has no billing profile; a statement needs a name and an address.",
        )
    seller, buyer = partners.seller_snapshot(settings), tenants.buyer_snapshot(profile)
    language = language_or_english(buyer.get("preferred_language") or settings.default_language)
    # An empty document over what is open: letterhead, account and QR code are those of an invoice.
    head = einvoices.document_from(
        {
            "document_type": "invoice", "number": tenant.slug, "currency": said.currency, "language": language,
            "issue_date": last, "subtotal_cents": said.closing_cents, "tax_cents": 0,
            "total_cents": said.closing_cents,
        },
        [],
        seller,
        buyer,
        {"category": "S", "rate": Decimal(), "label": "", "legal_note": ""},
    )  # fmt: skip
    shown = einvoices.variables(head, logo_url=seller.get("logo_url"), brand_color=seller.get("brand_color"))
    shown = {name: shown[name] for name in ("buyer", "seller", "payment", "brand")}
    return AccountDocumentContents(
        deed=f"make the statement of {tenant.name}",
        kind="statement",
        language=language,
        variables=shown | {"statement": _variables(said, language)},
        template=await templates.resolve(uow, TemplateSelection.of(TemplateType.statement, language, seller, buyer)),
        title=templates.labels(language).statement,
        dated=datetime.combine(last, time(), UTC),
        filename=f"statement-{first}-{last}.pdf",
        row={
            "tenant_id": tenant.id, "partner_id": tenant.partner_id, "currency": said.currency,
            "from_day": first, "to_day": last,
        },
    )  # fmt: skip


def _variables(said: Statement, language: str) -> dict[str, Any]:
    places = -exponent(said.currency)
    words = templates.labels(language)
    names = {"invoice": words.invoice, "credit_note": words.credit_note} | {
        kind: say(f"statements.moved.{kind}", language) for kind in ("payment", "refund", "reversal", "write_off")
    }

    def amount(cents: int) -> Decimal:
        return Decimal(cents).scaleb(places)

    return {
        "currency": said.currency,
        "from": said.first_day,
        "to": said.last_day,
        "opening": amount(said.opening_cents),
        "closing": amount(said.closing_cents),
        "entries": [
            {
                "date": entry.date,
                "document": entry.document,
                "text": " · ".join(filter(None, (names[entry.kind], entry.reference))),
                "debit": None if entry.debit_cents is None else amount(entry.debit_cents),
                "credit": None if entry.credit_cents is None else amount(entry.credit_cents),
                "balance": amount(entry.balance_cents),
            }
            for entry in said.entries
        ],
        "aging": {name.removesuffix("_cents"): amount(cents) for name, cents in said.aging.model_dump().items()},
    }
