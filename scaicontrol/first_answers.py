"""
What a page of the portal asks as it opens, answered in the page itself.

A slow telephone would else fetch the page, its scripts, and only then ask; and it would draw everything twice, empty
and with its data. The API is asked inside this process with the visitor's own cookies: what it refuses is left out,
and the page asks by itself, as it does for what is not here within `PATIENCE`.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

import httpx2
import orjson
from starlette.requests import Request

from scaicontrol.core.logging import get_logger
from scaicontrol.services.identity.schemas import MeOut

log = get_logger(__name__)
PATIENCE: Final = 1.5  # seconds; the scripts of a first visit take as long to arrive
_API: Final = "/api/v1"
_ME: Final = f"{_API}/auth/me"
_ASKING: Final[set[asyncio.Task[None]]] = set()  # the loop itself forgets a task that nobody holds
_HANDED_ON: Final = ("cookie", "accept-language", "user-agent")


class First(NamedTuple):
    """An address below /api/v1 that a page asks for, and the scope without which it does not."""

    address: str
    scope: str | None = None


_BILLING, _MANAGE, _HELD, _OFFERED = "billing:read", "billing:manage", "subscriptions:read", "services:read"
# By page, as `frontend/src/routes/firstData.ts` asks: to the letter, for a page finds an answer by its address.
FIRST: Final[Mapping[str, tuple[First, ...]]] = {
    "/": (
        First("/billing/billing-profile", _BILLING),
        First("/billing/overview", _BILLING),
        First("/billing/invoices?page_size=5", _BILLING),
        First("/billing/upcoming", _BILLING),
        First("/subscriptions?page_size=5", _HELD),
        First("/billing/invoices?is_open=true&page_size=100", _MANAGE),
    ),
    "/services": (First("/services?locale={language}", _OFFERED), First("/usage/quotas", _HELD)),
    "/subscriptions": (First("/subscriptions?page=1", _HELD),),
    "/subscriptions/:id": (First("/subscriptions/{named}", _HELD),),
    "/usage": (First("/usage/summary", _HELD),),
    "/usage/:slug": (
        First("/usage/by-service/{named}/periods", _HELD),
        First("/usage/by-service/{named}", _HELD),
        First("/usage/by-service/{named}/budget", _HELD),
    ),
    "/catalog": (First("/catalog/services", _OFFERED), First("/service-packs", _OFFERED)),
    "/catalog/:slug": (
        First("/catalog/services/{named}/plans", _OFFERED),
        First("/catalog/services", _OFFERED),
        First("/catalog/services/{named}/quotes?quantity=1", _OFFERED),
        First("/subscriptions?page_size=100", _HELD),
    ),
    "/packs": (First("/service-packs", _OFFERED), First("/service-packs/subscriptions?page_size=100", _HELD)),
    "/packs/:slug": (
        First("/service-packs/{named}", _OFFERED),
        First("/service-packs/subscriptions?page_size=100", _HELD),
    ),
    "/billing/invoices": (
        First("/billing/invoices?page=1", _BILLING),
        First("/billing/receivables?is_open=true", _BILLING),
        First("/billing/credits?is_open=true", _BILLING),
        First("/billing/payment-methods", _BILLING),
        First("/billing/invoices?is_open=true&page_size=100", _MANAGE),
    ),
    "/billing/invoices/:id": (
        First("/billing/invoices/{named}", _BILLING),
        First("/billing/credit-balance", _MANAGE),
    ),
    "/billing/payment-methods": (
        First("/billing/payment-methods", _BILLING),
        First("/billing/payment-providers", _BILLING),
    ),
    "/wallet": (First("/billing/wallet", _BILLING), First("/billing/wallet/lots?is_open=true", _BILLING)),
    "/notifications": (First("/notifications?page=1&unread_only=false"),),
    "/settings/organization": (
        First("/organization", _BILLING),
        First("/organization/users?page=1&sort=display_name", _BILLING),
    ),
    "/settings/billing-profile": (
        First("/billing/billing-profile/vat", _BILLING),
        First("/billing/billing-profile", _BILLING),
    ),
    "/settings/preferences": (),
    "/settings/portal-views": (First("/organization/portal-views?page=1", _MANAGE),),
}


async def first_answers(request: Request, page: str, language: str) -> dict[str, bytes]:
    """Ask for a page as whoever opens it; by address, the bodies that came in time. Nothing, where nobody signed in."""
    found: dict[str, bytes] = {}
    asking = asyncio.create_task(_ask(request, page, language, found))
    _ASKING.add(asking)
    asking.add_done_callback(_ASKING.discard)
    # What is late, or is for nobody any more, comes to its end: cut in two it would cost a connection to the database.
    await asyncio.wait({asking}, timeout=PATIENCE)
    if asking.done():
        asking.result()
    else:
        log.info("first_answers_late", page=page, answered=len(found))
    return dict(found)


async def _ask(request: Request, page: str, language: str, found: dict[str, bytes]) -> None:
    async with _itself(request) as api:
        await _ask_all(api, page, request.url.path, language, found)


async def _ask_all(api: httpx2.AsyncClient, page: str, path: str, language: str, found: dict[str, bytes]) -> None:
    async def ask(address: str) -> None:
        answer = await api.get(address)
        if answer.status_code == httpx2.codes.OK:
            found[address] = answer.content

    await ask(_ME)
    if _ME not in found or (me := MeOut.model_validate(orjson.loads(found[_ME])["data"])).tenant_id is None:
        return
    async with asyncio.TaskGroup() as asking:
        for address in _asked(page, path, language, me):
            asking.create_task(ask(_API + address))
    # Which fields an address has depends on the country that has just been told.
    profile = found.get(f"{_API}/billing/billing-profile") if page == "/settings/billing-profile" else None
    if profile and (country := orjson.loads(profile)["data"]["country_code"]):
        await ask(f"{_API}/billing/address-formats/{country}")


def _asked(page: str, path: str, language: str, me: MeOut) -> Iterator[str]:
    yield "/notifications?unread_only=true&page_size=1"
    if me.portal_view is None:
        yield "/auth/me/preferences"
    named = quote(path.rstrip("/").rpartition("/")[2], safe="!~*'()")  # as encodeURIComponent leaves them
    for first in FIRST[page]:
        if first.scope is None or first.scope in me.permissions:
            yield first.address.format(named=named, language=language)


def _itself(request: Request) -> httpx2.AsyncClient:
    """Reach this very application, as the same visitor at the same address."""
    handed = {name: request.headers[name] for name in _HANDED_ON if name in request.headers}
    client = (request.client.host, request.client.port) if request.client else ("127.0.0.1", 0)
    way = httpx2.ASGITransport(request.app, raise_app_exceptions=False, client=client)
    return httpx2.AsyncClient(
        transport=way, base_url=str(request.base_url), headers={**handed, "accept-encoding": "identity"}
    )
