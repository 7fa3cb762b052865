"""A page of the portal brings the answers to what it asks first, for whoever opens it; without them it comes, too."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scaicontrol import first_answers, portal
from scaicontrol.services.partners import Brand

ANNA = {
    "user_id": "usr_anna",
    "tenant_id": "tnt_acme",
    "partner_id": "prt_northwind",
    "email": None,
    "display_name": "Anna Jansen",
    "tenant_name": "Acme",
    "partner_name": "Northwind",
    "time_zone": "Europe/Amsterdam",
    "roles": ["tenant_admin"],
    "permissions": ["billing:read", "subscriptions:read"],
    "portal_view": None,
    "brand": None,
}
VIEW = {
    "id": "pvw_1",
    "operator_name": "Ada",
    "reason": "The invoice is said to be missing.",
    "ticket": "SUP-1234",
    "begun_at": "2026-03-01T09:00:00Z",
    "ends_at": "2026-03-01T09:30:00Z",
}
SIGNED_IN = {"Cookie": f"{portal.MARKER_COOKIE}=1; session=anna"}
NAMED = "/api/v1/billing/billing-profile"


class Stage:
    """An application with the portal's page and, for an API, what a test says of each address."""

    def __init__(self) -> None:
        self.me: dict[str, Any] = dict(ANNA)
        self.asked: list[str] = []
        self.answer: Callable[[str], Any] = lambda _: {"name": "Acme", "country_code": "NL"}
        self.app = Starlette(routes=[Route("/api/v1/{path:path}", self._api), Route("/{path:path}", portal.portal)])
        self.app.state.backend, self.app.state.brand_of = None, self._brand

    async def _brand(self, *_: object) -> Brand:
        return Brand(None, "Northwind")

    async def _api(self, request: Request) -> Response:
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.cookies.get("session") != "anna":
            return JSONResponse({"error": "unauthenticated"}, 401)
        self.asked.append(address)
        if address == "/api/v1/auth/me":
            return JSONResponse({"data": self.me})
        found = self.answer(address)
        if isinstance(found, asyncio.Event):
            await found.wait()
        return found if isinstance(found, Response) else JSONResponse({"data": found})


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(portal, "BUNDLE", tmp_path)
    (tmp_path / "index.html").write_text("<title>Portal</title><body><main>The portal</main></body>")
    return Stage()


@pytest_asyncio.fixture
async def browser(stage: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    way = httpx2.ASGITransport(app=stage.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=way, base_url="http://portal.test", headers=SIGNED_IN) as browser:
        yield browser


def brought(answer: httpx2.Response) -> dict[str, Any]:
    assert "The portal" in answer.text
    told = re.findall(r'<script type="application/json" id="first-answers">([^<]*)</script>', answer.text)
    return json.loads(told[0]) if told else {}


async def test_a_page_brings_what_it_asks_first_and_stays_in_no_cache(browser, stage):
    answer = await browser.get("/")
    assert set(brought(answer)) == set(stage.asked) == {
        "/api/v1/auth/me",
        "/api/v1/auth/me/preferences",
        "/api/v1/notifications?unread_only=true&page_size=1",
        NAMED,
        "/api/v1/billing/overview",
        "/api/v1/billing/invoices?page_size=5",
        "/api/v1/billing/upcoming",
        "/api/v1/subscriptions?page_size=5",
    }  # fmt: skip
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


async def test_nobody_who_did_not_sign_in_is_told_anything(browser, stage):
    for cookies in ("", f"{portal.MARKER_COOKIE}=1", f"{portal.MARKER_COOKIE}=1; session=mallory", "session=anna"):
        answer = await browser.get("/", headers={"Cookie": cookies})
        assert (brought(answer), answer.status_code) == ({}, 200), cookies
    assert stage.asked == []


async def test_only_what_somebody_may_see_is_asked_for(browser, stage):
    stage.me["permissions"] = ["subscriptions:read"]
    assert [address for address in brought(await browser.get("/")) if "/billing/" in address] == []
    stage.me |= {"portal_view": VIEW}  # an operator looks: whose preferences would they be?
    assert "/api/v1/auth/me/preferences" not in brought(await browser.get("/"))
    stage.me["tenant_id"] = None
    assert set(brought(await browser.get("/"))) == {"/api/v1/auth/me"}


async def test_an_address_names_one_thing_and_a_narrowed_one_asks_for_itself(browser, stage):
    found = brought(await browser.get("/subscriptions/sub%2F1%3Fx"))
    assert "/api/v1/subscriptions/sub%2F1%3Fx" not in found  # two steps deep, it is no page
    assert "/api/v1/subscriptions/sub_1" in brought(await browser.get("/subscriptions/sub_1"))
    stage.asked.clear()
    for address in ("/subscriptions?status=active", "/nowhere", "/subscriptions/sub_1/more"):
        assert brought(await browser.get(address)) == {}
    assert (await browser.head("/")).status_code == 200
    assert stage.asked == []


async def test_the_fields_of_an_address_come_with_the_country(browser, stage):
    stage.me["permissions"] = ["billing:read"]
    found = brought(await browser.get("/settings/billing-profile"))
    assert "/api/v1/billing/address-formats/NL" in found
    stage.answer = lambda _: {"country_code": None}
    assert not any("address-formats" in each for each in brought(await browser.get("/settings/billing-profile")))


async def test_what_is_refused_or_fails_is_left_out(browser, stage):
    def answer(address: str) -> Any:
        if address.endswith("overview"):
            return JSONResponse({"error": "forbidden"}, 403)
        if address.endswith("upcoming"):
            raise RuntimeError("The database does not answer.")
        return {"name": "Acme", "country_code": "NL"}

    stage.answer = answer
    found = brought(await browser.get("/"))
    assert NAMED in found
    assert not {"/api/v1/billing/overview", "/api/v1/billing/upcoming"} & set(found)


async def test_what_is_late_is_left_out_and_the_page_comes(browser, stage, monkeypatch):
    monkeypatch.setattr(first_answers, "PATIENCE", 0.2)
    never = asyncio.Event()
    stage.answer = lambda address: never if address.endswith("overview") else {"country_code": "NL"}
    found = brought(await browser.get("/"))
    assert "/api/v1/auth/me" in found
    assert "/api/v1/billing/overview" not in found
    assert len(first_answers._ASKING) == 1  # and what was asked comes to its end
    never.set()
    await asyncio.wait(first_answers._ASKING)


async def test_a_page_comes_whole_where_its_answers_fail(browser, monkeypatch):
    async def fails(*_: object) -> dict[str, Any]:
        raise RuntimeError("The list is broken.")

    monkeypatch.setattr(portal, "first_answers", fails)
    answer = await browser.get("/")
    assert (answer.status_code, brought(answer), answer.text.endswith("</body>")) == (200, {}, True)


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028 & \"'"])
async def test_no_name_ends_the_element_that_holds_it(browser, stage, name):
    stage.answer = lambda _: {"name": name, "country_code": "NL"}
    answer = await browser.get("/")
    assert answer.text.count("<script") == 1
    assert brought(answer)[NAMED]["data"]["name"] == name


async def test_a_page_is_compressed_for_who_reads_that(browser):
    for encoding in ("gzip", "identity"):
        answer = await browser.get("/", headers={"Accept-Encoding": encoding})
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert NAMED in brought(answer)
