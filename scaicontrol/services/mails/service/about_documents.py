"""Mails about documents: their delivery, their reminders, the charges that failed."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.money import exponent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, invoice_links, invoices, partners, statements, templates
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.notifications import StoredAttachment
from scaicontrol.services.templates import Letter, MailKind, TemplateSelection, TemplateType, filters

from ..letters import letterhead, linked
from .posting import ACTOR, Post, send


async def mail_document(backend: Backend, delivery_id: str) -> None:
    """Mail a document that is to be delivered, with its files."""
    await send(backend, await backend.perform(ACTOR, _document, delivery_id))


async def _document(uow: UnitOfWork, delivery_id: str) -> Post:
    material = await documents.mail_material(uow, delivery_id)
    invoice = material.invoice
    kind: MailKind = "email_credit_note" if invoice.is_credit_note else "email_invoice"
    return Post(
        await _letter(uow, invoice, kind, material.recipients),
        invoice.tenant_id,
        invoice.partner_id,
        delivery_id,
        "delivery",
        material.recipients,
        {
            "category": "billing",
            "dedup_key": f"delivery:{delivery_id}",
            "link": f"/billing/invoices/{invoice.id}",
        },
        [StoredAttachment(name, media, key) for name, media, key in material.attachments],
        link_id=await invoice_links.prepare(uow, invoice, f"delivery:{delivery_id}"),
    )


async def mail_reminder(backend: Backend, invoice_id: str, level: int, step: str) -> None:
    """Remind of an unpaid invoice; the reminder travels with the mail, as soon as the invoice is overdue at all."""
    attachments: list[StoredAttachment] = []
    # A charge may fail before the due date, and what is paid meanwhile is not reminded of. Where its template fails the
    # reminder waits, as a document waits for its files: the fact is shown again.
    with suppress(statements.NotOverdue):
        paper = await statements.make_reminder(backend, ACTOR, invoice_id, level)
        attachments.append(StoredAttachment(paper.filename, "application/pdf", paper.storage_key))
    post = await backend.perform(ACTOR, _about_invoice, invoice_id, "email_dunning_reminder", step)
    await send(backend, replace(post, attachments=attachments) if post else None)


async def mail_payment_failed(
    backend: Backend,
    invoice_id: str,
    attempt: int,
    code: str | None,
    next_retry_on: date | None,
    *,
    step: str | None = None,
) -> None:
    """Say that a charge failed and when the next one follows; nothing is said of what was paid meanwhile."""
    failure = {"code": code, "next_retry_at": next_retry_on, "attempt": attempt}
    about = await backend.perform(
        ACTOR, _about_invoice, invoice_id, "email_payment_failed", step or f"attempt:{attempt}", failure=failure
    )
    await send(backend, about)


async def _about_invoice(
    uow: UnitOfWork, invoice_id: str, kind: MailKind, step: str, failure: Mapping[str, Any] | None = None
) -> Post | None:
    invoice = await invoices.get(uow, invoice_id)
    if invoice.amount_due_cents <= 0:
        return None
    contact = (invoice.buyer_snapshot or {}).get("contact_email")
    return Post(
        await _letter(uow, invoice, kind, [contact] if contact else [], failure),
        invoice.tenant_id,
        invoice.partner_id,
        invoice.id,
        step,
        [contact] if contact else [],
        {
            "category": "billing",
            "severity": "warning",
            "dedup_key": f"{kind}:{invoice.id}:{step}",
            "link": f"/billing/invoices/{invoice.id}",
        },
        link_id=await invoice_links.prepare(uow, invoice, f"{kind}:{step}"),
    )


async def _letter(
    uow: UnitOfWork,
    invoice: Invoice,
    kind: MailKind,
    addresses: Sequence[str],
    failure: Mapping[str, Any] | None = None,
) -> Letter:
    """Gather what a mail about a document says; what is left to pay is what is left now."""
    language = invoice.language or "en"
    seller, buyer = invoice.seller_snapshot or {}, invoice.buyer_snapshot or {}
    name = str(buyer.get("company_name") or "")
    link = f"{await partners.portal_url(uow, invoice.partner_id)}/billing/invoices/{invoice.id}"
    template = await templates.resolve(uow, TemplateSelection.of(TemplateType(kind), language, seller, buyer))
    variables: dict[str, Any] = {}
    if template is not None:
        variables = await invoices.template_variables(uow, invoice.id)
        variables |= {"recipient": {"name": name, "email": next(iter(addresses), None)}, "portal_url": link}
        if failure is not None:
            variables["failure"] = failure
        if not invoice.is_credit_note:
            due = Decimal(invoice.amount_due_cents).scaleb(-exponent(invoice.currency))
            variables["totals"] |= {"due": due, "paid": variables["totals"]["total"] - due}
    return Letter(
        kind,
        language,
        _printed_fields(invoice, language),
        name,
        link,
        await letterhead(uow, seller, language),
        variables,
        template,
        linked(uow, template, seller),
    )


def _printed_fields(invoice: Invoice, language: str) -> dict[str, str]:
    places = -exponent(invoice.currency)

    def amount(cents: int) -> str:
        return filters.money(Decimal(abs(cents)).scaleb(places), invoice.currency, language)

    due = invoice.due_date or invoice.issue_date
    return {
        "number": invoice.number or "",
        "total": amount(invoice.total_cents),
        "due": amount(invoice.amount_due_cents),
        "due_date": filters.day(due, language) if due else "",
    }
