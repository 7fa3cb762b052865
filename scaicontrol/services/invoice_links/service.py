"""Making links for mails, opening one by its signature, and ending them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from scaicontrol.core import signed_values
from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import PaymentProvider
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import invoices, partners, provider_accounts
from scaicontrol.services.invoices.models import Invoice

from .events import InvoiceLinksRevoked, InvoiceLinkUsed
from .models import InvoiceLink

PATH: Final = "/i/"
_PURPOSE: Final = "invoice-link"
_ACTOR: Final = Actor.system("invoice_links")
_SIGNATURE_AGE: Final = timedelta(days=3650)  # the row says when a link expires, by the installation's clock


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that works: the document it opens, and the actor that may see and pay that one."""

    link_id: str
    invoice_id: str
    partner_id: str
    actor: Actor


async def prepare(uow: UnitOfWork, invoice: Invoice, occasion: str) -> str | None:
    """Make the link for a mail about a document, once for each occasion; None where its seller wants no links."""
    uow.authorize("invoice_links:open")
    known: str | None = await uow.session.scalar(
        select(InvoiceLink.id).where(InvoiceLink.invoice_id == invoice.id, InvoiceLink.occasion == occasion)
    )
    days = (await partners.settings_of(uow, invoice.partner_id)).invoice_link_days
    if known is not None or not days:
        return known
    link = InvoiceLink(
        id=new_id("ilk"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        invoice_id=invoice.id,
        occasion=occasion,
        expires_at=uow.now + timedelta(days=days),
        uses=0,
    )
    uow.session.add(link)
    await uow.write()
    return link.id


async def address(backend: Backend, link_id: str) -> str:
    """Write the address of a link, on the host of the seller's portal. Call it outside any transaction."""
    token = await signed_values.sign(backend, _PURPOSE, link_id)
    return f"{await backend.ask(_ACTOR, _portal, link_id)}{PATH}{token}"


async def _portal(uow: UnitOfWork, link_id: str) -> str:
    link = await uow.session.get_one(InvoiceLink, link_id)
    return await partners.portal_url(uow, link.partner_id)


async def open_link(backend: Backend, token: str, *, counts: bool = True) -> Opened | None:
    """
    Open a link and count it; None where it is forged, expired or revoked, which nobody can tell apart.

    `counts` is False for what belongs to a page that was counted already, such as its files.
    """
    value = await signed_values.unsign(backend, _PURPOSE, token, _SIGNATURE_AGE)
    link_id = value if isinstance(value, str) else ""  # asked for all the same: how long it takes tells nothing
    if counts:
        return await backend.perform(_ACTOR, _use, link_id)
    return await backend.ask(_ACTOR, _find, link_id)


async def _find(uow: UnitOfWork, link_id: str) -> Opened | None:
    uow.authorize("invoice_links:open")
    link = await uow.session.get(InvoiceLink, link_id)
    return _opened(link) if link is not None and link.works_at(uow.now) else None


async def _use(uow: UnitOfWork, link_id: str) -> Opened | None:
    uow.authorize("invoice_links:open")
    link = await uow.session.get(InvoiceLink, link_id, with_for_update=True)
    if link is None or not link.works_at(uow.now):
        return None
    link.uses, link.last_used_at = link.uses + 1, uow.now
    uow.emit(
        InvoiceLinkUsed(
            invoice_id=link.invoice_id,
            tenant_id=link.tenant_id,
            partner_id=link.partner_id,
            link_id=link.id,
            nth=link.uses,
        )
    )
    return _opened(link)


def _opened(link: InvoiceLink) -> Opened:
    actor = Actor(
        id=link.id,
        kind=ActorKind.link,
        scope=Scope.tenant(link.partner_id, link.tenant_id),
        name="Whoever has this link",
        document_id=link.invoice_id,
    )
    return Opened(link.id, link.invoice_id, link.partner_id, actor)


async def ways_to_pay(backend: Backend, opened: Opened) -> Sequence[PaymentProvider]:
    """Name the providers at whose page the document can be paid; what a tenant has stored is not offered."""
    terms = await backend.ask(_ACTOR, partners.settings_of, opened.partner_id)
    known = await provider_accounts.offered(backend, opened.partner_id, terms.payment_providers)
    return [each for each in known if "redirect" in each.capabilities]


@verb
async def revoke(uow: UnitOfWork, invoice_id: str) -> Sequence[InvoiceLink]:
    """
    End every link to a document that works, and give those; a mail that is sent again brings a new one.

    Raises NotFound.
    """
    uow.authorize("invoice_links:revoke")
    invoice = await invoices.get(uow, invoice_id)
    query = select(InvoiceLink).where(InvoiceLink.invoice_id == invoice_id, InvoiceLink.revoked_at.is_(None))
    found = await uow.session.scalars(query.order_by(InvoiceLink.id).with_for_update())
    working = [link for link in found if link.works_at(uow.now)]
    if not working:
        return []
    for link in working:
        link.revoked_at, link.revoked_by = uow.now, uow.actor.id
    uow.emit(
        InvoiceLinksRevoked(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            link_ids=[link.id for link in working],
            revoked_at=uow.now,
        )
    )
    return working
