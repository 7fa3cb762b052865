"""Reading the portal: the API's description, another language, by keyboard, by landmarks."""

import re
from itertools import pairwise

from playwright.async_api import expect

from tests.e2e.visitor import Visitor
from tests.e2e.words import phrase

# What a screen reader jumps by: one main part, a named menu, one headline, and no level left out below it.
_LANDMARKS = """() => ({
    mains: document.querySelectorAll('main').length,
    menus: [...document.querySelectorAll('nav')].map(nav => nav.getAttribute('aria-label')),
    levels: [...document.querySelectorAll('main :is(h1, h2, h3, h4)')]
        .filter(each => each.checkVisibility()).map(each => Number(each.tagName[1])),
    nameless: [...document.querySelectorAll('main section, aside')]
        .filter(each => !each.getAttribute('aria-label') && !each.getAttribute('aria-labelledby')).length,
})"""
LANGUAGES = {"en": "English", "de": "Deutsch"}


async def api_docs(visitor: Visitor) -> None:
    """The description of the API comes from here, and nothing in it is cut."""
    await visitor.page.goto(f"{visitor.site.url}/api/docs")
    await expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    await visitor.page.get_by_role("textbox", name="Filter by tag or path").fill("subscriptions")
    await expect(visitor.page.locator("#operations-tag-admin-billing")).to_have_count(0)
    await visitor.page.locator("#operations-tag-subscriptions").click()
    await expect(visitor.page.locator("[data-path='/api/v1/subscriptions']").first).to_be_visible()
    assert await visitor.overhang() <= 0


async def language(visitor: Visitor) -> None:
    """The choice changes every word at once, outlives the page, and is taken back."""
    mine = visitor.language
    for chosen in ("de" if mine == "en" else "en", mine):
        await visitor.open("/", str(visitor.word("overview.title")))
        await _speak(visitor, chosen)
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(phrase(chosen, "overview.title"))
        await expect(visitor.page.locator("html")).to_have_attribute("lang", chosen)
        visitor.language = chosen
        await visitor.page.reload()
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(phrase(chosen, "overview.title"))
    # Kept with the account: the next one to come speaks as the browser does.
    await visitor.open("/settings/preferences")
    await visitor.main.get_by_label(visitor.word("preferences.language"), exact=True).select_option("")
    await visitor.press(visitor.word("common.save"))
    await visitor.told("preferences.saved")


async def keyboard_only(visitor: Visitor) -> None:
    """Past the menu with one key, to a page and into its list, without a mouse."""
    page = visitor.page
    await visitor.open("/")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name=visitor.word("nav.skip"))
    await expect(skip).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await page.keyboard.press("?")
    await expect(visitor.dialog).to_contain_text(str(visitor.word("keys.title")))
    await page.keyboard.press("Escape")
    await expect(visitor.dialog).to_have_count(0)
    await visitor.open("/catalog", str(visitor.word("nav.catalog")))
    await page.locator("#main").focus()
    service = visitor.main.locator("a[href^='/catalog/']").first
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await service.evaluate("one => one === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/catalog/scai"))
    await expect(page.locator("#main")).to_be_focused()


async def landmarks(visitor: Visitor) -> None:
    menu = visitor.page.get_by_role("navigation", name=visitor.word("nav.main"), include_hidden=True)
    links = menu.get_by_role("link", include_hidden=True)
    await expect(links).not_to_have_count(0)
    for address in await links.evaluate_all("all => all.map(one => one.getAttribute('href'))"):
        await visitor.open(str(address))
        found = await visitor.page.evaluate(_LANDMARKS)
        assert (found["mains"], found["nameless"]) == (1, 0), (address, found)
        assert visitor.word("nav.main") in found["menus"], (address, found)
        levels = found["levels"]
        assert levels.count(1) == 1, (address, found)
        assert all(below - above <= 1 for above, below in pairwise(levels)), (address, found)


async def _speak(visitor: Visitor, chosen: str) -> None:
    choice = visitor.page.get_by_label(visitor.word("nav.language"), exact=True)
    if not await choice.is_visible():
        await visitor.page.get_by_role("banner").get_by_role("button", name=visitor.word("nav.menu")).click()
    await choice.select_option(LANGUAGES[chosen])
