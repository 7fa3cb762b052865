"""The real application as a process of its own, a real browser in front of it, and a visitor who uses both."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from scaicontrol.portal import BUNDLE
from tests.servers import DIES_WITH_US, free_port, start, temporary_folder

from . import TOLD
from .visitor import AXE, Site, Visitor

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
# As root, and on a machine whose network is closed: without these it knocks at its maker's doors.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A development installation on SQLite with a small world, served by the product's own command."""
    if not (BUNDLE / "index.html").exists() or not AXE.exists():
        pytest.skip(reason="The portal is not built here: it needs Node.js 20.19 or newer.")
    with temporary_folder("site") as folder:
        port = free_port()
        url = f"http://localhost:{port}"  # a browser takes Secure cookies over plain HTTP from this name only
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SCAICONTROL_ENV": "development",
            "PUBLIC_BASE_URL": url,
            "LOG_LEVEL": "ERROR",
            # The stand-ins answer in the process that asks, however busy it is.
            "SCAIKEY_TIMEOUT": "120",
            "SCAIVAULT_TIMEOUT": "120",
            "VIES_TIMEOUT": "120",
        }
        command = ["setpriv", *DIES_WITH_US, "env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        command += [sys.executable, "-m", "tests.e2e.world", str(folder), str(port)]
        told = folder / TOLD
        process = start(command, folder, lambda: told.exists() and _answers(url), patience=600)
        try:
            yield Site(url, json.loads(told.read_text())["foreign_invoice"])
        finally:
            process.terminate()
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/api/v1/auth/config", timeout=10).status_code == 200
    except httpx2.TransportError:
        return False


@pytest_asyncio.fixture(scope="session")
async def chromium(site: Site) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def stranger(chromium: Browser, site: Site) -> AsyncIterator[Visitor]:
    """Somebody with a fresh browser; at the end nothing may have gone wrong in it, or left the site."""
    context = await chromium.new_context(
        locale="en-GB",
        timezone_id="Europe/Amsterdam",
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(60_000)
    visitor = Visitor(site, await context.new_page())
    yield visitor
    await context.close()
    assert visitor.troubles == []


@pytest_asyncio.fixture
async def anna(stranger: Visitor) -> Visitor:
    """Anna runs Acme and is signed in."""
    await stranger.sign_in("usr_anna")
    return stranger


@pytest_asyncio.fixture
async def ada(stranger: Visitor) -> Visitor:
    """Ada operates the platform and is signed in at the console."""
    await stranger.page.goto(f"{stranger.site.url}/admin/")
    await stranger.page.locator("[data-user=usr_ada]").click()
    await expect(stranger.page.get_by_role("heading", level=1, name="Home")).to_be_visible()
    return stranger
