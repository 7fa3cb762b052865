"""Deeds about wallets."""

from scaicontrol.core.backend import Backend
from scaicontrol.services import wallets
from scaicontrol.services.wallets.schemas import WalletExpireIn, WalletRefundIn
from tests.factories import ACME, ada
from tests.factories.wallets import given, paid_in

from .deed import WHY, Deed
from .doors import Cli, Console, Rest

LOTS = "/admin/wallets/lots/{lot_id}"
_TRANSFER = {"reference": "ABN 9"}
_AMOUNT = {"currency": "EUR", "amount_cents": 5000}
_TYPED = {"amount": "50.00", "currency": "EUR"}


async def _a_tenant(_: Backend) -> str:
    return ACME


async def _no_tenant(_: Backend) -> str:
    return "tnt_nowhere"


async def _paid_in(backend: Backend) -> str:
    return (await paid_in(backend)).id


async def _given(backend: Backend) -> str:
    return (await given(backend)).id


async def _paid_back(backend: Backend) -> str:
    lot_id = await _paid_in(backend)
    await backend.perform(ada, wallets.refund, lot_id, WalletRefundIn(reference="ABN 9"))
    return lot_id


async def _ended(backend: Backend) -> str:
    lot_id = await _given(backend)
    await backend.perform(ada, wallets.expire, lot_id, WalletExpireIn(reason="Given by mistake"))
    return lot_id


async def _no_lot(_: Backend) -> str:
    return "wlt_nowhere"


WALLETS = (
    Deed(
        "wallets.top_up", "wallets:top_up", _a_tenant, {"no such tenant": _no_tenant},
        (
            Rest("POST /admin/wallets/top-ups", {
                "tenant_id": "{id}", **_AMOUNT, **_TRANSFER, "received_at": "2026-01-15T00:00:00Z",
            }),
            Cli("admin wallets top-up", (
                "{id}", "--amount-cents", "5000", "--reference", "ABN 9", "--received-on", "2026-01-15",
            )),
            Console("wallet-lot", "top_up", {"tenant": "{id}", **_TYPED, **_TRANSFER, "received_on": "2026-01-15"}),
        ),
    ),
    Deed(
        "wallets.grant", "wallets:grant", _a_tenant, {"no such tenant": _no_tenant},
        (
            Rest("POST /admin/wallets/grants", {
                "tenant_id": "{id}", **_AMOUNT, **WHY, "expires_at": "2030-01-15T00:00:00Z",
            }),
            Cli("admin wallets grant", (
                "{id}", "--amount-cents", "5000", "--reason", WHY["reason"], "--expires-on", "2030-01-15",
            )),
            Console("wallet-lot", "grant", {"tenant": "{id}", **_TYPED, **WHY, "expires_on": "2030-01-15"}),
        ),
    ),
    Deed(
        "wallets.refund", "wallets:refund", _paid_in,
        {"given": _given, "paid back": _paid_back, "no such lot": _no_lot},
        (
            Rest(f"POST {LOTS}/refund"), Cli("admin wallets refund", ("{id}", "--reference", "ABN 9")),
            Console("wallet-lot", "refund", _TRANSFER),
        ),
        _TRANSFER,
    ),
    Deed(
        "wallets.expire", "wallets:expire", _given, {"paid in": _paid_in, "ended": _ended, "no such lot": _no_lot},
        (
            Rest(f"POST {LOTS}/expire"), Cli("admin wallets expire", ("{id}", "--reason", WHY["reason"])),
            Console("wallet-lot", "expire", WHY),
        ),
        WHY,
    ),
)  # fmt: skip
