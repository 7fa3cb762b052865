"""What a person keeps in the portal: what they have read, and how pages speak to them."""

import re

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

BELL = re.compile("unread notification|nothing new")


async def test_notices_are_read_services_opened_and_preferences_kept_with_the_person(anna):
    await anna.open("/notifications", "Notifications")
    bell = anna.page.get_by_role("link", name=BELL)
    await expect(bell).to_have_accessible_name(re.compile(r"^\d+ unread"))
    await anna.press("Mark all as read")
    await expect(bell).to_have_accessible_name("Notifications: nothing new")

    await anna.page.keyboard.press("Control+k")
    await anna.page.get_by_label(re.compile("invoice number")).fill("scaiflow open")
    await expect(anna.page.get_by_role("option", name="ScaiFlow")).not_to_have_count(0)  # they are asked for meanwhile
    async with anna.page.expect_popup() as opened:
        await anna.page.keyboard.press("Enter")
    await expect((await opened.value).get_by_role("heading", name="ScaiFlow")).to_be_visible()

    await anna.page.keyboard.press("g")
    await anna.page.keyboard.press("p")
    await expect(anna.page).to_have_url(f"{anna.site.url}/settings/preferences")
    await anna.page.get_by_label("Dates").select_option("iso")
    await anna.press("Save")
    await anna.see("Your preferences are saved.")
    await anna.page.evaluate("localStorage.clear()")  # another browser
    await anna.open("/billing/invoices", "Invoices")
    await expect(anna.page.get_by_role("cell", name=re.compile(r"^\d{4}-\d\d-\d\d$")).first).to_be_visible()
