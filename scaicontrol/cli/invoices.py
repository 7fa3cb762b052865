"""Invoices and credit notes."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, explanations, invoices, statements
from scaicontrol.services.documents.schemas import InvoiceDetail, Verification, Violation
from scaicontrol.services.explanations.schemas import ExplainedPart
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.schemas import (
    ApplyCreditIn,
    CheckReport,
    FinalizeIn,
    InvoiceFilter,
    InvoiceSummary,
    RenderOut,
)
from scaicontrol.services.statements.schemas import AccountDocumentOut

from .door import command, progress
from .moments import day_option

app = typer.Typer(name="invoices", no_args_is_help=True, help="Invoices and credit notes.")

IssueDate = Annotated[date | None, day_option("--issue-date", help="Default: today.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    status: InvoiceStatus | None = None,
    tenant: str | None = None,
    partner: str | None = None,
    *,
    overdue: bool = False,
    page: int = 1,
) -> list[dict[str, Any]]:
    """List documents, the newest first."""
    wanted = checked(InvoiceFilter, status=status, tenant_id=tenant, partner_id=partner, overdue=overdue or None)
    found = await invoices.page(uow, PageRequest(page), wanted)
    rows = [InvoiceSummary.model_validate(invoice) for invoice in found.items]
    return [row.model_dump(mode="json", include=_SHOWN) for row in rows]


_SHOWN = {
    "id", "number", "document_type", "status", "tenant_id", "issue_date", "due_date", "currency", "total_cents",
    "amount_due_cents",
}  # fmt: skip


@command(app)
async def show(uow: UnitOfWork, invoice_id: str) -> InvoiceDetail:
    """Show everything about a document."""
    return await documents.detail(uow, invoice_id)


@command(app)
async def explain(
    uow: UnitOfWork,
    invoice_id: str,
    line: Annotated[str | None, typer.Option(help="Only this line.")] = None,
    part: Annotated[ExplainedPart | None, typer.Option(help="Only lines, VAT, total or seal.")] = None,
    language: Annotated[str | None, typer.Option(help="en, nl, de, fr, es or it; default: the document's.")] = None,
) -> list[dict[str, Any]]:
    """Work a document's amounts out again and say how each came about."""
    found = await explanations.explain(uow, invoice_id, line_id=line, part=part, language=language)
    return [
        {
            "part": each.part,
            "of": each.title,
            "matches": "yes" if each.matches else "NO",
            "how": "\n".join(each.sentences),
        }
        for each in found.parts
    ]


@command(app)
async def check(backend: Backend, actor: Actor, invoice_id: str, issue_date: IssueDate = None) -> CheckReport:
    """Say everything that keeps a draft from being finalized."""
    return await invoices.check(backend, actor, invoice_id, _on(issue_date))


@command(app, changes=True)
async def finalize(
    backend: Backend,
    actor: Actor,
    invoice_id: str,
    issue_date: IssueDate = None,
    vat_rate_reason: Annotated[
        str | None, typer.Option(help="Go on although a line states a doubtful VAT rate or exemption; why. It is kept.")
    ] = None,
) -> InvoiceSummary:
    """Give a draft its number and freeze it."""
    data = checked(FinalizeIn, issue_date=issue_date, vat_rate_reason=vat_rate_reason)
    return InvoiceSummary.model_validate(await invoices.finalize(backend, actor, invoice_id, data))


@command(app, changes=True)
async def regenerate_pdf(
    uow: UnitOfWork, invoice_id: str, reason: Annotated[str, typer.Option(help="Why; it is kept.")]
) -> RenderOut:
    """Make the files of a document anew, as one more version."""
    return RenderOut.model_validate(await documents.regenerate_pdf(uow, invoice_id, reason))


@command(app, changes=True)
async def remind(
    backend: Backend,
    actor: Actor,
    invoice_id: str,
    level: Annotated[
        int | None, typer.Option(min=1, max=statements.LAST_REMINDER, help="Default: the one after the last.")
    ] = None,
) -> AccountDocumentOut:
    """Make the reminder of an overdue invoice and have it mailed; the same level is made and mailed once."""
    return AccountDocumentOut.model_validate(await statements.remind(backend, actor, invoice_id, level))


@command(app, changes=True)
async def apply_credit(
    uow: UnitOfWork,
    invoice_id: str,
    amount: Annotated[int | None, typer.Option("--amount-cents", min=1, help="Default: as much as there is.")] = None,
    credit: Annotated[str | None, typer.Option(help="Only this credit; default: the oldest first.")] = None,
) -> InvoiceSummary:
    """Let credit of the tenant's balance settle an open invoice."""
    body = checked(ApplyCreditIn, amount_cents=amount, credit_id=credit)
    applied = await invoices.apply_credit(uow, invoice_id, body)
    await uow.write()
    return InvoiceSummary.model_validate(applied)


@command(app)
async def reminders(uow: UnitOfWork, invoice_id: str) -> list[dict[str, Any]]:
    """List the reminders of an invoice that were made."""
    rows = [AccountDocumentOut.model_validate(reminder) for reminder in await statements.reminders(uow, invoice_id)]
    return [row.model_dump(mode="json", include=_REMINDED) for row in rows]


_REMINDED = {"id", "level", "to_day", "filename", "template_id", "template_version"}


def _anything_found(rows: list[dict[str, Any]]) -> bool:
    return any(row["finding"] != "intact" for row in rows)


@command(app, fails=_anything_found)
async def verify(
    backend: Backend,
    actor: Actor,
    partner: str | None = None,
    year: int | None = None,
    *,
    files: Annotated[bool, typer.Option(help="Fetch every stored file and compare its digest too.")] = True,
) -> list[dict[str, Any]]:
    """Re-compute seals, numbers, witnesses and files of every series; ends with 1 when one is not as it was sealed."""
    rows: list[dict[str, Any]] = []
    for series in await backend.ask(actor, documents.series, partner):
        key = (series.partner_id, series.document_type, series.fiscal_year)
        if year not in (None, series.fiscal_year):
            continue
        named = f"{key[0]} {key[1].replace('_', ' ')}s of {key[2]}"
        with progress(f"Seals of {named}") as moved:
            verdict = await backend.ask(actor, documents.verify_series, *key, progress=moved)
        found = verdict.violations
        if files:
            with progress(f"Files of {named}") as moved:
                found = [*found, *await documents.verify_files(backend, actor, *key, progress=moved)]
        rows += _findings(verdict, found)
    return rows


def _findings(verdict: Verification, found: Sequence[Violation]) -> list[dict[str, Any]]:
    common = verdict.model_dump(mode="json", include={"partner_id", "document_type", "fiscal_year", "documents"})
    return [{**common, "finding": each.code, "number": each.number, "message": each.message} for each in found] or [
        {**common, "finding": "intact", "number": None, "message": ""}
    ]


def _on(issue_date: date | None) -> FinalizeIn:
    return FinalizeIn(issue_date=issue_date)
