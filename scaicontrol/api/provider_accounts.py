from collections.abc import Sequence

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provider_accounts
from scaicontrol.services.provider_accounts.models import ProviderAccount
from scaicontrol.services.provider_accounts.schemas import (
    ProviderAccountIn,
    ProviderAccountOut,
    ProviderAccountPut,
    ProviderCheckOut,
)

from .door import Many, One, Router

router = Router("/admin/provider-accounts", tags=["admin-provider-accounts"])


@router.get(
    "", response_model=Many[ProviderAccountOut], permission="provider_accounts:read", summary="List provider accounts"
)
async def index(uow: UnitOfWork, partner_id: str | None = None) -> Sequence[ProviderAccount]:
    """Oldest first, closed ones too; the installation's own account is none of them."""
    return await provider_accounts.listing(uow, partner_id)


@router.post(
    "",
    response_model=One[ProviderAccountOut],
    status_code=201,
    permission="provider_accounts:manage",
    keyed=True,
    summary="Add a provider account",
)
async def create(backend: Backend, actor: Actor, body: ProviderAccountIn) -> ProviderAccount:
    """Secrets stay in the vault; give their paths. It takes new money where no other of the seller's is preferred."""
    return await provider_accounts.create(backend, actor, body)


@router.get(
    "/{account_id}",
    response_model=One[ProviderAccountOut],
    permission="provider_accounts:read",
    summary="Read a provider account",
)
async def read(uow: UnitOfWork, account_id: str) -> ProviderAccount:
    return await provider_accounts.get(uow, account_id)


@router.put(
    "/{account_id}",
    response_model=One[ProviderAccountOut],
    permission="provider_accounts:manage",
    summary="Change a provider account",
)
async def update(backend: Backend, actor: Actor, account_id: str, body: ProviderAccountPut) -> ProviderAccount:
    """New credentials must be of the same account there: what it took is asked about with them."""
    return await provider_accounts.update(backend, actor, account_id, body)


@router.post(
    "/{account_id}/prefer",
    response_model=One[ProviderAccountOut],
    permission="provider_accounts:manage",
    summary="Make a provider account the default",
)
async def prefer(uow: UnitOfWork, account_id: str) -> ProviderAccount:
    """For everything it serves, before the seller's others at that provider."""
    return await provider_accounts.prefer(uow, account_id)


@router.post(
    "/{account_id}/close",
    response_model=One[ProviderAccountOut],
    permission="provider_accounts:manage",
    summary="Close a provider account",
)
async def close(uow: UnitOfWork, account_id: str) -> ProviderAccount:
    """It takes nothing new; what it took is still given back there."""
    return await provider_accounts.close(uow, account_id)


@router.post(
    "/{account_id}/check",
    response_model=One[ProviderCheckOut],
    permission="provider_accounts:manage",
    summary="Check the credentials of a provider account",
)
async def check(backend: Backend, actor: Actor, account_id: str) -> ProviderCheckOut:
    """The provider is asked for something that moves nothing."""
    return await provider_accounts.check(backend, actor, account_id)
