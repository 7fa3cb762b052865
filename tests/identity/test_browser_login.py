"""A person signs in with a browser: the whole journey, against the stand-in of ScaiKey."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select

from scaicontrol.api.actor_resolution import CONSOLE_COOKIE, PORTAL_COOKIE, Actors
from scaicontrol.api.app import build_api
from scaicontrol.api.browser_login import LOGIN_COOKIE, root_routes
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.work import UnitOfWork
from scaicontrol.integrations.scaikey import ScaiKeyDirectory
from scaicontrol.portal import MARKER_COOKIE
from scaicontrol.services import identity, identity_sync
from scaicontrol.services.identity.models import WebSession
from tests.integrations.conftest import World

# What sessions are to each database is told in test_claims; here it is the browser's side.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])

PORTAL = {"X-ScaiControl-Portal": "1", "Sec-Fetch-Site": "same-origin"}
SESSION, CONSOLE, MARKER, LOGIN = PORTAL_COOKIE, CONSOLE_COOKIE, MARKER_COOKIE, LOGIN_COOKIE


@dataclass
class Browser:
    """Keeps cookies as a browser does, also Secure ones on a loopback address."""

    site: httpx2.AsyncClient
    world: World
    cookies: dict[str, str] = field(default_factory=dict)
    set_by: dict[str, str] = field(default_factory=dict)

    async def send(self, method: str, path: str, **arguments) -> httpx2.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        answer = await self.site.request(method, path, headers=headers | arguments.pop("headers", {}), **arguments)
        for line in answer.headers.get_list("set-cookie"):
            name, morsel = next(iter(SimpleCookie(line).items()))
            self.set_by[name] = line
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return answer

    async def come_back(self, user: str, return_to: str = "") -> str:
        """Go to ScaiKey, be somebody, and give the address it sends the browser back to."""
        started = await self.send("GET", f"/auth/login?return_to={return_to}")
        chosen = await self.world.http.get(f"{started.headers['location']}&user={user}")
        parts = urlsplit(chosen.headers["location"])
        return f"{parts.path}?{parts.query}"

    async def sign_in(self, user: str, return_to: str = "") -> httpx2.Response:
        return await self.send("GET", await self.come_back(user, return_to))


async def sessions(backend: Backend) -> int:
    """Count the sessions that are open for anybody."""

    async def count(uow: UnitOfWork) -> int:
        return await uow.session.scalar(select(func.count()).select_from(WebSession)) or 0

    return await backend.ask(Actor.system("test"), count)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The REST surface with the login routes at its root; built once, because that takes a while."""
    app = build_api()
    app.router.routes += root_routes
    return app


@pytest_asyncio.fixture
async def browser(app: FastAPI, backend: Backend, dev_world: World) -> AsyncIterator[Browser]:
    backend.settings = backend.settings.model_copy(update={"public_base_url": dev_world.url})
    directory = ScaiKeyDirectory(dev_world.settings, dev_world.endpoints, dev_world.bearer, dev_world.http)
    backend.ports = replace(backend.ports, tokens=dev_world.tokens, directory=directory)
    await identity_sync.sync(backend)
    app.state.backend, app.state.login, app.state.actors = backend, dev_world.login, Actors()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=dev_world.url) as site:
        yield Browser(site, dev_world)


async def test_a_customer_signs_in_and_out(browser):
    assert (await browser.send("GET", "/api/v1/auth/me")).status_code == 401
    answer = await browser.sign_in("usr_anna", "/invoices?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/invoices?page=2")
    me = (await browser.send("GET", "/api/v1/auth/me")).json()["data"]
    assert (me["user_id"], me["tenant_name"], me["roles"]) == ("usr_anna", "Acme Bakeries B.V.", ["tenant_admin"])
    gone = await browser.send("POST", "/auth/logout", headers=PORTAL)
    assert "/logout" in gone.json()["data"]["redirect_url"]
    assert (browser.cookies, (await browser.send("GET", "/api/v1/auth/me")).status_code) == ({}, 401)


