"""The designer in a real browser: every template opens unchanged, and one is drawn in two languages."""

import re
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from scaicontrol.services.templates import TemplateType
from tests.factories.templates import BY_HAND

from .visitor import Visitor

pytestmark = pytest.mark.browser


async def design(visitor: Visitor, name: str, kind: TemplateType) -> None:
    asked = urlencode({"name": name, "type": kind.value})
    await visitor.page.goto(f"{visitor.site.url}/admin/billing/templates/designer?{asked}")
    await expect(visitor.page.locator("body[data-ready=yes]")).to_be_attached()


async def test_every_template_opens_as_it_was_written(ada):
    """The canvas says each page as the server wrote it: what is saved unchanged prints the same."""
    page = ada.page
    await page.goto(f"{ada.site.url}/admin/invoice-template/do/create")
    await page.get_by_label("Name").fill("by hand")
    await page.get_by_label("Of").select_option("invoice")
    await page.get_by_label("HTML").fill(BY_HAND)
    await page.get_by_role("button", name="Write a template").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("by hand")
    for name, kind in [("by hand", TemplateType.invoice), *(("new", kind) for kind in TemplateType)]:
        await design(ada, name, kind)
        assert await page.locator("body").get_attribute("data-faithful") == "yes", (name, kind)
    await design(ada, "by hand", TemplateType.invoice)
    await ada.press("Save")
    await ada.see("Nothing changed, nothing was saved.")


async def write(page, canvas, words):
    """Write in the text on the canvas as a person does, who sees it, and its cursor, before typing."""
    text = canvas.locator("[data-inv=text]")
    # A driver that scrolls by itself, while the canvas still settles, may leave the text under the bar of buttons.
    await page.evaluate("scrollTo(0, 0)")
    await text.dblclick(force=True)
    await expect(canvas.locator("[contenteditable=true]")).to_be_focused()
    await page.keyboard.press("Control+a")
    await page.keyboard.type(words)
    await expect(text).to_have_text(words)


async def test_one_layout_is_drawn_in_two_languages_and_goes_live(ada):
    page, canvas = ada.page, ada.page.frame_locator(".gjs-frame")
    await design(ada, "letter", TemplateType.email_trial_ending)
    await page.locator("#d-subject").fill("Your trial")
    await write(page, canvas, "Your trial ends soon.")
    await page.locator("#d-add").select_option("de")
    await ada.see("1 of 1 texts are not translated to de.")
    await expect(page.get_by_role("button", name="Not translated to de")).to_be_visible()
    await write(page, canvas, "Ihre Testzeit endet bald.")
    await page.locator("#d-subject").fill("Ihre Testzeit")
    await ada.press("Show the mail")
    await expect(page.frame_locator("#d-look").get_by_text("Ihre Testzeit endet bald.")).to_be_visible()
    for scheme, width in (("light", 1440), ("dark", 390)):
        await ada.look(scheme, width)
        assert await ada.barriers() == []
        assert await ada.overhang() <= 0
    await ada.look("light", 1440)
    await ada.press("Save")
    await ada.see("Saved as a draft (any language: version 1, de: version 1).")
    await expect(page.locator("body[data-ready=yes]")).to_be_attached()
    await expect(page.locator("#d-words")).to_contain_text(re.compile("Your trial ends soon.*Ihre Testzeit", re.DOTALL))
    await ada.press("Publish")
    await ada.see("Live from now on (any language: version 1, de: version 1).")
