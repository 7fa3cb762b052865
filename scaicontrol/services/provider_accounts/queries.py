from collections.abc import Sequence

from sqlalchemy import Select, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.work import UnitOfWork

from .models import ProviderAccount


def visible(uow: UnitOfWork) -> Select[ProviderAccount]:
    """Every read for a surface starts here; the session's scope decides whose. Tenants see none."""
    uow.authorize("provider_accounts:read")
    return select(ProviderAccount)


async def get(uow: UnitOfWork, account_id: str, *, lock: bool = False) -> ProviderAccount:
    """
    Give one account.

    Raises NotFound.
    """
    query = visible(uow).where(ProviderAccount.id == account_id)
    found: ProviderAccount | None = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"There is no provider account {account_id}.")
    return found


async def listing(uow: UnitOfWork, partner_id: str | None = None) -> Sequence[ProviderAccount]:
    """List accounts, oldest first, closed ones too."""
    query = visible(uow)
    if partner_id is not None:
        query = query.where(ProviderAccount.partner_id == partner_id)
    return (await uow.session.scalars(query.order_by(ProviderAccount.created_at, ProviderAccount.id))).all()