async def test_the_cookies_are_what_the_contract_says(browser):
    await browser.sign_in("usr_anna")
    for name, same_site in ((SESSION, "strict"), (LOGIN, "lax")):
        words = {word.strip().lower() for word in browser.set_by[name].split(";")[1:]}
        assert {"httponly", "secure", "path=/", f"samesite={same_site}"} <= words
    assert "httponly" not in browser.set_by[MARKER].lower()
    assert set(browser.cookies) == {SESSION, MARKER}


@pytest.mark.parametrize(
    ("user", "home", "console"), [("usr_ada", "/admin", True), ("usr_nina", "/admin", True), ("usr_anna", "/", False)]
)
async def test_operators_arrive_at_the_console(browser, user, home, console):
    answer = await browser.sign_in(user)
    assert (answer.headers["location"], CONSOLE in browser.cookies) == (home, console)


async def test_who_operates_nothing_is_not_sent_round_in_a_circle(browser):
    for asked in ("/admin", "/admin/", "/admin/invoice/list"):
        answer = await browser.sign_in("usr_anna", asked)
        assert (answer.headers["location"], CONSOLE in browser.cookies) == ("/admin/no-entry", False)
    assert (await browser.sign_in("usr_anna", "/administration")).headers["location"] == "/administration"
    assert (await browser.sign_in("usr_ada", "/admin/invoice/list")).headers["location"] == "/admin/invoice/list"


async def test_a_session_outlives_only_itself(browser):
    await browser.sign_in("usr_anna")
    stolen = dict(browser.cookies)
    await browser.send("POST", "/auth/logout", headers=PORTAL)
    browser.cookies = stolen
    assert (await browser.send("GET", "/api/v1/auth/me")).status_code == 401


async def test_signing_in_again_ends_the_former_session(browser):
    await browser.sign_in("usr_anna")
    former = dict(browser.cookies)
    await browser.sign_in("usr_tom")
    browser.cookies = former
    assert (await browser.send("GET", "/api/v1/auth/me")).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (PORTAL, 200),
        ({"X-ScaiControl-Portal": "1"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
        (PORTAL | {"Sec-Fetch-Site": "same-site"}, 403),
        (PORTAL | {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-ScaiControl-Portal": "1", "Origin": "https://evil.example"}, 403),
    ],
)
async def test_another_site_changes_nothing_through_the_browser(browser, headers, status):
    await browser.sign_in("usr_anna")
    body = {"preferred_language": "nl"}
    assert (await browser.send("PATCH", "/api/v1/organization", json=body, headers=headers)).status_code == status


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aevil", "evil"]
)
async def test_nobody_is_sent_elsewhere_after_signing_in(browser, address):
    answer = await browser.sign_in("usr_anna", address)
    assert answer.headers["location"] == "/"


async def test_a_foreign_or_used_answer_signs_nobody_in(browser):
    callback = await browser.come_back("usr_anna")
    other = Browser(browser.site, browser.world)
    refused = await other.send("GET", callback)
    assert (refused.status_code, "another browser" in refused.text, other.cookies) == (401, True, {})
    assert (await browser.send("GET", callback.replace("state=", "state=x"))).status_code == 401
    assert (await browser.send("GET", callback)).status_code == 303
    assert (await browser.send("GET", callback)).status_code == 401


async def test_an_answer_from_another_issuer_is_refused(browser):
    callback = await browser.come_back("usr_anna")
    forged = callback.partition("&iss=")[0] + "&iss=https://evil.example"
    assert (await browser.send("GET", forged)).status_code == 401


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda query: query.partition("&iss=")[0], "somebody else"),
        (lambda query: query.replace("iss=", "iss=x"), "somebody else"),
        (lambda query: query.replace("state=", "state=x"), "another browser"),
        (lambda query: query.replace("state=", "was="), "another browser"),
        (lambda query: query.replace("code=", "was="), "no code"),
        (lambda query: query + "&state=x", "says something twice"),
        (lambda query: query.replace("code=", "code=&code="), "says something twice"),
        (lambda query: query.replace("code=", "code=x"), "did not complete"),
        (lambda query: query + "&error=access_denied", "access_denied"),
        (lambda query: query + "&error=denied&error_description=%00%ed%a0%80no", "no."),
    ],
)
async def test_an_answer_that_was_changed_on_its_way_leaves_nothing_behind(browser, backend, change, sentence):
    callback = await browser.come_back("usr_ada")
    path, _, query = callback.partition("?")
    answer = await browser.send("GET", f"{path}?{change(query)}")
    assert (answer.status_code, sentence in answer.text, set(browser.cookies)) == (401, True, {LOGIN})
    assert await sessions(backend) == 0


