"""
What other features ask partners for, by name.

No permission of their own: the calling verb has authorized.
"""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from .models import Partner, PartnerConfiguration
from .queries import with_operator


async def active_ids(uow: UnitOfWork) -> Sequence[str]:
    """Name the partners that sell."""
    return (await uow.session.scalars(select(Partner.id).where(Partner.status == "active"))).all()


async def with_account(uow: UnitOfWork, iban: str) -> list[str]:
    """Name the sellers that are paid to an account, as far as whoever asks may see them; the IBAN without spaces."""
    query = select(PartnerConfiguration.partner_id).where(PartnerConfiguration.iban == iban)
    found = set(await uow.session.scalars(query))
    operator = uow.settings.operator_partner_id
    if operator and operator not in found and await uow.session.get(Partner, operator) is not None:
        own = await uow.session.get(PartnerConfiguration, operator)
        own = with_operator(uow, own or PartnerConfiguration(partner_id=operator))
        if not own.iban and own.operator.get("iban", "").replace(" ", "").upper() == iban:
            found.add(operator)
    return sorted(found)
