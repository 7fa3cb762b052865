"""Tenants as tests need them: in the directory under their partner, ready to buy unless a test says otherwise."""

from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.tenants.models import BillingProfile, Tenant

from . import ACME, GLOBEX, INITECH, NORTHWIND, SOUTHBAY, ada
from .partners import a_configuration, a_partner

BUYER: dict[str, Any] = {
    "company_name": "Acme Nederland B.V.",
    "address_line1": "Coolsingel 40",
    "postal_code": "3011 AD",
    "city": "Rotterdam",
    "country_code": "NL",
    "vat_number": "NL004495445B01",
    "contact_email": "ap@acme.example",
    "is_business": True,
    "preferred_language": "en",
}


def a_tenant(tenant_id: str = ACME, partner_id: str = NORTHWIND, **fields: Any) -> Tenant:
    """Make a tenant that nobody has stored yet."""
    name = tenant_id.removeprefix("tnt_")
    given = {"name": name.capitalize(), "slug": name, "status": "active", "contact_email": f"office@{name}.example"}
    return Tenant(id=tenant_id, partner_id=partner_id, **given | fields)


def a_billing_profile(tenant_id: str = ACME, partner_id: str = NORTHWIND, **fields: Any) -> BillingProfile:
    """Make a complete Dutch business buyer; `fields` make it another one."""
    return BillingProfile(tenant_id=tenant_id, partner_id=partner_id, **{"version": 1} | BUYER | fields)


async def store_tenant(
    backend: Backend, tenant_id: str = ACME, partner_id: str = NORTHWIND, *, billed: bool = True, **profile: Any
) -> Tenant:
    """Put a tenant under a stored partner; `profile` changes its billing profile, `billed=False` leaves it out."""

    async def store(uow: UnitOfWork) -> Tenant:
        tenant = a_tenant(tenant_id, partner_id)
        uow.session.add(tenant)
        await uow.session.flush()
        if billed or profile:
            uow.session.add(a_billing_profile(tenant_id, partner_id, **profile))
        return tenant

    return await backend.perform(ada, store)


async def store_cast(backend: Backend) -> None:
    """Put the whole cast into the directory: Northwind with Acme and Globex, Southbay with Initech."""

    async def store(uow: UnitOfWork) -> None:
        buyers = ((ACME, NORTHWIND), (GLOBEX, NORTHWIND), (INITECH, SOUTHBAY))
        uow.session.add_all([a_partner(NORTHWIND), a_partner(SOUTHBAY)])
        await uow.session.flush()
        uow.session.add_all([a_configuration(NORTHWIND), a_configuration(SOUTHBAY)])
        uow.session.add_all([a_tenant(tenant_id, partner_id) for tenant_id, partner_id in buyers])
        await uow.session.flush()
        uow.session.add_all([a_billing_profile(tenant_id, partner_id) for tenant_id, partner_id in buyers])

    await backend.perform(ada, store)