async def test_an_answer_works_once(browser, backend):
    callback = await browser.come_back("usr_anna")
    login = browser.cookies[LOGIN]
    await browser.send("GET", callback)
    thief = Browser(browser.site, browser.world, {LOGIN: login})
    again = await thief.send("GET", callback)
    assert (again.status_code, "spent" in again.text, set(thief.cookies)) == (401, True, {LOGIN})
    assert await sessions(backend) == 1


async def test_while_scaikey_is_down_nobody_is_half_signed_in(browser, backend):
    callback = await browser.come_back("usr_ada")
    await browser.world.fault("scaikey", "down")
    answer = await browser.send("GET", callback)
    assert (answer.status_code, "without a token" in answer.text, set(browser.cookies)) == (503, True, {LOGIN})
    assert await sessions(backend) == 0
    assert (await browser.send("GET", callback)).status_code == 303  # its code was not spent
    assert await sessions(backend) == 2


async def test_a_session_for_the_portal_alone_is_never_left_to_an_operator(browser, backend, monkeypatch):
    await browser.sign_in("usr_ada")
    opened, kinds = identity.open_session, []

    async def fails_second(uow, kind, *rest):
        kinds.append(kind)
        if len(kinds) > 1:
            raise Unavailable("The database does not answer.")
        return await opened(uow, kind, *rest)

    callback = await browser.come_back("usr_ada")
    monkeypatch.setattr(identity, "open_session", fails_second)
    assert (await browser.send("GET", callback)).status_code == 503
    assert len(kinds) == 2
    assert (await browser.send("GET", "/api/v1/auth/me")).status_code == 200  # still signed in as before
    assert await sessions(backend) == 2


async def test_a_refusal_of_scaikey_is_told_without_its_markup(browser):
    await browser.send("GET", "/auth/login")
    answer = await browser.send("GET", "/auth/callback?error=denied&error_description=<script>")
    assert (answer.status_code, "<script>" in answer.text, "&lt;script&gt;" in answer.text) == (401, False, True)


async def test_other_clients_run_the_flow_themselves(browser):
    config = (await browser.send("GET", "/api/v1/auth/config")).json()["data"]
    assert config["client_id"] == "scaicontrol"
    foreign = {
        "grant_type": "authorization_code",
        "code": "x",
        "code_verifier": "y",
        "redirect_uri": "https://evil.example/",
    }
    assert (await browser.send("POST", "/api/v1/auth/token", json=foreign)).status_code == 422
    assert (await browser.send("POST", "/api/v1/auth/token", json={"grant_type": "password"})).status_code == 422
    wrong = {"grant_type": "refresh_token", "refresh_token": "unknown"}
    refused = await browser.send("POST", "/api/v1/auth/token", json=wrong)
    assert (refused.status_code, "error" in refused.json(), "meta" in refused.json()) == (400, True, False)


async def test_a_bearer_token_needs_no_cookie_and_garbage_is_refused(browser):
    for value in ("Basic eA==", "Bearer ", "Bearer nonsense"):
        assert (await browser.send("GET", "/api/v1/auth/me", headers={"Authorization": value})).status_code == 401
    token = await browser.world.bearer()
    me = (await browser.send("GET", "/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})).json()["data"]
    assert (me["user_id"], me["roles"]) == ("scaicontrol", ["service"])
