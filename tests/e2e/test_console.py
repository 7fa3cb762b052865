"""An operator at the console: the real application, a real browser, every page of the menu."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from .visitor import Visitor

pytestmark = pytest.mark.browser

SCHEMES, WIDTHS = ("light", "dark"), (1440, 1024, 390)
LOOKS = [(scheme, width) for width in WIDTHS for scheme in SCHEMES]


async def links(visitor: Visitor, selector: str) -> list[str]:
    found = await visitor.page.locator(selector).evaluate_all("all => all.map(one => one.href)")
    return [str(link).removeprefix(visitor.site.url) for link in found]


async def opened(ada) -> AsyncIterator[str]:
    """Open the menu's pages, then the first row's page and the first form of each; give the one that is open."""
    menu, further = ["/admin/", "/admin/search?q=acme", *await links(ada, "nav.menu ul a")], []
    for path in menu:
        await ada.page.goto(ada.site.url + path)
        further += [*(await links(ada, "tr[data-row] th a"))[:1], *(await links(ada, "nav.verbs a"))[:1]]
        yield path
    for path in further:
        await ada.page.goto(ada.site.url + path)
        yield path


async def barriers(ada, looks) -> dict[str, list[str]]:
    """What axe finds on each page in each of its looks, and what a telephone has to scroll sideways for."""
    found: dict[str, list[str]] = {}
    async for path in opened(ada):
        of_its_turn = looks(len(found))
        found[path] = []
        for scheme, width in of_its_turn:
            await ada.look(scheme, width)
            found[path] += [f"{scheme} {width}: {barrier}" for barrier in await ada.barriers()]
        await ada.look("light", min(WIDTHS))
        if (overhang := await ada.overhang()) > 0:
            found[path].append(f"it is {overhang} px wider than {min(WIDTHS)}")
    assert len(found) > 50, "the menu has become short, or its pages have lost their rows and forms"
    return found


async def test_every_page_is_open_to_everybody(ada, record_property):
    """No barrier that axe knows, in one look on every second page; nothing to scroll sideways on a telephone on any."""
    found = await barriers(ada, lambda number: [] if number % 2 else [LOOKS[number // 2 % len(LOOKS)]])
    record_property("pages", len(found))
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.long
async def test_every_page_is_open_in_every_look(ada):
    found = await barriers(ada, lambda _: LOOKS)
    assert {path: what for path, what in found.items() if what} == {}


async def test_the_keyboard_leads_everywhere(ada):
    await ada.page.keyboard.press("?")
    await expect(ada.page.get_by_role("dialog")).to_contain_text("copy the id")
    await ada.page.keyboard.press("Escape")
    await ada.page.keyboard.press("g")
    await ada.page.keyboard.press("i")
    await expect(ada.page.get_by_role("heading", level=1, name="Invoices")).to_be_visible()
    await ada.page.keyboard.press("j")
    chosen = ada.page.locator("tr[data-row][aria-current]")
    await expect(chosen).to_have_count(1)
    first = await chosen.locator("[data-id]").get_attribute("data-id")
    await ada.page.keyboard.press("Enter")
    await expect(ada.page).to_have_url(re.compile(f"/admin/invoice/details/{first}$"))
    await ada.page.keyboard.press("Control+k")
    await expect(ada.page.locator("[data-search]")).to_be_focused()
    await ada.page.keyboard.type("SCAI-")
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.get_by_role("heading", level=1)).to_contain_text(re.compile("Found for SCAI-|Invoice SCAI-"))


async def test_names_complete_and_rows_are_chosen(ada):
    await ada.page.goto(f"{ada.site.url}/admin/invoice/list")
    await ada.page.locator("#n-tenant").press_sequentially("acme")
    await expect(ada.page.locator("#l-tenant option")).to_have_count(1)
    send = ada.page.get_by_role("button", name="Send the chosen rows")
    await expect(send).to_be_disabled()
    await ada.page.locator("[data-choose]").first.check()
    await ada.see("1 chosen")
    await expect(send).to_be_enabled()
    await ada.page.goto(f"{ada.site.url}/admin/audit-entry/list")
    await ada.page.locator("#n-action").press_sequentially("invoice dr")
    await expect(ada.page.locator("#l-action option[value='invoice.drafted']")).to_have_text("invoice drafted")


async def test_a_session_that_ended_brings_back_what_was_typed(ada):
    await ada.page.goto(f"{ada.site.url}/admin/invoice/list")
    await ada.page.locator("tr[data-row] th a").first.click()
    await ada.page.get_by_role("link", name="Make the PDF anew").click()
    await ada.page.get_by_label("Reason").fill("The wrong tenant")
    await ada.page.context.clear_cookies()
    await ada.press("Make the PDF anew")
    await ada.see("Your session has ended")
    ada.forgive("401")
    async with ada.page.context.expect_page() as opening:
        await ada.page.get_by_role("link", name="Sign in on a second page").click()
    second = await opening.value
    await second.locator("[data-user=usr_ada]").click()
    await expect(second.get_by_role("heading", level=1, name="Home")).to_be_visible()
    await ada.press("Go on")
    await expect(ada.page.get_by_label("Reason")).to_have_value("The wrong tenant")
    ada.forgive("403")


async def test_a_tenant_is_led_to_the_portal(stranger):
    await stranger.page.goto(f"{stranger.site.url}/admin/")
    await stranger.page.locator("[data-user=usr_anna]").click()
    await stranger.see("This is the operators' console")
    stranger.forgive("403")
    assert await stranger.barriers() == []
    await stranger.page.get_by_role("link", name="To the portal").click()
    await expect(stranger.page).to_have_url(f"{stranger.site.url}/")


async def test_a_tenants_portal_is_looked_at_under_a_banner(ada):
    tenant = f"{ada.site.url}/admin/tenant/details/tnt_acme"
    await ada.page.goto(tenant)
    await ada.page.get_by_role("link", name="View as tenant").click()
    await ada.page.get_by_label("Reason").fill("An invoice is said to be missing.")
    await ada.page.get_by_label("Ticket").fill("SUP-1234")
    await ada.press("View as tenant")
    await expect(ada.page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    for path, title in (("/billing/invoices", "Invoices"), ("/settings/portal-views", "Support access")):
        await ada.open(path, title)
        await expect(ada.page.get_by_role("status").filter(has_text="SUP-1234")).to_be_visible()
        for scheme in SCHEMES:
            for width in WIDTHS:
                await ada.look(scheme, width)
                assert await ada.barriers() == []
                assert await ada.overhang() <= 0
    await expect(ada.page.get_by_role("cell", name="SUP-1234")).to_be_visible()
    await ada.press("End the view")
    await expect(ada.page).to_have_url(tenant)
    await ada.see("Acme")


def test_no_page_brings_script_or_style_of_its_own():
    templates = Path(__file__).parents[2] / "admin_views" / "templates"
    for page in templates.rglob("*.html"):
        text = page.read_text()
        assert not re.search(r"<script(?![^>]* src=| type=.application/json)|<style|\son[a-z]+=|\sstyle=", text), (
            page.name
        )
