"""Providers as the account that a payment, method or webhook belongs to."""

from collections.abc import Sequence

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Unavailable
from scaicontrol.core.payment_ports import INSTALLATION, AccountSettings, PaymentProvider
from scaicontrol.core.work import UnitOfWork

from . import queries, reads

_ACTOR = Actor.system("provider_accounts")


async def opened(backend: Backend, provider: str, account_id: str) -> PaymentProvider:
    """
    Give the provider as one account; a closed one too, since what it took is given back there.

    Raises Unavailable where it is not configured here.
    """
    if account_id == INSTALLATION:
        found = backend.ports.payment_providers.get(provider)
        if found is None:
            raise Unavailable(f"The payment provider {provider} is not configured.")
        return found
    try:
        settings = await backend.ask(_ACTOR, _settings, account_id)
    except NotFound as error:
        raise Unavailable(error.message) from error
    if settings.provider != provider:
        raise Unavailable(f"Account {account_id} is none of {provider}.")
    return backend.ports.provider_accounts.open(settings)


async def _settings(uow: UnitOfWork, account_id: str) -> AccountSettings:
    uow.authorize("provider_accounts:read")
    return (await queries.get(uow, account_id)).settings


async def offered(backend: Backend, partner_id: str, providers: Sequence[str]) -> list[PaymentProvider]:
    """Give those providers through which a seller takes new money, each as its preferred account."""
    found = []
    for provider, account in await backend.ask(_ACTOR, _preferred, partner_id, providers):
        if isinstance(account, AccountSettings):
            found.append(backend.ports.provider_accounts.open(account))
        elif account == INSTALLATION and provider in backend.ports.payment_providers:
            found.append(backend.ports.payment_providers[provider])
    return found


async def _preferred(
    uow: UnitOfWork, partner_id: str, providers: Sequence[str]
) -> list[tuple[str, AccountSettings | str | None]]:
    """Name what takes new money: settings, the installation's own account, or nothing where all are closed."""
    uow.authorize("provider_accounts:read")
    found: list[tuple[str, AccountSettings | str | None]] = []
    for provider in providers:
        known = await reads.of_provider(uow, partner_id, provider)
        taking = next((each.settings for each in known if each.is_open), None)
        found.append((provider, taking if known else INSTALLATION))
    return found
