"""A tenant at the portal: the real application, the real bundle, a real browser."""

import re

import pytest
from lxml import etree
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def first_link(visitor, path: str, name: str | re.Pattern[str]) -> str:
    await visitor.open(path)
    link = visitor.page.get_by_role("main").get_by_role("link", name=name).first
    return str(await link.get_attribute("href"))


async def test_a_tenant_signs_in_and_sees_how_it_stands(anna):
    await anna.settled()
    await anna.see("Everything is in order")
    await anna.see("Acme Bakeries B.V.")
    main = anna.page.get_by_role("main")
    for service in ("ScaiFlow", "ScaiWave", "ScaiCRM"):
        await expect(main.get_by_role("link", name=service)).to_be_visible()
    await expect(main.get_by_role("link", name=re.compile("SCAI-"))).not_to_have_count(0)
    await expect(main.get_by_role("heading", name=re.compile(r"Coming up on \d+ "))).to_be_visible()


async def test_who_is_not_signed_in_comes_back_to_the_page_they_wanted(stranger):
    await stranger.page.goto(f"{stranger.site.url}/subscriptions?status=active")
    await stranger.page.get_by_role("link", name="Sign in").click()
    await stranger.page.locator("[data-user=usr_anna]").click()
    await expect(stranger.page).to_have_url(f"{stranger.site.url}/subscriptions?status=active")
    await stranger.see("ScaiFlow")


async def test_subscriptions_are_listed_and_filtered(anna):
    await anna.open("/subscriptions", "Subscriptions")
    await anna.see("3 subscriptions")
    await anna.page.get_by_label("Status").select_option("Trial")
    await anna.see("1 subscription")
    await expect(anna.page).to_have_url(re.compile(r"status=trialing"))
    await anna.page.get_by_role("link", name="ScaiCRM").click()
    await anna.see("Your trial runs until")


async def test_a_cancellation_can_be_undone(anna):
    await anna.open(await first_link(anna, "/subscriptions", "ScaiFlow"), "ScaiFlow")
    await anna.press("Cancel subscription")
    assert await anna.barriers() == []
    await anna.page.get_by_label("Why are you leaving?").fill("We merged two teams.")
    await anna.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Cancel on")).click()
    await anna.see("Until then everything keeps working.")
    await expect(anna.page.get_by_role("button", name="Cancel subscription")).to_have_count(0)
    await anna.press("Keep subscription")
    await anna.page.get_by_role("dialog").get_by_role("button", name="Keep subscription").click()
    await anna.see("ScaiFlow continues.")
    await expect(anna.page.get_by_role("button", name="Cancel subscription")).to_be_visible()


async def test_invoices_are_listed_and_filtered(anna):
    await anna.open("/billing/invoices", "Invoices")
    numbers = anna.page.get_by_role("link", name=re.compile("^SCAI-"))
    await expect(numbers).not_to_have_count(0)
    there = await numbers.count()  # whoever walked here before has been billed, too
    await anna.page.get_by_label("Status").select_option("Paid")
    await expect(anna.page).to_have_url(re.compile("status=paid"))
    rows = anna.page.get_by_role("row").filter(has=numbers)
    await expect(rows.filter(has_not_text="Paid")).to_have_count(0)
    await anna.page.get_by_label("Status").select_option("All")
    await expect(numbers).to_have_count(there)


async def test_an_invoice_comes_as_pages_and_as_data(anna):
    await anna.open(await first_link(anna, "/billing/invoices", re.compile("^SCAI-")))
    await anna.see("NL252760189B01")
    await expect(anna.page.get_by_text("VAT 21.00%")).to_be_visible()
    assert (await anna.download("PDF")).startswith(b"%PDF-")
    ubl = etree.fromstring(await anna.download("E-invoice, UBL"))
    assert etree.QName(ubl).localname == "Invoice"
    await anna.page.get_by_text("More formats").click()
    cii = etree.fromstring(await anna.download("CII (EN 16931)"))
    assert etree.QName(cii).localname == "CrossIndustryInvoice"


async def test_the_account_between_two_days_comes_as_pages(anna):
    await anna.open("/billing/invoices", "Invoices")
    await anna.press("Statement of account")
    assert await anna.barriers() == []
    last = await anna.page.get_by_label("Last day").input_value()
    await anna.page.get_by_label("First day").fill(last)
    assert (await anna.download("Download PDF")).startswith(b"%PDF-")
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)


async def test_billing_details_are_checked_and_saved(anna):
    await anna.open("/settings/billing-profile", "Billing details")
    number, town = anna.page.get_by_label("VAT number"), anna.page.get_by_label(re.compile("^City"))
    await number.fill("NL000000000B00")
    await town.fill("Utrecht")
    await anna.press("Save details")
    await anna.see("Some fields need your attention.")
    await expect(number).to_have_attribute("aria-invalid", "true")
    anna.forgive("422")
    await number.fill("NL252760189B01")
    await anna.press("Save details")
    await anna.see("Your billing details are saved.")
    await anna.page.reload()
    await expect(town).to_have_value("Utrecht")


async def test_another_tenants_invoice_does_not_exist(anna):
    await anna.open(f"/billing/invoices/{anna.site.foreign_invoice}")
    await anna.see("This does not exist, or it belongs to another account.")
    anna.forgive("404")


async def test_signing_out_ends_the_session(anna):
    async with anna.page.expect_navigation():  # by way of the sign-in service and back
        await anna.press("Sign out")
    await expect(anna.page.get_by_role("link", name="Sign in")).to_be_visible()
    await anna.open("/billing/invoices", "Your subscriptions and invoices")
    assert await anna.page.context.cookies() == []
