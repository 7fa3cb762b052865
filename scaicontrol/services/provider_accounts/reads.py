"""
What payments ask of accounts, by name.

No permission of their own: the caller has authorized, and the session shows what its actor may see.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from scaicontrol.core.payment_ports import INSTALLATION
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.work import UnitOfWork

from .models import ProviderAccount


async def account_for(
    uow: UnitOfWork, partner_id: str, provider: str, currency: str, country: str | None = None
) -> str:
    """
    Name the seller's account that takes new money; the installation's own where the seller never had one.

    Raises Refused where none of the seller's serves the currency and country.
    """
    known = await of_provider(uow, partner_id, provider)
    if not known:
        return INSTALLATION
    serving = [each for each in known if each.is_open and each.serves(currency, country)]
    if not serving:
        where = f" from {country}" if country else ""
        raise refused(
            RefusalCode.provider_cannot,
            f"None of the seller's {provider} accounts takes {currency}{where}; open or change one.",
            provider=provider,
        )
    return serving[0].id


async def of_provider(uow: UnitOfWork, partner_id: str, provider: str) -> Sequence[ProviderAccount]:
    """List a seller's accounts at a provider, closed ones too, the preferred first."""
    query = select(ProviderAccount).where(
        ProviderAccount.partner_id == partner_id, ProviderAccount.provider == provider
    )
    return (await uow.session.scalars(query.order_by(ProviderAccount.preference.desc(), ProviderAccount.id))).all()


async def refusal_of(uow: UnitOfWork, account_id: str, currency: str) -> str | None:
    """Say why an account takes no new money in a currency, or None where it does."""
    if account_id == INSTALLATION:
        return None
    account = await uow.session.get(ProviderAccount, account_id)
    if account is None or not account.is_open:
        return "its provider account is closed"
    return None if account.serves(currency, None) else f"its {account} does not take {currency}"


async def by_ids(uow: UnitOfWork, ids: Collection[str]) -> dict[str, ProviderAccount]:
    """Give these accounts by id; the installation's own is none of them."""
    wanted = set(ids) - {INSTALLATION}
    if not wanted:
        return {}
    found = await uow.session.scalars(select(ProviderAccount).where(ProviderAccount.id.in_(wanted)))
    return {each.id: each for each in found}
