"""A browser in front of the application, and the people who use both."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from .site import CHROMIUM, FLAGS, Site, is_built, served_site
from .visitor import AXE, Visitor, visiting


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    if not is_built() or not AXE.exists():
        pytest.skip(reason="The portal is not built here: it needs Node.js 20.19 or newer.")
    with served_site() as served:
        yield served


@pytest_asyncio.fixture(scope="session")
async def chromium(site: Site) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def stranger(chromium: Browser, site: Site) -> AsyncIterator[Visitor]:
    """Somebody with a fresh browser; at the end nothing may have gone wrong in it, or left the site."""
    async with visiting(chromium, site) as visitor:
        yield visitor


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
