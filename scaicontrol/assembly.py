"""
Puts a backend together from settings: the database, the clock and everything outside.

Every process starts here, each surface through its own door. In development whatever is not configured points at the
stand-ins of this very installation; production starts on none of them (`Settings.checked`).
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import Clock, KeptClock, SystemClock
from scaicontrol.core.ports import ObjectStore, Ports, Vault, Waker
from scaicontrol.core.settings import Settings
from scaicontrol.db.engine import Database
from scaicontrol.integrations import payment_providers
from scaicontrol.integrations.addresses import AddressRules
from scaicontrol.integrations.client import client
from scaicontrol.integrations.outbound import Outbound
from scaicontrol.integrations.renderer import ProcessRenderer
from scaicontrol.integrations.scaikey import (
    ClientIdentity,
    Endpoints,
    KeyRing,
    ScaiKeyDirectory,
    ScaiKeyLogin,
    ScaiKeyTokens,
    ServiceToken,
)
from scaicontrol.integrations.scaisend import ScaiSend
from scaicontrol.integrations.scaivault import ScaiVault, secret
from scaicontrol.integrations.service_calls import OutboundServiceCaller
from scaicontrol.integrations.standins import development_environment
from scaicontrol.integrations.storage import FolderStore, S3Store
from scaicontrol.integrations.vies import Vies
from scaicontrol.services.changes import PolicyApprovals


@dataclass(frozen=True, slots=True)
class Assembled:
    """A backend and what only the web process needs beside it."""

    backend: Backend
    login: ScaiKeyLogin


class Silence:
    """Wakes nobody: for short-lived processes. The sweeps of the running ones pick their work up."""

    async def wake(self, job: str, *ids: str) -> None:
        return

    async def check(self) -> None:
        return


def effective(settings: Settings) -> Settings:
    """Fill what a development installation was not told with its own stand-ins; check a production one."""
    if not settings.is_development:
        return settings.checked()
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    standins = {name.lower(): value for name, value in development_environment(settings.public_base_url).items()}
    unset = {name: value for name, value in standins.items() if name not in given}
    defaults = {"secret_key": "for development only", "webhook_allow_private": True, "log_format": "console"}
    return Settings(**{**defaults, **unset, **given})


@asynccontextmanager
async def assembled(
    settings: Settings, *, clock: Clock | None = None, waker: Waker | None = None
) -> AsyncIterator[Assembled]:
    """Open everything, and close it at the end."""
    settings = effective(settings)
    async with AsyncExitStack() as stack:
        http = client(settings.scaikey_timeout)
        stack.push_async_callback(http.aclose)
        outbound = Outbound(AddressRules.of(settings))
        stack.push_async_callback(outbound.close)
        database = Database(
            settings.effective_database_url,
            settings.db_writer_url,
            pool_size=settings.db_pool_size,
            max_overflow=settings.db_max_overflow,
        )
        stack.push_async_callback(database.dispose)

        endpoints = Endpoints(settings, http)
        vault: Vault

        async def client_secret() -> str:
            # The vault asks for a token that this very secret buys, so a value given directly comes first.
            plain = settings.scaikey_client_secret.get_secret_value()
            return plain or await vault.read(settings.scaikey_client_secret_vault_path)

        async def mail_key() -> str:
            return await secret(vault, settings.scaisend_api_key, settings.scaisend_api_key_vault_path)

        identity = ClientIdentity(settings.scaikey_client_id, client_secret)
        bearer = ServiceToken(endpoints, http, identity)
        # Services see this one: it opens neither the directory nor the vault.
        service_bearer = ServiceToken(endpoints, http, identity, scope="services:read")
        vault = ScaiVault(settings, bearer, http)
        tokens = ScaiKeyTokens(settings, KeyRing(endpoints, http, settings.scaikey_jwks_cache_ttl))
        business_clock = clock or clock_of(settings)
        renderer = ProcessRenderer()
        stack.callback(renderer.close)
        of_providers = payment_providers.ProviderContext(settings, vault, business_clock, os.environ)
        ports = Ports(
            objects=await _object_store(settings, vault),
            vault=vault,
            mail=ScaiSend(settings, mail_key, http),
            directory=ScaiKeyDirectory(settings, endpoints, bearer, http),
            tokens=tokens,
            vat_register=Vies(settings, http, business_clock),
            services=OutboundServiceCaller(outbound, service_bearer),
            outbound=outbound,
            renderer=renderer,
            waker=waker or Silence(),
            provider_accounts=payment_providers.accounts(of_providers),
            payment_providers=payment_providers.load(of_providers),
        )
        yield Assembled(
            Backend(settings, database, business_clock, ports, approvals=PolicyApprovals()),
            ScaiKeyLogin(endpoints, tokens, http, identity),
        )


def clock_of(settings: Settings) -> Clock:
    """Give the clock an installation runs on: wall time, or in development one that its processes move together."""
    if settings.is_development:
        return KeptClock(settings.storage_dir.parent / "dev" / "clock.json")
    return SystemClock()


@asynccontextmanager
async def running_backend(settings: Settings) -> AsyncIterator[Backend]:
    """Open a backend for a short-lived process, such as a command."""
    async with assembled(settings) as parts:
        yield parts.backend


async def _object_store(settings: Settings, vault: Vault) -> ObjectStore:
    if not settings.s3_bucket:
        return FolderStore(settings.storage_dir)
    return S3Store(
        settings,
        await secret(vault, settings.s3_access_key, settings.s3_access_key_vault_path),
        await secret(vault, settings.s3_secret_key, settings.s3_secret_key_vault_path),
    )
