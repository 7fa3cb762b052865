"""The console as operators reach it: a browser in which somebody is signed in, and what they do with its pages."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

import httpx2
import pytest
from fastapi import FastAPI

from admin_views import site
from admin_views.site import install_console
from scaicontrol.api import actor_resolution
from scaicontrol.core import signed_values
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import identity
from scaicontrol.services.identity import SessionKind
from scaicontrol.services.invoices.models import Invoice
from tests.factories import ACME, NORTHWIND, SOUTHBAY
from tests.factories.subscriptions import market

URL = "https://localhost:8000"
CLAIMS = {
    "ada": {"sub": "usr_ada", "roles": ["super_admin"]},
    "bert": {"sub": "usr_bert", "roles": ["platform_billing"]},
    "petra": {"sub": "usr_petra", "partner_id": NORTHWIND, "roles": ["partner_admin"]},
    "sam": {"sub": "usr_sam", "partner_id": SOUTHBAY, "roles": ["partner_admin"]},
    "pim": {"sub": "usr_pim", "partner_id": NORTHWIND, "roles": ["partner_viewer"]},
    "alice": {"sub": "usr_alice", "partner_id": NORTHWIND, "tenant_id": ACME, "roles": ["tenant_admin"]},
}
OURS = {"sec-fetch-site": "same-origin"}


@dataclass(frozen=True)
class Door:
    """The console as browsers reach it: `browser("ada")` is signed in as Ada, one for an empty name as nobody."""

    app: FastAPI
    backend: Backend

    @asynccontextmanager
    async def __call__(self, name: str) -> AsyncIterator[httpx2.AsyncClient]:
        cookies = {site.CONSOLE_COOKIE: await console_cookie(self.backend, name)} if name else {}
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=URL, cookies=cookies) as client:
            yield client


@pytest.fixture
async def browser(backend: Backend) -> Door:
    """A browser in which somebody is signed in, as the login leaves it."""
    await market(backend)
    app = FastAPI()
    app.state.backend = backend
    install_console(app)
    return Door(app, backend)


async def console_cookie(backend: Backend, name: str) -> str:
    system = Actor.system("sign-in")
    session_id = await backend.perform(
        system, identity.open_session, SessionKind.console, CLAIMS[name], datetime.now(UTC)
    )
    return await signed_values.sign(backend, actor_resolution.CONSOLE_PURPOSE, session_id)


def address(thing: object, verb: str = "") -> str:
    kind = "invoice" if isinstance(thing, Invoice) else "subscription"
    return f"/admin/{kind}/{thing.id}/do/{verb}" if verb else f"/admin/{kind}/details/{thing.id}"  # type: ignore[attr-defined]  # both have an id


async def press(client: httpx2.AsyncClient, path: str, **form: str) -> httpx2.Response:
    """Open a verb's page, confirm it, and agree to what a dangerous one shows, as a person does."""
    answer = await shown(client, path, **form)
    if 'name="change_plan"' not in answer.text:
        return answer
    return await client.post(path, data=hidden_of(answer), headers=OURS)


async def shown(client: httpx2.AsyncClient, path: str, **form: str) -> httpx2.Response:
    """Open a verb's page and confirm it; a dangerous one says what it would do, and has done nothing yet."""
    page = await client.get(path)
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token, page.text
    return await client.post(path, data={"form_token": token[1], **form}, headers=OURS)


def hidden_of(page: httpx2.Response) -> dict[str, str]:
    """Read what the form of a page sends beside what is typed."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in fields}


def said(page: httpx2.Response) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text).split()))
