"""Deeds about accounts that sellers have at payment providers."""

from json import dumps
from pathlib import Path
from tempfile import mkdtemp

from scaicontrol.core.backend import Backend
from scaicontrol.services import provider_accounts
from tests.factories import NORTHWIND, petra
from tests.factories.provider_accounts import KEY, an_account, an_account_body

from .deed import Deed
from .doors import Cli, Console, Rest

_ROUTE = "/admin/provider-accounts/{account_id}"
_PUT = {"name": "Shop NL", "config": KEY, "currencies": ["EUR"], "countries": [], "version": 1}


def _file(body: object) -> str:
    path = Path(mkdtemp()) / "account.json"
    path.write_text(dumps(body))
    return str(path)


async def _nothing(_: Backend) -> str:
    return ""


async def _an_account(backend: Backend) -> str:
    return (await an_account(backend)).id


async def _changed(backend: Backend) -> str:
    account_id = await _an_account(backend)
    await backend.perform(petra, provider_accounts.close, account_id)
    return account_id


async def _second(backend: Backend) -> str:
    await an_account(backend)
    first = (await an_account(backend, name="First")).id
    await backend.perform(petra, provider_accounts.prefer, first)
    return (await an_account(backend, name="Second")).id


async def _nowhere(_: Backend) -> str:
    return "pac_nowhere"


PROVIDER_ACCOUNTS = (
    Deed(
        "provider_accounts.create", "provider_accounts:manage", _nothing, {},
        (
            Rest("POST /admin/provider-accounts", an_account_body()),
            Cli("admin provider-accounts create", (_file(an_account_body()),)),
            Console(
                "provider-account", "create",
                {"partner_id": NORTHWIND, "provider": "sandbox", "name": "Shop", "config": dumps(KEY)},
            ),
        ),
    ),
    Deed(
        "provider_accounts.update", "provider_accounts:manage", _an_account,
        {"no such account": _nowhere, "another version": _changed},
        (
            Rest(f"PUT {_ROUTE}", _PUT), Cli("admin provider-accounts update", ("{id}", _file(_PUT))),
            Console(
                "provider-account", "edit",
                {"name": "Shop NL", "config": dumps(KEY), "currencies": "EUR", "version": "1"},
            ),
        ),
    ),
    Deed(
        "provider_accounts.prefer", "provider_accounts:manage", _second,
        {"no such account": _nowhere, "closed": _changed},
        (
            Rest(f"POST {_ROUTE}/prefer"), Cli("admin provider-accounts prefer"),
            Console("provider-account", "prefer"),
        ),
    ),
    Deed(
        "provider_accounts.close", "provider_accounts:manage", _an_account, {"no such account": _nowhere},
        (
            Rest(f"POST {_ROUTE}/close"), Cli("admin provider-accounts close"),
            Console("provider-account", "close"),
        ),
    ),
)  # fmt: skip
