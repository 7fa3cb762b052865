"""Payment reminders: the pages about an overdue invoice, made once per level, and its mail."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.i18n import language_or_english
from scaicontrol.core.money import exponent
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.periods import civil_date
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners, templates
from scaicontrol.services.invoices.document_source import source_of
from scaicontrol.services.invoices.lifecycle import OWED
from scaicontrol.services.invoices.page_rendering import variables_of
from scaicontrol.services.invoices.reads.receivables import is_covered_by_credit
from scaicontrol.services.templates import TemplateSelection, TemplateType

from ..events import ReminderRequested
from ..models import AccountDocument
from .store import AccountDocumentContents, keep

_LEVEL: Final = "level"
LAST_REMINDER: Final = 3  # the first, a firmer one, and the last


class NotOverdue(Refused):
    """There is nothing to remind of: the document owes nothing, or not yet."""


class CoveredByCredit(NotOverdue):
    """The tenant's credit is enough for the document and all that fell due before it."""


async def make_reminder(backend: Backend, actor: Actor, invoice_id: str, level: int | None = None) -> AccountDocument:
    """
    Make the reminder of an unpaid invoice, keep it, and give its row; without a level the one after the last.

    The same level again is the same document: it is made once.
    """
    made = await backend.ask(actor, _contents, invoice_id, level)
    if isinstance(made, AccountDocument):
        return made
    try:
        return (await keep(backend, made))[1]
    except Conflict:  # a twin made the same level at the same moment, dated by its own clock
        made = await backend.ask(actor, _contents, invoice_id, level)
        if isinstance(made, AccountDocument):
            return made
        raise


@verb
async def remind(backend: Backend, actor: Actor, invoice_id: str, level: int | None = None) -> AccountDocument:
    """
    Make a reminder and have it mailed to the billing contact; the same level is mailed once.

    Raises NotFound, and Refused where nothing is overdue or the pages cannot be written.
    """
    reminder = await make_reminder(backend, actor, invoice_id, backend.reached(_LEVEL) or level)
    await backend.perform(actor, _ask_mail, backend, reminder)
    return reminder


async def _ask_mail(uow: UnitOfWork, backend: Backend, reminder: AccountDocument) -> None:
    uow.authorize("invoices:remind")
    await backend.keep(uow, _LEVEL, reminder.level)  # asked for without a level, the next try would make the next one
    fact = ReminderRequested(
        invoice_id=reminder.invoice_id or "",
        tenant_id=reminder.tenant_id,
        partner_id=reminder.partner_id,
        paper_id=reminder.id,
        level=reminder.level or 1,
    )
    asked = select(Outbox.id).where(Outbox.idempotency_key == fact.idempotency_key)
    if await uow.session.scalar(asked) is None:
        uow.emit(fact)


async def _contents(uow: UnitOfWork, invoice_id: str, level: int | None) -> AccountDocumentContents | AccountDocument:
    uow.authorize("invoices:remind")
    invoice = await invoices.get(uow, invoice_id)
    settings = await partners.settings_of(uow, invoice.partner_id)
    days = (civil_date(uow.now, settings.timezone) - invoice.due_date).days if invoice.due_date else 0
    if invoice.is_credit_note or invoice.status not in OWED or invoice.amount_due_cents <= 0 or days <= 0:
        raise NotOverdue(f"Cannot remind of {invoice}: nothing of it is overdue.")
    if await is_covered_by_credit(uow, invoice):
        raise CoveredByCredit(f"Cannot remind of {invoice}: the customer's credit covers it; apply that instead.")
    earlier = await reminders(uow, invoice_id)
    wanted = level or min(len(earlier) + 1, LAST_REMINDER)
    if known := next((reminder for reminder in earlier if reminder.level == wanted), None):
        return known
    source = await source_of(uow, invoice)
    # What has come in since lets the QR code ask for the rest only.
    paid = {"prepaid_cents": invoice.amount_paid_cents + invoice.amount_credited_cents}
    shown = await variables_of(replace(source, invoice={**source.invoice, **paid}))
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
    return AccountDocumentContents(
        deed=f"remind of {invoice}",
        kind="payment_reminder",
        language=language,
        variables=shown,
        template=await templates.resolve(
            uow, TemplateSelection.of(TemplateType.payment_reminder, language, source.seller, source.buyer)
        ),
        title=f"{title} {invoice.number}",
        dated=uow.now,
        filename=f"reminder-{wanted}-{invoice.number}.pdf",
        row={
            "tenant_id": invoice.tenant_id, "partner_id": invoice.partner_id, "invoice_id": invoice.id,
            "level": wanted, "currency": invoice.currency, "to_day": shown["reminder"]["date"],
        },
    )  # fmt: skip


async def reminders(uow: UnitOfWork, invoice_id: str) -> list[AccountDocument]:
    """List the reminders of an invoice that were made, the first level first."""
    await invoices.get(uow, invoice_id)
    query = select(AccountDocument).where(AccountDocument.invoice_id == invoice_id).order_by(AccountDocument.level)
    return list(await uow.session.scalars(query))
