"""Partners as tests need them: in the directory, complete sellers unless a test says otherwise."""

from datetime import UTC, datetime
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.partners.models import Partner, PartnerConfiguration

from . import NORTHWIND, ada

LINKED = datetime(2026, 1, 1, tzinfo=UTC)
SELLER: dict[str, Any] = {
    "legal_name": "Northwind Cloud B.V.",
    "trade_name": "Northwind",
    "seller_country_code": "NL",
    "seller_address_line1": "Herengracht 101",
    "seller_postal_code": "1015 BE",
    "seller_city": "Amsterdam",
    "seller_vat_number": "NL123456782B90",
    "seller_registration_number": "68750110",
    "seller_email": "billing@northwind.example",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
    "bank_name": "ABN AMRO",
    "account_holder": "Northwind Cloud B.V.",
    "timezone": "Europe/Amsterdam",
}


def a_partner(partner_id: str = NORTHWIND, **fields: Any) -> Partner:
    """Make a partner that nobody has stored yet."""
    name = partner_id.removeprefix("prt_")
    given = {"name": name.capitalize(), "slug": name, "status": "active", "contact_email": f"hello@{name}.example"}
    return Partner(id=partner_id, **given | fields)


def a_configuration(partner_id: str = NORTHWIND, **fields: Any) -> PartnerConfiguration:
    """Make a complete seller with the contract's terms."""
    return PartnerConfiguration(partner_id=partner_id, **{"version": 1, "billing_linked_at": LINKED} | SELLER | fields)


async def store_partner(
    backend: Backend, partner_id: str = NORTHWIND, *, configured: bool = True, **terms: Any
) -> Partner:
    """Put a partner into the directory; `terms` change its configuration, `configured=False` leaves it out."""

    async def store(uow: UnitOfWork) -> Partner:
        partner = a_partner(partner_id)
        uow.session.add(partner)
        await uow.session.flush()
        if configured or terms:
            uow.session.add(a_configuration(partner_id, **terms))
        return partner

    return await backend.perform(ada, store)


async def configured(backend: Backend, partner_id: str = NORTHWIND, **terms: Any) -> None:
    """Change terms of a partner that is there."""

    async def change(uow: UnitOfWork) -> None:
        settings = await partners.settings_of(uow, partner_id)
        for name, value in terms.items():
            setattr(settings, name, value)

    await backend.perform(ada, change)
