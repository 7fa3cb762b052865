"""Partners that can sell, through their own feature's rows."""

from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.partners import Partner, PartnerConfiguration

from . import NORTHWIND, SOUTHBAY

NORTHWIND_SELLS = {
    "legal_name": "Northwind Trading B.V.",
    "seller_country_code": "NL",
    "seller_address_line1": "Damrak 1",
    "seller_postal_code": "1012 LG",
    "seller_city": "Amsterdam",
    "seller_vat_number": "NL004495445B01",
    "seller_registration_number": "12345678",
    "seller_email": "billing@northwind.example",
    "seller_phone": "+31 20 123 4567",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
    "timezone": "Europe/Amsterdam",
}


async def sellers(backend: Backend, **changes: Any) -> None:
    """Northwind and Southbay, both Dutch; `changes` are Northwind's own terms."""

    async def add(uow: UnitOfWork) -> None:
        for partner_id, name, own in ((NORTHWIND, "Northwind", changes), (SOUTHBAY, "Southbay", {})):
            uow.session.add(Partner(id=partner_id, name=name, slug=name.lower()))
            await uow.session.flush()
            uow.session.add(PartnerConfiguration(partner_id=partner_id, **(NORTHWIND_SELLS | own)))

    await backend.perform(Actor.system("setup"), add)


async def sellers_and_buyers(backend: Backend) -> None:
    await sellers(backend)
