"""
Sending documents. Whoever mails (notifications) writes the mail and tells when it was accepted; here the document
learns that it was sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from scaicontrol.core.errors import Conflict, NotFound, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.mail_addresses import is_one
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners
from scaicontrol.services.einvoices import format_of, prefers_einvoice
from scaicontrol.services.invoices.lifecycle import Channel, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice

from .. import queries
from ..events import DeliveryRequested
from ..models import DocumentDelivery, DocumentVersion
from ..schemas import DeliveryQueued, SendIn

_A_DAY = timedelta(days=1)
_TENANT_MAILS_A_DAY = 5
_RENDER_SECONDS = 10


@verb
async def send(uow: UnitOfWork, invoice_id: str, data: SendIn | None = None) -> DeliveryQueued:
    """
    Ask for a finalized document to be mailed, or show it in the portal, which delivers it at once.

    A tenant's own user may have it mailed to the billing contact only, five times a day. Conflict while its files are
    still being made.

    Raises NotFound, Refused for a draft, a void document or one mail too many, Invalid for a recipient the caller may
    not name, Conflict while its files are still being made.
    """
    uow.authorize("invoices:send")
    data = data or SendIn()
    invoice = await invoices.get(uow, invoice_id, lock=True)
    invoice.require_sealed("send")
    if invoice.status == InvoiceStatus.void:
        raise Refused(f"Cannot send {invoice}: it is void.")
    if uow.actor.tenant_id is not None:
        await _allow_tenant(uow, invoice, data)
    recipients = _recipients(invoice, data)
    if data.channel == Channel.email:
        await require_files(uow, invoice)
    delivery = await _ask(uow, invoice, data, recipients)
    if data.channel == Channel.portal:
        await _delivered(uow, invoice, delivery)
    return DeliveryQueued(mail_id=delivery.id, status="delivered" if delivery.delivered_at else "pending")


async def send_by_itself(uow: UnitOfWork, invoice: Invoice) -> None:
    """Send a freshly archived document where the seller sends by itself; without an address it waits for a person."""
    recipients = _recipients(invoice, SendIn(), required=False)
    if invoice.sent_at is None and recipients:
        await _ask(uow, invoice, SendIn(), recipients)


async def record_delivery(uow: UnitOfWork, delivery_id: str, delivered_at: datetime | None = None) -> None:
    """Note that the mail was accepted: the document is sent. The same delivery again changes nothing."""
    uow.authorize("invoices:send")
    delivery = await uow.session.get(DocumentDelivery, delivery_id)
    if delivery is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    invoice = await invoices.get(uow, delivery.invoice_id, lock=True)
    delivery = await uow.session.get_one(DocumentDelivery, delivery_id, with_for_update=True, populate_existing=True)
    if delivery.delivered_at is None:
        await _delivered(uow, invoice, delivery, delivered_at)


@dataclass(frozen=True, slots=True)
class MailMaterial:
    """Everything a mail about a document is written from; attachments are (file name, media type, storage key)."""

    invoice: Invoice
    recipients: Sequence[str]
    template_type: str
    template_name: str | None
    language: str
    attachments: Sequence[tuple[str, str, str]]


async def mail_material(uow: UnitOfWork, delivery_id: str) -> MailMaterial:
    """Give whoever mails a delivery its recipients, language, template and stored files."""
    uow.authorize("invoices:read")
    delivery = await uow.session.get(DocumentDelivery, delivery_id)
    if delivery is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    invoice = await invoices.get(uow, delivery.invoice_id)
    newest: dict[str, DocumentVersion] = {}
    for stored in await queries.versions(uow, invoice.id):
        newest.setdefault("xml" if stored.kind == "xml" else "pdf", stored)
    wanted = ("pdf", "xml") if delivery.attach_xml else ("pdf",)
    return MailMaterial(
        invoice=invoice,
        recipients=delivery.recipients,
        template_type="email_credit_note" if invoice.is_credit_note else "email_invoice",
        template_name=(invoice.buyer_snapshot or {}).get("email_template_name"),
        language=invoice.language or "en",
        attachments=[
            (f"{invoice.number}.{kind}", f"application/{kind}", newest[kind].storage_key)
            for kind in wanted
            if kind in newest
        ],
    )


async def require_files(uow: UnitOfWork, invoice: Invoice) -> None:
    """Raise Conflict with a time to come back while a document has no files yet."""
    stored = select(DocumentVersion.id).where(DocumentVersion.invoice_id == invoice.id).limit(1)
    if await uow.session.scalar(stored) is None:
        raise Conflict(f"The files of {invoice} are still being made.", retry_after=_RENDER_SECONDS)


async def _allow_tenant(uow: UnitOfWork, invoice: Invoice, data: SendIn) -> None:
    if data.to or data.channel != Channel.email:
        raise invalid("to", "You can have it mailed to your billing contact only; change the contact in your profile.")
    asked = select(func.count()).where(
        DocumentDelivery.invoice_id == invoice.id, DocumentDelivery.requested_at > uow.now - _A_DAY
    )
    if (await uow.session.scalar(asked) or 0) >= _TENANT_MAILS_A_DAY:
        raise Refused(f"{invoice} was mailed {_TENANT_MAILS_A_DAY} times within a day; try again tomorrow.")


def _recipients(invoice: Invoice, data: SendIn, *, required: bool = True) -> list[str]:
    if data.channel == Channel.portal:
        return []
    contact = (invoice.buyer_snapshot or {}).get("contact_email") or ""
    recipients = data.to or ([contact] if is_one(contact) else [])
    if required and not recipients:
        lacks = f"'{contact}' is not one mail address" if contact else "has no contact address"
        raise invalid("to", f"The buyer of {invoice}: {lacks}; name a recipient.")
    return recipients


async def _ask(uow: UnitOfWork, invoice: Invoice, data: SendIn, recipients: list[str]) -> DocumentDelivery:
    attach = data.attach_xml
    if attach is None:
        wants = prefers_einvoice(invoice.buyer_snapshot or {})
        attach = wants and (await partners.settings_of(uow, invoice.partner_id)).attach_einvoice_xml
    delivery = DocumentDelivery(
        id=new_id("mel"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        invoice_id=invoice.id,
        channel=data.channel,
        recipients=recipients,
        attach_xml=attach,
        einvoice_format=format_of(invoice.buyer_snapshot or {}) if attach else None,
        requested_at=uow.now,
        requested_by=uow.actor.id,
    )
    uow.session.add(delivery)
    if data.channel == Channel.email:
        uow.emit(
            DeliveryRequested(
                invoice_id=invoice.id,
                tenant_id=invoice.tenant_id,
                partner_id=invoice.partner_id,
                delivery_id=delivery.id,
                number=invoice.number or "",
                document_type=invoice.document_type,
                recipients=recipients,
                attach_xml=attach,
            )
        )
    return delivery


async def _delivered(uow: UnitOfWork, invoice: Invoice, delivery: DocumentDelivery, at: datetime | None = None) -> None:
    moment = at or uow.now
    before = select(func.count()).where(
        DocumentDelivery.invoice_id == invoice.id, DocumentDelivery.delivered_at.is_not(None)
    )
    delivery.nth = (await uow.session.scalar(before) or 0) + 1
    delivery.delivered_at = moment
    invoices.mark_sent(
        uow,
        invoice,
        channel=delivery.channel,
        einvoice_format=delivery.einvoice_format,
        sent_at=moment,
        nth=delivery.nth,
    )
