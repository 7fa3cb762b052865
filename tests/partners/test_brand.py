"""Whose portal it is shows in its name, colour and links; a colour that cannot be read is refused with one that can."""

import re
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Route

from scaicontrol import portal
from scaicontrol.api import branding
from scaicontrol.api.actor_resolution import Actors
from scaicontrol.api.browser_login import root_routes
from scaicontrol.core.errors import Conflict, Forbidden, Invalid
from scaicontrol.integrations.scaikey import LoginStart
from scaicontrol.services import partners
from scaicontrol.services.partners import colors
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from tests.factories import NORTHWIND, SOUTHBAY, ada, petra
from tests.factories.partners import configured, store_partner


async def configure(backend, actor=petra, partner_id=NORTHWIND, **fields):
    return await backend.perform(actor, partners.configure, partner_id, PartnerConfigurationPatch(**fields))


@pytest.mark.parametrize("color", ["#ffd400", "#7fffd4", "#ffffff", "#000000", "#0b6e4f", "#9d174d", "#808080"])
def test_what_is_made_of_a_colour_can_be_read_everywhere(color):
    light, dark = colors.light(color), colors.dark(color)
    assert min(colors.contrast(light, each) for each in ("#ffffff", "#f6f7fa")) >= 4.5
    assert min(colors.contrast(dark, each) for each in ("#161b23", "#0d1018", colors.INK)) >= 4.5
    assert (colors.light(light), colors.dark(dark)) == (light, dark)


def test_contrast_is_that_of_wcag():
    assert round(colors.contrast("#ffffff", "#000000"), 2) == 21
    assert round(colors.contrast("#767676", "#ffffff"), 2) == 4.54


async def test_a_colour_that_cannot_be_read_is_refused_with_the_nearest_that_can(backend):
    await store_partner(backend)
    for field, color in (("brand_color", "#ffd400"), ("brand_color_dark", "#1a1a4d")):
        with pytest.raises(
            Invalid, match=r"WCAG 2\.2 AA asks for 4\.5:1\. The nearest that passes is (#\w{6})"
        ) as said:
            await configure(backend, **{field: color})
        (nearest,) = re.findall(r"passes is (#\w{6})", said.value.message)
        assert getattr(await configure(backend, **{field: nearest}), field) == nearest


@pytest.mark.parametrize(
    "address", ["http://a.example", "https://", "javascript:alert(1)", "https://a b", "https://u@h"]
)
def test_a_legal_link_is_a_web_address(address):
    with pytest.raises(ValueError, match="imprint_url"):
        PartnerConfigurationPatch(imprint_url=address)


async def test_a_host_is_given_by_operators_to_one_partner(backend):
    await store_partner(backend)
    await store_partner(backend, SOUTHBAY, iban=None)
    host = {"portal_host": "Portal.Northwind.example"}
    with pytest.raises(Forbidden, match="set by the platform's operator"):
        await configure(backend, **host)
    assert (await configure(backend, ada, **host)).portal_host == "portal.northwind.example"
    await configure(backend, portal_host="portal.northwind.example", trade_name="NW")  # says nothing new
    with pytest.raises(Conflict):
        await configure(backend, ada, SOUTHBAY, **host)
    backend.settings = backend.settings.model_copy(update={"public_base_url": "https://control.example"})
    with pytest.raises(Invalid, match="own host"):
        await configure(backend, ada, portal_host="control.example")


@pytest_asyncio.fixture
async def site(backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(portal, "BUNDLE", tmp_path)
    (tmp_path / "index.html").write_text("<title>Portal</title>")
    await store_partner(backend, trade_name="North & Wind", brand_color="#0b6e4f")
    await configured(backend, portal_host="portal.northwind.example", imprint_url="https://northwind.example/imprint")
    backend.settings = backend.settings.model_copy(update={"operator_legal_name": "Operator B.V."})
    app = Starlette(routes=[*root_routes, *branding.root_routes, Route("/{path:path}", portal.portal)])
    app.state.backend, app.state.actors, app.state.login = backend, Actors(), None
    app.state.brand_of = branding.brand_of_request
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://portal.test") as client:
        yield client


async def test_a_resellers_own_host_is_the_resellers_before_anybody_signs_in(site):
    theirs = {"host": "portal.northwind.example:8443"}
    page = await site.get("/subscriptions", headers=theirs)
    assert "<title>North &amp; Wind</title>" in page.text
    assert "https://northwind.example/imprint" in page.text
    assert "--color-primary:#0b6e4f" in (await site.get("/brand.css", headers=theirs)).text
    assert 'fill="#0b6e4f"' in (await site.get("/favicon.svg", headers=theirs)).text
    assert "Sign-in · North &amp; Wind" in (await site.get("/auth/login", headers=theirs)).text
    for answer in (page, await site.get("/auth/login", headers=theirs), await site.get("/nowhere", headers=theirs)):
        assert "ScaiControl" not in answer.text
    elsewhere = await site.get("/")
    assert "<title>Operator B.V.</title>" in elsewhere.text
    assert (await site.get("/brand.css")).text == ""
    assert "--color-primary:#0b6e4f" in (await site.get(f"/brand/{NORTHWIND}.css")).text
    assert (await site.get("/brand/prt_nobody.css")).text == ""


class AskedLogin:
    """Stands for ScaiKey: notes where a browser shall come back to."""

    def __init__(self) -> None:
        self.back: list[str] = []

    async def start(self, back: str, *, login_hint: str = "") -> LoginStart:
        self.back.append(back)
        return LoginStart(f"https://scaikey.test/{login_hint}", "state", "nonce", "verifier")


async def test_whoever_signs_in_at_a_resellers_host_comes_back_to_it(site):
    asked = site._transport.app.state.login = AskedLogin()
    for host in ("portal.northwind.example", "evil.example", "portal.test"):
        assert (await site.get("/auth/login", headers={"host": host})).status_code == 303
    assert asked.back == [
        "http://portal.northwind.example/auth/callback", *["http://localhost:8000/auth/callback"] * 2,
    ]  # fmt: skip
