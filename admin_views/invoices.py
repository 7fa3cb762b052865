from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from sqladmin import expose
from sqlalchemy import Select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import (
    credits,
    documents,
    explanations,
    invoice_links,
    invoices,
    partners,
    payments,
    statements,
    tenants,
)
from scaicontrol.services.credits.schemas import CreditFilter
from scaicontrol.services.documents import DocumentFile
from scaicontrol.services.invoices.lifecycle import OWED, DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.reads.receivables import is_open, was_paid_between
from scaicontrol.services.invoices.schemas import LineOut
from scaicontrol.services.payments.schemas import DisputeFilter
from scaicontrol.services.tenants.reads import is_in_country

from . import formatting
from . import invoice_verbs as acts
from .base import ControlView, ListColumn, ListFilter, amount_column, code_filter, day_column, named_column
from .invoice_links import REVOKE
from .language import gettext, reader, within
from .lists import Context
from .mending import mending
from .menu import MenuGroup
from .moments import filter_day, filter_month
from .request_context import console_of
from .timeline import timeline_of
from .verbs import Field, VerbButton

REASON = Field("reason", "Reason", "long", hint="Kept with the document and in the audit log.")


def lines_of(detail: Context) -> Sequence[tuple[str, str]]:
    """Name the lines of a document by what they say and come to."""
    currency = detail["invoice"].currency
    return [
        (each.id, f"{each.description}: {formatting.money(each.amount_cents, currency)}")
        for each in detail["invoice"].lines
    ]


LINE = Field("line", "Line", "choice", choices=lines_of)


def known_fields(detail: Context) -> Mapping[str, str]:
    """Fill the form of a draft with what it says now; `version` lets a colleague's edit be noticed."""
    invoice = detail["invoice"]
    return {name: str(getattr(invoice, name) or "") for name in (*acts.EDITED, "version")}


