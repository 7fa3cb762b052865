"""The jobs of an operator's day, walked in a real browser by each role that has them; who has not is refused."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.surfaces.console_browser import OURS, browser

from .duties import ADA, BERT, DUTIES, NILS, NINA, Duty
from .operators import Crew
from .site import Site

__all__ = ["browser"]
ROLES = {ADA: "ada", BERT: "bert", NINA: "petra", NILS: "pim"}  # the same roles in a browser and over HTTP


@pytest.fixture
def dialect() -> str:
    """Who is let in is decided before any database is asked."""
    return "sqlite"


@pytest_asyncio.fixture(scope="module")
async def crew(chromium: Browser, site: Site) -> AsyncIterator[Crew]:
    """Everybody signs in once; at the end nothing may have gone wrong in any browser, or left the site."""
    together = Crew(site, chromium)
    yield together
    troubles = {user: one.troubles for user, one in together.at_work.items() if one.troubles}
    await together.leave()
    assert troubles == {}


@pytest.mark.browser
@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.job.__name__)
async def test_whoever_does_it_daily_can(crew: Crew, duty: Duty):
    await duty.job(await crew.at(duty.daily), crew)


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.parametrize(
    ("duty", "user"),
    [pytest.param(duty, user, id=f"{duty.job.__name__}, {user}") for duty in DUTIES for user in duty.others],
)
async def test_whoever_may_can(crew: Crew, duty: Duty, user: str):
    await duty.job(await crew.at(user), crew)


@pytest.mark.parametrize("user", ROLES)
async def test_whoever_may_not_is_refused_at_every_address(browser, user: str):
    async with browser(ROLES[user]) as client:
        for duty in DUTIES:
            for address in duty.refused_at if user not in duty.walkers else ():
                assert (await client.get(f"/admin{address}")).status_code == 403, address
                if "/do/" in address:
                    sent = await client.post(f"/admin{address}", data={"reason": "x"}, headers=OURS)
                    assert sent.status_code == 403, address


async def test_a_viewer_is_offered_nothing_to_do(browser):
    async with browser("pim") as client:
        for page in ("/admin/", "/admin/tenant/list", "/admin/tenant/details/tnt_acme", "/admin/usage"):
            shown = await client.get(page)
            assert shown.status_code == 200, page
            assert "/do/" not in shown.text, page
            assert 'class="card task' not in shown.text
