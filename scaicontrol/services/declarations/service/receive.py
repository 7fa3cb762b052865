"""Receiving a declaration from whoever makes it, and finding the contract it names."""

from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import identity, partners, tenants
from scaicontrol.services.invoices.reads.documents import billed_on
from scaicontrol.services.subscriptions.reads.named import named
from scaicontrol.services.tenants.reads import find as find_tenant

from ..events import DeclarationReceived
from ..lifecycle import DeclarationKind
from ..models import Declaration
from ..schemas import DeclarationIn


class Found(NamedTuple):
    """The contract that was named, as far as it is one of the seller's."""

    tenant_id: str | None = None
    subscription_id: str | None = None


async def receive(uow: UnitOfWork, partner_id: str, body: DeclarationIn) -> Declaration:
    """
    Keep what was declared, whatever it names; the same sent again is the same one, a corrected form another.

    Raises NotFound where the seller does not take such declarations.
    """
    uow.authorize("declarations:receive")
    terms = await partners.settings_of(uow, partner_id)
    offered = terms.offers_withdrawal if body.kind is DeclarationKind.withdrawal else terms.offers_cancellation
    if not offered:
        raise NotFound("This seller takes no such declarations here.")
    key = _key_of(body)
    known: Declaration | None = await uow.session.scalar(
        select(Declaration).where(Declaration.partner_id == partner_id, Declaration.submission_key == key)
    )
    if known is not None:
        return known
    found = await _find(uow, partner_id, body.contract)
    declaration = Declaration(
        id=new_id("dcl"),
        partner_id=partner_id,
        **body.model_dump(exclude={"submission_key"}),
        submission_key=key,
        submitted_at=uow.now,
        found_tenant_id=found.tenant_id,
        found_subscription_id=found.subscription_id,
        is_sender_known=found.tenant_id is not None and await _is_known(uow, found.tenant_id, body.email),
    )
    uow.session.add(declaration)
    uow.emit(
        DeclarationReceived(
            declaration_id=declaration.id,
            partner_id=partner_id,
            tenant_id=found.tenant_id,
            kind=body.kind,
            submitted_at=uow.now,
        )
    )
    await uow.write()
    return declaration


def _key_of(body: DeclarationIn) -> str:
    """Tell a second click from a form that was corrected: browsers that go back keep the key of the page."""
    return sha256(body.model_dump_json().encode()).hexdigest()


async def _find(uow: UnitOfWork, partner_id: str, contract: str) -> Found:
    """Find a contract by its id, its external reference or the number of an invoice about it; several are none."""
    found = [Found(*each) for each in await named(uow, partner_id, contract)]
    found = found or [Found(*each) for each in await billed_on(uow, partner_id, contract)]
    if len(found) == 1:
        return found[0]
    owners = {each.tenant_id for each in found}
    return Found(owners.pop()) if len(owners) == 1 else Found()


async def _is_known(uow: UnitOfWork, tenant_id: str, email: str) -> bool:
    """Tell whether an address is one of a tenant's: of who is billed, who is in charge, or somebody who signs in."""
    profile, tenant = await tenants.billing_profile(uow, tenant_id), await find_tenant(uow, tenant_id)
    people = await identity.page_users(uow, PageRequest(), q=email, tenant_id=tenant_id)
    held = [profile and profile.contact_email, tenant and tenant.contact_email, *(each.email for each in people.items)]
    return email.casefold() in {address.casefold() for address in held if address}
