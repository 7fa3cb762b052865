from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqladmin import expose
from sqlalchemy import Select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit, credits, documents, explanations, invoices, payments, tenants
from scaicontrol.services.credits.schemas import CreditFilter
from scaicontrol.services.documents.schemas import SendIn
from scaicontrol.services.invoices.lifecycle import OWED, DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import ApplyCreditIn, CreditIn, FinalizeIn, MarkPaidIn, ReasonIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, day_column, named_column
from .menu import MenuGroup
from .request_context import console_of
from .verbs import Field, VerbButton, cents_of, day_of

Given = Mapping[str, str]
REASON = Field("reason", "Reason", "long", hint="Kept with the document and in the audit log.")


async def finalize(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    issue_date = given.get("issue_date") or None
    data = FinalizeIn.model_validate({"issue_date": issue_date})
    invoice = await invoices.finalize(backend, actor, pk, data)
    return f"{_name(invoice)} is finalized. Its files are being made."


async def send(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    to = [address.strip() for address in given.get("to", "").split(",") if address.strip()]
    data = SendIn.model_validate({"to": to or None})
    await backend.perform(actor, documents.send, pk, data)
    return f"The mail to {', '.join(to) or 'the billing contact'} is queued."


async def void(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = ReasonIn.model_validate({"reason": given.get("reason", "")})
    invoice = await backend.perform(actor, invoices.void, pk, data.reason)
    return f"{_name(invoice)} is void."


async def credit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = CreditIn.model_validate({"reason": given.get("reason", "")})
    note = await invoices.credit(backend, actor, pk, data)
    return f"{_name(note)} is written over all that was left; check and finalize it."


async def mark_paid(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    invoice = await backend.ask(actor, invoices.get, pk)
    data = MarkPaidIn.model_validate(
        {
            "amount_cents": cents_of(given.get("amount", ""), invoice.currency),
            "paid_at": datetime.combine(day_of("paid_on", given.get("paid_on", "")), time(), UTC),
            "reference": given.get("reference", ""),
            "method": given.get("method", ""),
        }
    )
    booked = await backend.perform(actor, invoices.mark_paid, pk, data)
    return f"{formatting.money(booked.amount_cents, invoice.currency)} is booked on {_name(invoice)}."


async def apply_credit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    invoice = await backend.ask(actor, invoices.get, pk)
    data = ApplyCreditIn(amount_cents=cents_of(given.get("amount", ""), invoice.currency))
    before = invoice.amount_due_cents
    settled = await backend.perform(actor, invoices.apply_credit, pk, data)
    return f"{formatting.money(before - settled.amount_due_cents, invoice.currency)} of credit settle {_name(invoice)}."


async def regenerate_pdf(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = ReasonIn.model_validate({"reason": given.get("reason", "")})
    wanted = await backend.perform(actor, documents.regenerate_pdf, pk, data.reason)
    return f"Version {wanted.version} is being made."


def _name(invoice: Invoice) -> str:
    said = str(invoice)
    return said[0].upper() + said[1:]


class InvoiceView(ControlView, model=Invoice):
    name, name_plural, icon = "Invoice", "Invoices", "invoices"
    category, rank, shortcut = MenuGroup.money, 10, "i"
    about = "Invoices and credit notes of every tenant you see."
    prefix = "inv"
    permission = "invoices:administer"
    details_template = "console/invoice.html"
    searched = (Invoice.number, Invoice.id, Invoice.tenant_id)
    search_hint = "number, id or tenant"
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
        ListFilter("currency", "Currency", lambda value: Invoice.currency == value.upper()),
        ListFilter("tenant", "Tenant", lambda value: Invoice.tenant_id == value, kind="tenant"),
        ListFilter("issued_from", "Issued from", lambda value: Invoice.issue_date >= _filter_day(value), kind="date"),
        ListFilter("issued_to", "Issued to", lambda value: Invoice.issue_date <= _filter_day(value), kind="date"),
    )
    verbs = (
        VerbButton(
            "finalize",
            "Finalize",
            "invoices:finalize",
            "It gets its legal number and seal, and its files are made. This is final: a credit note corrects it.",
            finalize,
            [Field("issue_date", "Issue date", "date", required=False, hint="Empty: today where the seller is.")],
            ready=invoices.check,
            bulk=True,
        ),
        VerbButton(
            "send",
            "Send",
            "invoices:send",
            "It is mailed with its PDF.",
            send,
            [Field("to", "Recipients", required=False, hint="Addresses with commas; empty: the billing contact.")],
            bulk=True,
        ),
        VerbButton(
            "mark_paid",
            "Mark as paid",
            "invoices:mark_paid",
            "Money that arrived outside any payment provider is booked on it; what is too much becomes a credit.",
            mark_paid,
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
            apply_credit,
            [Field("amount", "Amount", required=False, hint="In major units; empty: as much as there is.")],
        ),
        VerbButton(
            "credit",
            "Credit note",
            "invoices:credit",
            "A draft credit note is written over everything that has not been credited yet.",
            credit,
            [REASON],
        ),
        VerbButton(
            "regenerate_pdf",
            "Make the PDF anew",
            "invoices:regenerate_pdf",
            "A new version of its files is made; number, amounts and the old files stay.",
            regenerate_pdf,
            [REASON],
        ),
        VerbButton(
            "void",
            "Void",
            "invoices:void",
            "It is cancelled for good. Its number stays used, nothing is due on it, and its new PDF says VOID.",
            void,
            [REASON],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Invoice]:
        uow.authorize(self.permission)
        return invoices.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> dict[str, Any]:
        invoice = await documents.detail(uow, pk)
        return {
            "invoice": invoice,
            "explained": await explanations.explain(uow, pk, language="en"),
            "tenant": (await tenants.names(uow, [invoice.tenant_id])).get(invoice.tenant_id, invoice.tenant_id),
            "attempts": await payments.of_invoice(uow, pk),
            "credits": (await credits.page(uow, PageRequest(), CreditFilter(invoice_id=pk))).items,
            "balances": await credits.balances(uow, invoice.tenant_id),
            "timeline": await audit.timeline(uow, pk) if uow.actor.may("audit:read") else [],
        }

    def title_of(self, detail: dict[str, Any]) -> str:
        invoice = detail["invoice"]
        kind = "Credit note" if invoice.document_type == DocumentType.credit_note else "Invoice"
        return f"{kind} {invoice.number}" if invoice.number else f"Draft {kind.lower()} {invoice.id}"

    def actions_of(self, detail: dict[str, Any]) -> Sequence[str]:
        invoice = detail["invoice"]
        there = [each for each in detail["balances"] if each.currency == invoice.currency]
        owes = invoice.document_type == DocumentType.invoice and invoice.status in OWED and invoice.amount_due_cents > 0
        return [*invoice.available_actions, *(["apply_credit"] if there and owes else [])]

    @expose("/{pk}/file/{version}/{kind}")
    async def file(self, request: Request) -> Response:
        """Hand out a stored file: `pdf`, or an e-invoice format."""
        console, found = console_of(request), request.path_params
        console.actor.require(self.permission)
        if not found["version"].isdecimal():
            raise HTTPException(404, "There is no such version.")
        if found["kind"] == "pdf":
            file = await documents.pdf(console.backend, console.actor, found["pk"], int(found["version"]))
        else:
            file = await documents.einvoice(console.backend, console.actor, found["pk"], found["kind"])
        headers = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
        return Response(file.body, media_type=file.media_type, headers=headers)


def _filter_day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise HTTPException(400, "Days are written as 2026-01-31.") from None


VIEWS = (InvoiceView,)
