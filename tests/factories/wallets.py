"""What Acme has in its wallet with Northwind."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import wallets
from scaicontrol.services.wallets.models import WalletLot
from scaicontrol.services.wallets.schemas import GrantIn, TopUpIn, WalletFilter

from . import ACME, ada, petra


def a_top_up(backend: Backend, cents: int = 50_000, **fields: Any) -> TopUpIn:
    said: dict[str, Any] = {"tenant_id": ACME, "currency": "EUR", "reference": "ABN 4711"}
    said["received_at"] = backend.clock.now()
    return TopUpIn(**(said | {"amount_cents": cents} | fields))


def a_grant(backend: Backend, cents: int = 5000, *, days: int = 30, **fields: Any) -> GrantIn:
    ends = backend.clock.now() + timedelta(days=days)
    said: dict[str, Any] = {"tenant_id": ACME, "currency": "EUR", "reason": "Welcome", "expires_at": ends}
    return GrantIn(**(said | {"amount_cents": cents} | fields))


async def paid_in(backend: Backend, cents: int = 50_000, **fields: Any) -> WalletLot:
    return await backend.perform(petra, wallets.top_up, a_top_up(backend, cents, **fields))


async def given(backend: Backend, cents: int = 5000, **fields: Any) -> WalletLot:
    return await backend.perform(petra, wallets.grant, a_grant(backend, cents, **fields))


async def lots(backend: Backend) -> Sequence[WalletLot]:
    """Those with something left, newest first."""
    return (await backend.ask(ada, wallets.page, PageRequest(page_size=200), WalletFilter(is_open=True))).items


async def left(backend: Backend) -> dict[str, int]:
    """What remains, by lot."""
    return {each.id: each.remaining_cents for each in await lots(backend)}
