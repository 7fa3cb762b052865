"""What the portal has no page for is said with status 404, and the server knows the same pages as the portal."""

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from scaicontrol import portal
from scaicontrol.services.partners import Brand

ROUTES = Path(__file__).parents[2] / "frontend" / "src" / "routes" / "index.tsx"


def test_the_server_knows_the_pages_of_the_portal():
    written = re.findall(r'\["([^"]+)",\s+later\(', ROUTES.read_text())
    assert tuple(written) == portal.PAGES


async def northwind(*_: object) -> Brand:
    return Brand(None, "Northwind")


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "BUNDLE", tmp_path)
    (tmp_path / "index.html").write_text("<title>Portal</title><main>The portal</main>")
    (tmp_path / "logo.svg").write_text("<svg/>")


@pytest.mark.usefixtures("bundle")
async def test_an_unknown_address_is_the_portal_with_status_404():
    app = Starlette(routes=[Route("/{path:path}", portal.portal)])
    app.state.backend, app.state.brand_of = None, northwind
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://portal.test") as http:
        for path in ("/", "/subscriptions", "/subscriptions/", "/subscriptions/sub_1", "/billing/invoices?status=paid"):
            assert (await http.get(path)).status_code == 200, path
        for path in ("/nowhere", "/billing", "/subscriptions/sub_1/more", "/subscriptions//more", "/index.html"):
            answer = await http.get(path)
            assert (answer.status_code, "<title>Northwind</title>" in answer.text) == (404, True), path
        assert (await http.get("/logo.svg")).status_code == 200
        assert (await http.get("/gone.js")).status_code == 404