class InvoiceView(ControlView, model=Invoice):
    name, name_plural, icon = "Invoice", "Invoices", "invoices"
    category, rank = MenuGroup.money, 10
    about = "Invoices and credit notes of every tenant you see."
    prefix = "inv"
    permission = "invoices:administer"
    details_template = "console/invoice.html"
    grows = True
    searched = (Invoice.number, Invoice.id)
    search_hint = "number or id"
    amounts, serials = (Invoice.total_cents,), (Invoice.serial,)
    presets = (("Drafts", "status=draft"), ("Past due", "status=past_due"), ("Credit notes", "type=credit_note"))
    columns = (
        ListColumn("Number", lambda row: row.number or "draft", Invoice.number, "link"),
        ListColumn("Type", lambda row: formatting.spoken(row.document_type)),
        ListColumn("Status", lambda row: row.status, Invoice.status, "status"),
        named_column("Tenant", "tenant", "tenant_id"),
        day_column("Issued", "issue_date", Invoice.issue_date),
        day_column("Due", "due_date", Invoice.due_date),
        amount_column("Total", "total_cents", Invoice.total_cents),
        amount_column("Open", "amount_due_cents", Invoice.amount_due_cents),
        day_column("Created", "created_at", Invoice.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: Invoice.status == value, list(InvoiceStatus)),
        ListFilter("type", "Type", lambda value: Invoice.document_type == value, list(DocumentType)),
        code_filter("currency", "Currency", Invoice.currency),
        ListFilter("tenant", "Tenant", lambda value: Invoice.tenant_id == value, kind="tenant"),
        ListFilter("country", "Buyer's country", lambda value: is_in_country(Invoice.tenant_id, value)),
        ListFilter("open", "Owed", lambda value: is_open() if value == "yes" else ~is_open(), ["yes", "no"]),
        ListFilter("paid_in", "Money came in", lambda value: was_paid_between(*filter_month(value)), kind="month"),
        ListFilter("due_from", "Due from", lambda value: Invoice.due_date >= filter_day(value), kind="date"),
        ListFilter("due_to", "Due to", lambda value: Invoice.due_date <= filter_day(value), kind="date"),
        ListFilter("issued_from", "Issued from", lambda value: Invoice.issue_date >= filter_day(value), kind="date"),
        ListFilter("issued_to", "Issued to", lambda value: Invoice.issue_date <= filter_day(value), kind="date"),
    )
    verbs = (
        acts.BY_HAND,
        VerbButton(
            "finalize",
            "Finalize",
            "invoices:finalize",
            "It gets its legal number and seal, and its files are made. This is final: a credit note corrects it.",
            acts.finalize,
            [
                Field("issue_date", "Issue date", "date", required=False, hint="Empty: today where the seller is."),
                Field(
                    "vies_override_reason",
                    "Go on without VIES",
                    required=False,
                    hint="Why, where VIES does not answer; kept as evidence.",
                ),
                Field(
                    "vat_rate_reason",
                    "Go on with an unusual VAT rate",
                    required=False,
                    hint="Why, where a line has a rate or an exemption that the gate doubts; kept with the decision.",
                ),
            ],
            ready=invoices.check,
            bulk=True,
        ),
        VerbButton(
            "update",
            "Edit",
            "invoices:update",
            "What the draft says is replaced; an empty field is removed.",
            acts.edit,
            [
                Field("due_date", "Due date", "date", required=False, hint="Empty: by the seller's terms."),
                Field("delivery_date", "Delivered on", "date", required=False),
                Field("buyer_reference", "Buyer's reference", required=False),
                Field("purchase_order_ref", "Purchase order", required=False),
                Field("contract_ref", "Contract", required=False),
                Field("payment_terms", "Payment terms", required=False),
                Field("notes", "Notes", "long", required=False, hint="Printed on the document."),
                Field("version", "Version", "hidden", required=False),
            ],
            known=known_fields,
        ),
        VerbButton("add_line", "Add a line", "invoices:update", "It is added at the end.", acts.add_line, acts.WRITTEN),
        VerbButton(
            "edit_line",
            "Edit a line",
            "invoices:update",
            "What the line says is replaced; its net amount is quantity times price.",
            acts.edit_line,
            [LINE, *acts.WRITTEN],
        ),
        VerbButton(
            "remove_line", "Remove a line", "invoices:update", "The line goes.", acts.remove_line, [LINE], danger=True
        ),
        VerbButton(
            "sort_lines",
            "Sort the lines",
            "invoices:update",
            "They follow the days they begin with.",
            acts.sort_lines,
        ),
        VerbButton(
            "send",
            "Send",
            "invoices:send",
            "It is mailed with its PDF; sending it again mails the same files.",
            acts.send,
            [Field("to", "Recipients", required=False, hint="Addresses with commas; empty: the billing contact.")],
            bulk=True,
        ),
        VerbButton(
            "mark_paid",
            "Mark as paid",
            "invoices:mark_paid",
            "Money that arrived outside any payment provider is booked on it; what is too much becomes a credit.",
            acts.mark_paid,
            [
                Field(
                    "amount", "Amount", required=False, hint="In major units, such as 120.50; empty: all that is due."
                ),
                Field("paid_on", "Arrived on", "date"),
                Field("reference", "Reference", hint="As on the bank statement."),
                Field("method", "Method", value="bank transfer"),
            ],
        ),
        VerbButton(
            "apply_credit",
            "Apply credit",
            "credits:apply",
            "Credit of the tenant's balance settles it, oldest first and never more than is due.",
            acts.apply_credit,
            [Field("amount", "Amount", required=False, hint="In major units; empty: as much as there is.")],
        ),
        VerbButton(
            "collect",
            "Collect now",
            "payments:pay",
            "What is due is taken from the tenant's default payment method.",
            acts.collect,
        ),
        VerbButton(
            "remind",
            "Remind",
            "invoices:remind",
            "A reminder is made and mailed to the billing contact; the same level is mailed once.",
            acts.remind,
            [Field("level", "Level", "choice", required=False, choices=(("", "the next one"), "1", "2", "3"))],
        ),
        VerbButton(
            "credit",
            "Credit note",
            "invoices:credit",
            "A credit note is written over everything that is left, over an amount, or over one line.",
            acts.credit,
            [
                replace(LINE, required=False, label="Only this line"),
                Field(
                    "amount",
                    "Amount",
                    required=False,
                    hint="In major units; net where a line is chosen. Empty: all of it that is left.",
                ),
                Field(
                    "basis",
                    "The amount is",
                    "choice",
                    required=False,
                    value="gross",
                    choices=(("gross", "with VAT"), ("net", "without VAT")),
                ),
                REASON,
                Field("finalize", "Give it its number at once", "check", required=False),
            ],
            preview=acts.preview_credit,
        ),
        VerbButton(
            "refund",
            "Refund",
            "payments:refund",
            "Money goes back through the providers that took it; what no note has credited yet is credited first.",
            acts.refund,
            [
                Field("amount", "Amount", required=False, hint="In major units, with VAT; empty: all that can."),
                REASON,
            ],
            danger=True,
            preview=acts.preview_refund,
            makes="credit_note.issued",
        ),
        VerbButton(
            "regenerate_pdf",
            "Make the PDF anew",
            "invoices:regenerate_pdf",
            "A new version of its files is made; number, amounts and the old files stay.",
            acts.regenerate_pdf,
            [REASON],
        ),
        VerbButton(
            "verify",
            "Verify the seal",
            "invoices:verify",
            "Its whole series is computed anew and every file held against its digest; nothing is changed.",
            acts.verify,
        ),
        VerbButton(
            "void",
            "Void",
            "invoices:void",
            "It is cancelled for good. Its number stays used, nothing is due on it, and its new PDF says VOID.",
            acts.void,
            [REASON],
            danger=True,
        ),
        REVOKE,
        VerbButton("delete", "Delete", "invoices:delete", "The draft goes, with its lines.", acts.delete, danger=True),
    )

    def visible(self, uow: UnitOfWork) -> Select[Invoice]:
        uow.authorize(self.permission)
        return invoices.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> Context:
        invoice = await documents.detail(uow, pk)
        terms = await partners.settings_of(uow, invoice.partner_id)
        ladder = payments.timetable(terms.dunning_retry_days, terms.dunning_reminder_days, terms.dunning_suspend_day)
        corrected = invoice.referenced_invoice_id or ""
        return {
            "invoice": invoice,
            "referenced": (await invoices.numbers(uow, [corrected])).get(corrected, corrected),
            "explained": await explanations.explain(uow, pk, language=reader.get().language),
            "tenant": (await tenants.names(uow, [invoice.tenant_id])).get(invoice.tenant_id, invoice.tenant_id),
            "attempts": await payments.of_invoice(uow, pk),
            "refunds": await payments.refunds_of_note(uow, pk) if invoice.referenced_invoice_id else [],
            "disputes": (await payments.disputes(uow, PageRequest(), DisputeFilter(invoice_id=pk))).items,
            "credits": (await credits.page(uow, PageRequest(), CreditFilter(invoice_id=pk))).items,
            "balances": await credits.balances(uow, invoice.tenant_id),
            "reminders": await statements.reminders(uow, pk),
            "dunning": ladder if invoice.past_due_since else [],
            "pursuit": await payments.pursuit_of(uow, pk),
            "links": await invoice_links.of_invoice(uow, pk),
            "timeline": await timeline_of(uow, pk),
        }

    async def details_context(self, request: Request) -> Context:
        detail, console = await self.get_object_for_details(request), console_of(request)
        report = None
        if "check" in detail["invoice"].available_actions:
            report = await invoices.check(console.backend, console.actor, detail["invoice"].id)
        return {
            **await super().details_context(request),
            "report": report,
            "mending": partial(mending, request, detail["invoice"]),
            "line_form": line_form,
        }

    def title_of(self, detail: Context) -> str:
        invoice = detail["invoice"]
        kind = gettext("Credit note") if invoice.document_type == DocumentType.credit_note else gettext("Invoice")
        return (
            f"{kind} {invoice.number}"
            if invoice.number
            else gettext("Draft %(what)s %(id)s", what=within(kind), id=invoice.id)
        )

    def actions_of(self, detail: Context) -> Sequence[str]:
        invoice = detail["invoice"]
        actions = list(invoice.available_actions)
        if "update" in actions and not invoice.referenced_invoice_id:
            actions += ["add_line", *(["edit_line", "remove_line", "sort_lines"] if invoice.lines else [])]
        owes = invoice.document_type == DocumentType.invoice and invoice.status in OWED and invoice.amount_due_cents > 0
        if owes:
            there = [each for each in detail["balances"] if each.currency == invoice.currency]
            actions += ["collect", "remind", *(["apply_credit"] if there else [])]
        if invoice.amount_paid_cents and invoice.document_type == DocumentType.invoice:
            actions.append("refund")
        if any(link.revoked_at is None for link in detail["links"]):
            actions.append("revoke_links")
        return [*actions, "verify"] if invoice.finalized_at else actions

    @expose("/{pk}/file/{version}/{kind}")
    async def file(self, request: Request) -> Response:
        """Hand out a stored file: `pdf`, or an e-invoice format."""
        file = await self._file(request)
        headers = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
        return Response(file.body, media_type=file.media_type, headers=headers)

    @expose("/{pk}/show/{version}/{kind}")
    async def look(self, request: Request) -> Response:
        """Show a stored file in the browser: the PDF as it is, the XML as text."""
        file = await self._file(request)
        if file.media_type == "application/pdf":
            headers = {"Content-Disposition": f'inline; filename="{file.filename}"'}
            return Response(file.body, media_type=file.media_type, headers=headers)
        shown = await self._asked(request, request.path_params["pk"])
        context = {
            "model_view": self,
            "heading": file.filename,
            "title_of_document": self.title_of(shown),
            "pk": request.path_params["pk"],
            "text": file.body.decode("utf-8", "replace"),
        }
        answer: Response = await self.templates.TemplateResponse(request, "console/einvoice.html", context)
        return answer

    async def _file(self, request: Request) -> DocumentFile:
        console, found = console_of(request), request.path_params
        console.actor.require(self.permission)
        if not found["version"].isdecimal():
            raise HTTPException(404, gettext("There is no such version."))
        if found["kind"] == "pdf":
            return await documents.pdf(console.backend, console.actor, found["pk"], int(found["version"]))
        return await documents.einvoice(console.backend, console.actor, found["pk"], found["kind"])


def line_form(line: LineOut, currency: str) -> str:
    """Give what the form of a line begins with, as the query of its address."""
    return urlencode(
        {
            "line": line.id,
            "description": line.description,
            "quantity": formatting.exact(line.quantity),
            "unit_label": line.unit_label or "",
            "price": formatting.money(line.unit_price_cents, currency).split()[0].replace(",", ""),
            "tax_rate": "" if line.tax_rate is None else formatting.exact(line.tax_rate),
        }
    )


VIEWS = (InvoiceView,)
