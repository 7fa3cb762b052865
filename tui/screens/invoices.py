"""Documents: the list, its keys, and one document with the gate's report, its money, files and story."""

from collections.abc import Sequence

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, explanations, invoices, payments, statements
from scaicontrol.services.documents.schemas import InvoiceDetail
from scaicontrol.services.explanations.schemas import Explanation
from scaicontrol.services.invoices.lifecycle import OWED, DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import InvoiceFilter, InvoiceOut

from ..columns import TableColumn
from ..verbs import REASON, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import day, money, state
from . import invoice_sections as parts
from .details import DetailScreen, TitledSection
from .lists import ListScreen

VERBS = (
    VerbKey(
        "f",
        "finalize",
        "invoices:finalize",
        "Gives the draft its legal number and seals it. It can then be credited or voided, never changed.",
        lambda door, row, _: door.run(invoices.finalize, row.id),
    ),
    VerbKey(
        "s",
        "send",
        "invoices:send",
        "Mails the document to the billing contact of its buyer.",
        lambda door, row, _: door.perform(documents.send, row.id),
    ),
    VerbKey(
        "c",
        "collect",
        "payments:pay",
        "What is due is charged to the tenant's stored method, now.",
        lambda door, row, _: door.run(payments.pay, row.id),
        grave=True,
    ),
    VerbKey(
        "m",
        "remind",
        "invoices:remind",
        "Mails a payment reminder to the billing contact of its buyer.",
        lambda door, row, _: door.run(statements.remind, row.id),
        shown=False,
    ),
    VerbKey(
        "v",
        "void",
        "invoices:void",
        "Cancels the document for good; its number stays used. What was paid or "
        "credited can only be corrected by a credit note.",
        lambda door, row, given: door.perform(invoices.void, row.id, given.text),
        asks=REASON,
        grave=True,
        shown=False,
    ),
    VerbKey(
        "P",
        "regenerate_pdf",
        "invoices:regenerate_pdf",
        "Makes the files again from what was sealed; the old ones stay.",
        lambda door, row, given: door.perform(documents.regenerate_pdf, row.id, given.text),
        asks=REASON,
        shown=False,
    ),
    VerbKey(
        "x",
        "delete",
        "invoices:delete",
        "Removes the draft and its lines; nothing remains but the audit log.",
        lambda door, row, _: door.perform(invoices.delete, row.id),
        grave=True,
        shown=False,
    ),
)


def _row(invoice: Invoice | InvoiceOut, actions: Sequence[str]) -> Row:
    named = invoice.number or invoice.id
    note = " (credit note)" if invoice.document_type == "credit_note" else ""
    return Row(
        id=invoice.id,
        label=f"{'credit note' if note else 'invoice'} {named}" if invoice.number else f"draft {named}",
        status=str(invoice.status),
        cells=(
            f"{named}{note}",
            state(str(invoice.status)),
            invoice.tenant_id,
            money(invoice.total_cents, invoice.currency),
            money(invoice.amount_due_cents, invoice.currency),
            day(invoice.issue_date),
            day(invoice.due_date),
        ),
        actions=frozenset([*actions, *_money_verbs(invoice)]),
        about=f"payments {invoice.tenant_id}",
    )


def _money_verbs(invoice: Invoice | InvoiceOut) -> Sequence[str]:
    """What is offered by what is owed, beside what the state of the document allows."""
    owes = invoice.document_type == DocumentType.invoice and invoice.status in OWED and invoice.amount_due_cents > 0
    return ("collect", "remind") if owes else ()


class InvoiceScreen(DetailScreen, verbs=VERBS):
    """One document: parties and amounts, lines, what stands in its way, money, files, and its story."""

    console = "invoice"

    async def sections(self) -> Sequence[TitledSection]:
        shown = await self.door.ask(_read, self.row.id)
        self.row = _row(shown, shown.available_actions)
        drawn: list[TitledSection] = [("Document", parts.summary(shown))]
        if shown.status == InvoiceStatus.draft and self.door.actor.may("invoices:finalize"):
            report = await self.door.run(invoices.check, shown.id)
            drawn.append(("Check", parts.check(report)))
        drawn.append(("Lines", parts.lines(shown, shown.time_zone if isinstance(shown, InvoiceDetail) else "UTC")))
        if isinstance(shown, InvoiceDetail):
            drawn += [
                ("Money", parts.settlements(shown)),
                ("Files", parts.files(shown)),
                ("Timeline", parts.timeline(shown)),
            ]
        drawn.append(("How this was computed", parts.explained(await self.door.ask(_explain, self.row.id))))
        return drawn


async def _read(uow: UnitOfWork, invoice_id: str) -> InvoiceDetail | InvoiceOut:
    if uow.actor.may("invoices:administer"):
        return await documents.detail(uow, invoice_id)
    return await invoices.shown(uow.actor, await invoices.get(uow, invoice_id))


async def _explain(uow: UnitOfWork, invoice_id: str) -> Explanation:
    return await explanations.explain(uow, invoice_id, language="en")


class InvoicesScreen(ListScreen, verbs=VERBS):
    called = "invoices"
    console = "invoice"
    detail = InvoiceScreen
    states = (*InvoiceStatus, "overdue")
    searched = True
    columns = (
        TableColumn("Document", 30, grows=True),
        TableColumn("State", 11),
        TableColumn("Tenant", 15),
        TableColumn("Total", 14, right=True, wide=True),
        TableColumn("Due", 14, right=True),
        TableColumn("Issued", 10, wide=True),
        TableColumn("Due date", 10, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        late = True if wanted.state == "overdue" else None
        narrowed = checked(InvoiceFilter, status=None if late else wanted.state, overdue=late, q=wanted.words or None)
        page = await invoices.page(uow, request, narrowed)
        return page.shown(lambda invoice: _row(invoice, invoices.offered(uow.actor, invoice)))
