"""Mails that follow from facts: who gets them, and what they are about."""

from decimal import Decimal

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.money import exponent
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, notifications, partners, subscriptions, templates, tenants
from scaicontrol.services.invoices import Invoice
from scaicontrol.services.notifications import StoredAttachment
from scaicontrol.services.templates import Letterhead, MailKind

_ACTOR = Actor.system("mails")


async def mail_document(backend: Backend, fact: Outbox) -> None:
    """A document is to be delivered: mail it with its files."""
    await backend.perform(_ACTOR, _document, str((fact.payload or {})["delivery_id"]))


async def _document(uow: UnitOfWork, delivery_id: str) -> None:
    material = await invoices.mail_material(uow, delivery_id)
    invoice = material.invoice
    kind: MailKind = "email_credit_note" if invoice.is_credit_note else "email_invoice"
    subject, html = templates.render_mail(
        kind,
        material.language,
        _about(invoice, material.language),
        name=_buyer_name(invoice),
        link=f"{uow.settings.public_base_url}/billing/invoices/{invoice.id}",
        sender=_letterhead(invoice),
    )
    await notifications.queue_mail(
        uow,
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        kind=kind,
        resource_id=delivery_id,
        step="delivery",
        recipients=[(address, _buyer_name(invoice)) for address in material.recipients],
        subject=subject,
        html=html,
        attachments=[StoredAttachment(name, media, key) for name, media, key in material.attachments],
    )
    await notifications.notify(
        uow,
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        category="billing",
        title=subject,
        dedup_key=f"delivery:{delivery_id}",
        link=f"/billing/invoices/{invoice.id}",
    )


async def note_delivery(backend: Backend, fact: Outbox) -> None:
    """The transport took a mail: a document that travelled in it has been sent."""
    payload = fact.payload or {}
    if payload.get("kind") in ("email_invoice", "email_credit_note"):
        await backend.perform(_ACTOR, invoices.record_delivery, str(payload["resource_of"]))


async def mail_reminder(backend: Backend, fact: Outbox) -> None:
    """Dunning asks for a reminder."""
    payload = fact.payload or {}
    await backend.perform(
        _ACTOR, _about_invoice, str(payload["invoice_id"]), "email_dunning_reminder", f"reminder:{payload['stage']}"
    )


async def mail_payment_failed(backend: Backend, fact: Outbox) -> None:
    payload = fact.payload or {}
    await backend.perform(
        _ACTOR, _about_invoice, str(payload["invoice_id"]), "email_payment_failed", f"attempt:{payload['attempt']}"
    )


async def _about_invoice(uow: UnitOfWork, invoice_id: str, kind: MailKind, step: str) -> None:
    invoice = await invoices.get(uow, invoice_id)
    contact = (invoice.buyer_snapshot or {}).get("contact_email")
    if invoice.amount_due_cents <= 0:
        return
    language = invoice.language or "en"
    subject, html = templates.render_mail(
        kind,
        language,
        _about(invoice, language),
        name=_buyer_name(invoice),
        link=f"{uow.settings.public_base_url}/billing/invoices/{invoice.id}",
        sender=_letterhead(invoice),
    )
    if contact:
        await notifications.queue_mail(
            uow,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            kind=kind,
            resource_id=invoice.id,
            step=step,
            recipients=[(contact, _buyer_name(invoice))],
            subject=subject,
            html=html,
        )
    await notifications.notify(
        uow,
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        category="billing",
        severity="warning",
        title=subject,
        dedup_key=f"{kind}:{invoice.id}:{step}",
        link=f"/billing/invoices/{invoice.id}",
    )


async def mail_trial_ending(backend: Backend, fact: Outbox) -> None:
    payload = fact.payload or {}
    await backend.perform(
        _ACTOR,
        _about_subscription,
        str(payload["subscription_id"]),
        "email_trial_ending",
        f"d{payload['days_remaining']}",
    )


async def mail_suspended(backend: Backend, fact: Outbox) -> None:
    payload = fact.payload or {}
    await backend.perform(
        _ACTOR,
        _about_subscription,
        str(payload["subscription_id"]),
        "email_subscription_suspended",
        str(fact.idempotency_key)[-40:],
    )


async def _about_subscription(uow: UnitOfWork, subscription_id: str, kind: MailKind, step: str) -> None:
    subscription = await subscriptions.get(uow, subscription_id)
    profile = await tenants.billing_profile(uow, subscription.tenant_id)
    if profile is None:
        return
    terms = await partners.settings_of(uow, subscription.partner_id)
    seller = partners.seller_snapshot(terms)
    language = profile.preferred_language or terms.default_language or "en"
    ends = subscription.trial_ends_at or uow.now
    subject, html = templates.render_mail(
        kind,
        language,
        {
            "service": subscription.service.name,
            "date": templates.day(civil_date(ends, terms.timezone), language),
        },
        name=profile.company_name or "",
        link=f"{uow.settings.public_base_url}/subscriptions/{subscription.id}",
        sender=Letterhead(str(seller.get("trade_name") or seller.get("legal_name") or ""), seller.get("brand_color")),
    )
    if profile.contact_email:
        await notifications.queue_mail(
            uow,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            kind=kind,
            resource_id=subscription.id,
            step=step,
            recipients=[(profile.contact_email, profile.company_name or "")],
            subject=subject,
            html=html,
        )
    await notifications.notify(
        uow,
        tenant_id=subscription.tenant_id,
        partner_id=subscription.partner_id,
        category="subscription",
        severity="warning",
        title=subject,
        dedup_key=f"{kind}:{subscription.id}:{step}",
        link=f"/subscriptions/{subscription.id}",
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


def _buyer_name(invoice: Invoice) -> str:
    return str((invoice.buyer_snapshot or {}).get("company_name") or "")


def _letterhead(invoice: Invoice) -> Letterhead:
    seller = invoice.seller_snapshot or {}
    return Letterhead(str(seller.get("trade_name") or seller.get("legal_name") or ""), seller.get("brand_color"))
