"""Accounts that Northwind has at the sandbox, each with books of its own."""

from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.services import provider_accounts
from scaicontrol.services.provider_accounts.models import ProviderAccount
from scaicontrol.services.provider_accounts.schemas import ProviderAccountIn
from tests.factories import NORTHWIND, petra
from tests.factories.payments import FaultySandbox

KEY = {"api_key_vault_path": f"partners/{NORTHWIND}/sandbox#key"}


def an_account_body(**more: Any) -> dict[str, Any]:
    return {"provider": "sandbox", "name": "Shop", "config": KEY, "partner_id": NORTHWIND, **more}


async def an_account(backend: Backend, **more: Any) -> ProviderAccount:
    return await provider_accounts.create(backend, petra, ProviderAccountIn(**an_account_body(**more)))


def behind(backend: Backend, account: ProviderAccount) -> FaultySandbox:
    """Put a sandbox of its own behind an account."""
    provider = FaultySandbox(backend)
    backend.ports.provider_accounts.opened[account.id] = provider  # type: ignore[attr-defined]  # in memory
    return provider
