"""Mails that follow from facts: read who gets them and what they are about, write them, and queue them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.money import exponent
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import (
    documents,
    invoices,
    notifications,
    partners,
    statements,
    subscriptions,
    templates,
    tenants,
    uploads,
)
from scaicontrol.services.invoices import Invoice
from scaicontrol.services.notifications import StoredAttachment
from scaicontrol.services.templates import Letter, Letterhead, MailKind, Published, TemplateSelection, TemplateType
from scaicontrol.services.uploads import Pictures

_ACTOR = Actor.system("mails")


@dataclass(frozen=True, slots=True)
class Post:
    """A mail with its addresses and the notice that stands for it in the portal; (`resource_id`, `step`) is unique."""

    letter: Letter
    tenant_id: str
    partner_id: str
    resource_id: str
    step: str
    addresses: Sequence[str]
    notice: Mapping[str, str]
    attachments: Sequence[StoredAttachment] = ()


async def _post(backend: Backend, post: Post | None) -> None:
    """Write a mail, outside any transaction, and queue it with its notice."""
    if post is not None:
        await backend.perform(_ACTOR, _queue, post, *await templates.write_mail(post.letter))


async def _queue(uow: UnitOfWork, post: Post, subject: str, html: str) -> None:
    if post.addresses:
        await notifications.queue_mail(
            uow,
            tenant_id=post.tenant_id,
            partner_id=post.partner_id,
            kind=post.letter.kind,
            resource_id=post.resource_id,
            step=post.step,
            recipients=[(address, post.letter.name) for address in post.addresses],
            subject=subject,
            html=html,
            attachments=post.attachments,
        )
    await notifications.notify(
        uow, tenant_id=post.tenant_id, partner_id=post.partner_id, title=subject[:200], **post.notice
    )


async def mail_document(backend: Backend, fact: Outbox) -> None:
    """A document is to be delivered: mail it with its files."""
    await _post(backend, await backend.perform(_ACTOR, _document, str((fact.payload or {})["delivery_id"])))


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
    )


async def note_delivery(backend: Backend, fact: Outbox) -> None:
    """The transport took a mail: a document that travelled in it has been sent."""
    payload = fact.payload or {}
    if payload.get("kind") in ("email_invoice", "email_credit_note"):
        await backend.perform(_ACTOR, documents.record_delivery, str(payload["resource_of"]))


async def mail_reminder(backend: Backend, fact: Outbox) -> None:
    """Dunning asks for a reminder; its paper travels with the mail, as soon as the invoice is overdue at all."""
    payload = fact.payload or {}
    stage = int(payload["stage"])
    await _mail_reminder(backend, str(payload["invoice_id"]), min(stage, statements.LAST_REMINDER), f"reminder:{stage}")


async def mail_wanted_reminder(backend: Backend, fact: Outbox) -> None:
    """A person asks for a reminder."""
    payload = fact.payload or {}
    await _mail_reminder(backend, str(payload["invoice_id"]), int(payload["level"]), f"asked:{payload['level']}")


async def _mail_reminder(backend: Backend, invoice_id: str, level: int, step: str) -> None:
    attachments: list[StoredAttachment] = []
    # A charge may fail before the due date, and what is paid meanwhile is not reminded of. Where its template fails the
    # reminder waits, as a document waits for its files: the fact is shown again.
    with suppress(statements.NotOverdue):
        paper = await statements.make_reminder(backend, _ACTOR, invoice_id, level)
        attachments.append(StoredAttachment(paper.filename, "application/pdf", paper.storage_key))
    post = await backend.perform(_ACTOR, _about_invoice, invoice_id, "email_dunning_reminder", step)
    await _post(backend, replace(post, attachments=attachments) if post else None)


async def mail_payment_failed(backend: Backend, fact: Outbox) -> None:
    payload = fact.payload or {}
    retry = payload.get("next_retry_at")
    failure = {
        "code": payload.get("failure_code"),
        "next_retry_at": retry and datetime.fromisoformat(retry).date(),
        "attempt": payload["attempt"],
    }
    invoice_id, step = str(payload["invoice_id"]), f"attempt:{payload['attempt']}"
    await _post(
        backend,
        await backend.perform(_ACTOR, _about_invoice, invoice_id, "email_payment_failed", step, failure=failure),
    )


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
    )


async def mail_trial_ending(backend: Backend, fact: Outbox) -> None:
    payload = fact.payload or {}
    days = int(payload["days_remaining"])
    subscription_id = str(payload["subscription_id"])
    await _post(
        backend,
        await backend.perform(
            _ACTOR, _about_subscription, subscription_id, "email_trial_ending", f"d{days}", days_remaining=days
        ),
    )


async def mail_suspended(backend: Backend, fact: Outbox) -> None:
    payload = fact.payload or {}
    subscription_id, step = str(payload["subscription_id"]), str(fact.idempotency_key)[-40:]
    await _post(
        backend,
        await backend.perform(_ACTOR, _about_subscription, subscription_id, "email_subscription_suspended", step),
    )


async def _about_subscription(
    uow: UnitOfWork, subscription_id: str, kind: MailKind, step: str, days_remaining: int | None = None
) -> Post | None:
    subscription = await subscriptions.get(uow, subscription_id)
    profile = await tenants.billing_profile(uow, subscription.tenant_id)
    if profile is None:
        return None
    terms = await partners.settings_of(uow, subscription.partner_id)
    seller = partners.seller_snapshot(terms)
    language = profile.preferred_language or terms.default_language or "en"
    ends = subscription.trial_ends_at and civil_date(subscription.trial_ends_at, terms.timezone)
    name = profile.company_name or ""
    link = f"{uow.settings.public_base_url}/subscriptions/{subscription.id}"
    template = await templates.resolve(
        uow, TemplateSelection.of(TemplateType(kind), language, seller, tenants.buyer_snapshot(profile))
    )
    letter = Letter(
        kind,
        language,
        {
            "service": subscription.service.name,
            "date": templates.day(ends or civil_date(uow.now, terms.timezone), language),
        },
        name,
        link,
        _letterhead(seller),
        {
            "recipient": {"name": name, "email": profile.contact_email},
            "portal_url": link,
            "subscription": {
                "service": subscription.service.name,
                "plan": subscription.plan.name,
                "trial_ends_at": ends,
                "days_remaining": days_remaining,
            },
            "seller": seller | {"address_lines": _address(seller)},
            "brand": {"logo_url": seller.get("logo_url"), "color": seller.get("brand_color")},
        },
        template,
        _linked(uow, template, seller),
    )
    return Post(
        letter,
        subscription.tenant_id,
        subscription.partner_id,
        subscription.id,
        step,
        [profile.contact_email] if profile.contact_email else [],
        {
            "category": "subscription",
            "severity": "warning",
            "dedup_key": f"{kind}:{subscription.id}:{step}",
            "link": f"/subscriptions/{subscription.id}",
        },
    )


def _linked(uow: UnitOfWork, template: Published | None, seller: Mapping[str, Any]) -> Pictures:
    """Mail clients show no embedded pictures: a mail links to the uploads its template names."""
    named = (str(seller.get("logo_url")), *(template.source.texts if template else ()))
    return uploads.linked(uow.settings.public_base_url, seller.get("partner_id"), named)


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
    link = f"{uow.settings.public_base_url}/billing/invoices/{invoice.id}"
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
        _about(invoice, language),
        name,
        link,
        _letterhead(seller),
        variables,
        template,
        _linked(uow, template, seller),
    )


def _about(invoice: Invoice, language: str) -> dict[str, str]:
    places = -exponent(invoice.currency)

    def amount(cents: int) -> str:
        return templates.money(Decimal(abs(cents)).scaleb(places), invoice.currency, language)

    due = invoice.due_date or invoice.issue_date
    return {
        "number": invoice.number or "",
        "total": amount(invoice.total_cents),
        "due": amount(invoice.amount_due_cents),
        "due_date": templates.day(due, language) if due else "",
    }


def _letterhead(seller: Mapping[str, Any]) -> Letterhead:
    return Letterhead(str(seller.get("trade_name") or seller.get("legal_name") or ""), seller.get("brand_color"))


def _address(seller: Mapping[str, Any]) -> list[str]:
    town = " ".join(str(seller[name]) for name in ("seller_postal_code", "seller_city") if seller.get(name))
    return [
        str(line) for line in (seller.get("seller_address_line1"), seller.get("seller_address_line2"), town) if line
    ]
