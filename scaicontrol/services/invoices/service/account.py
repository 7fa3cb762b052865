"""
Papers about an account: statements and payment reminders, made outside any transaction and kept with their digest.

Read (transaction), write the pages and store them (none), record (transaction). Keys follow from bytes, so doing it
again is harmless; the same paper is recorded once.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.money import exponent
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, partners, templates, tenants
from scaicontrol.services.tax import language_or_english

from .. import queries, statements
from ..events import ReminderRequested
from ..lifecycle import OWED, InvoiceStatus, SettledBy
from ..models import AccountPaper, Invoice, Settlement
from ..paper import document_of
from ..schemas import Statement
from ..statements import Billed, Moved
from .download import File
from .render import paper_of

FOLDER: Final = "papers/"
LAST_REMINDER: Final = 3  # the first, a firmer one, and the last
_ARCHIVE: Final = Actor.system("archive")
_LONGEST: Final = timedelta(days=3 * 366)
_MOVED: Final = {  # en, nl, de, fr, es, it
    "payment": ("Payment", "Betaling", "Zahlung", "Paiement", "Pago", "Pagamento"),
    "refund": ("Refund", "Terugbetaling", "Erstattung", "Remboursement", "Reembolso", "Rimborso"),
}
_LANGUAGES: Final = ("en", "nl", "de", "fr", "es", "it")


@dataclass(frozen=True, slots=True)
class Pages:
    """A paper before it is made: its HTML, the only date in the file, and the columns of its row."""

    html: str
    title: str
    dated: datetime
    filename: str
    row: dict[str, Any]


async def statement(uow: UnitOfWork, tenant_id: str, first: date, last: date, currency: str | None = None) -> Statement:
    """Give a tenant's account from one day to another, in the seller's currency unless another is wanted."""
    uow.authorize("invoices:read")
    tenant = await tenants.get(uow, tenant_id)
    if last < first or last - first > _LONGEST:
        raise invalid("to", f"A statement runs over at most three years; {first} to {last} does not.")
    settings = await partners.settings_of(uow, tenant.partner_id)
    wanted = currency or settings.default_currency
    billed, moved = await _account(uow, tenant_id, wanted, settings.timezone)
    return statements.statement(tenant_id, wanted, first, last, billed, moved)


async def _account(uow: UnitOfWork, tenant_id: str, currency: str, zone: str) -> tuple[list[Billed], list[Moved]]:
    documents = queries.visible(uow).where(
        Invoice.tenant_id == tenant_id,
        Invoice.currency == currency,
        Invoice.finalized_at.is_not(None),
        Invoice.status != InvoiceStatus.void,
    )
    billed = [
        Billed(row.id, row.number or "", row.document_type, row.total_cents, row.issue_date, row.due_date)
        for row in await uow.session.scalars(documents)
        if row.issue_date is not None
    ]
    known = {document.id for document in billed}
    rows = await uow.session.scalars(select(Settlement).where(Settlement.tenant_id == tenant_id))
    moved = [
        Moved(
            row.invoice_id,
            row.amount_cents,
            civil_date(row.settled_at, zone),
            row.kind == SettledBy.credit_note,
            row.reference,
        )
        for row in rows
        if row.invoice_id in known
    ]
    return billed, moved


async def statement_pdf(
    backend: Backend, actor: Actor, tenant_id: str, first: date, last: date, currency: str | None = None
) -> File:
    """Make the pages of a statement, keep them with their digest, and give them."""
    pages = await backend.ask(actor, _statement_pages, tenant_id, first, last, currency)
    body, _ = await _make(backend, pages)
    return File(pages.filename, "application/pdf", body)


async def _statement_pages(uow: UnitOfWork, tenant_id: str, first: date, last: date, currency: str | None) -> Pages:
    said = await statement(uow, tenant_id, first, last, currency)
    tenant = await tenants.get(uow, tenant_id)
    settings = await partners.settings_of(uow, tenant.partner_id)
    profile = await tenants.billing_profile(uow, tenant_id)
    if profile is None:
        raise Refused(f"{tenant.name} has no billing profile; a statement needs a name and an address.")
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
    html = templates.render_html(shown | {"statement": _statement_variables(said, language)}, language, "statement")
    title = templates.labels(language).statement
    return Pages(
        html=html,
        title=title,
        dated=datetime.combine(last, time(), UTC),
        filename=f"statement-{first}-{last}.pdf",
        row={
            "tenant_id": tenant.id, "partner_id": tenant.partner_id, "kind": "statement", "currency": said.currency,
            "from_day": first, "to_day": last, "language": language,
        },
    )  # fmt: skip


def _statement_variables(said: Statement, language: str) -> dict[str, Any]:
    places = -exponent(said.currency)
    words = templates.labels(language)
    names = {"invoice": words.invoice, "credit_note": words.credit_note} | {
        kind: said_as[_LANGUAGES.index(language)] for kind, said_as in _MOVED.items()
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


async def remind(backend: Backend, actor: Actor, invoice_id: str, level: int | None = None) -> AccountPaper:
    """
    Make the reminder of an unpaid invoice, keep it, and give its row; without a level the one after the last.

    The same level again is the same paper: it is made once.
    """
    made = await backend.ask(actor, _reminder_pages, invoice_id, level)
    if isinstance(made, AccountPaper):
        return made
    try:
        return (await _make(backend, made))[1]
    except Conflict:  # a twin made the same level at the same moment, dated by its own clock
        made = await backend.ask(actor, _reminder_pages, invoice_id, level)
        if isinstance(made, AccountPaper):
            return made
        raise


async def send_reminder(backend: Backend, actor: Actor, invoice_id: str, level: int | None = None) -> AccountPaper:
    """Make a reminder and have it mailed to the billing contact; the same level is mailed once."""
    paper = await remind(backend, actor, invoice_id, level)
    await backend.perform(actor, _ask_mail, paper)
    return paper


async def _ask_mail(uow: UnitOfWork, paper: AccountPaper) -> None:
    uow.authorize("invoices:remind")
    fact = ReminderRequested(
        invoice_id=paper.invoice_id or "",
        tenant_id=paper.tenant_id,
        partner_id=paper.partner_id,
        paper_id=paper.id,
        level=paper.level or 1,
    )
    asked = select(Outbox.id).where(Outbox.idempotency_key == fact.idempotency_key)
    if await uow.session.scalar(asked) is None:
        uow.emit(fact)


async def _reminder_pages(uow: UnitOfWork, invoice_id: str, level: int | None) -> Pages | AccountPaper:
    uow.authorize("invoices:remind")
    invoice = await queries.get(uow, invoice_id)
    settings = await partners.settings_of(uow, invoice.partner_id)
    days = (civil_date(uow.now, settings.timezone) - invoice.due_date).days if invoice.due_date else 0
    if invoice.is_credit_note or invoice.status not in OWED or invoice.amount_due_cents <= 0 or days <= 0:
        raise Refused(f"Cannot remind of {invoice}: nothing of it is overdue.")
    earlier = await reminders(uow, invoice_id)
    wanted = level or min(len(earlier) + 1, LAST_REMINDER)
    if known := next((paper for paper in earlier if paper.level == wanted), None):
        return known
    paper = await paper_of(uow, invoice)
    # What has come in since lets the QR code ask for the rest only.
    paid = {"prepaid_cents": invoice.amount_paid_cents + invoice.amount_credited_cents}
    document = document_of(replace(paper, invoice={**paper.invoice, **paid}))
    look = {name: paper.seller.get(name) for name in ("logo_url", "brand_color")}
    shown = einvoices.variables(document, **look)
    places = -exponent(invoice.currency)
    shown["reminder"] = {
        "level": wanted,
        "date": civil_date(uow.now, settings.timezone),
        "days_overdue": days,
        "amount_due": Decimal(invoice.amount_due_cents).scaleb(places),
    }
    language = language_or_english(invoice.language)
    words = templates.labels(language)
    title = (words.reminder_first, words.reminder_second, words.reminder_final)[min(wanted, LAST_REMINDER) - 1]
    return Pages(
        html=templates.render_html(shown, language, "payment_reminder"),
        title=f"{title} {invoice.number}",
        dated=uow.now,
        filename=f"reminder-{wanted}-{invoice.number}.pdf",
        row={
            "tenant_id": invoice.tenant_id, "partner_id": invoice.partner_id, "kind": "payment_reminder",
            "invoice_id": invoice.id, "level": wanted, "currency": invoice.currency, "language": language,
            "to_day": shown["reminder"]["date"],
        },
    )  # fmt: skip


async def reminders(uow: UnitOfWork, invoice_id: str) -> list[AccountPaper]:
    """List the reminders of an invoice that were made, the first level first."""
    await queries.get(uow, invoice_id)
    query = select(AccountPaper).where(AccountPaper.invoice_id == invoice_id).order_by(AccountPaper.level)
    return list(await uow.session.scalars(query))


async def _make(backend: Backend, pages: Pages) -> tuple[bytes, AccountPaper]:
    body = await backend.ports.renderer.pdf(pages.html, title=pages.title, created_at=pages.dated)
    digest = sha256(body).hexdigest()
    row = pages.row
    key = f"{FOLDER}{row['partner_id']}/{row['tenant_id']}/{row['kind']}-{row['to_day']}-{digest[:16]}.pdf"
    await backend.ports.objects.put(key, body, "application/pdf")
    # Whoever may read an account may cause its archive to grow by a paper that follows from it.
    kept = await backend.perform(_ARCHIVE, _record, row, pages.filename, key, digest, len(body))
    return body, kept


async def _record(
    uow: UnitOfWork, row: dict[str, Any], filename: str, key: str, digest: str, size: int
) -> AccountPaper:
    uow.authorize("invoices:render")
    known: AccountPaper | None = await uow.session.scalar(select(AccountPaper).where(AccountPaper.storage_key == key))
    if known is not None:
        return known
    paper = AccountPaper(
        id=new_id("pap"), filename=filename, storage_key=key, sha256=digest, bytes=size, made_at=uow.now, **row
    )
    uow.session.add(paper)
    return paper
