"""Ways to pay, and paying."""

import re

from playwright.async_api import expect

from tests.e2e.visitor import Visitor


async def payment_method(visitor: Visitor) -> None:
    """A method is entered at the provider, comes back as the default, and goes again."""
    await visitor.go("paymentMethods")
    rows = visitor.main.get_by_role("button", name=visitor.word("methods.removeOf"))
    before = await rows.count()
    charged = visitor.main.get_by_role("listitem").filter(has_text=str(visitor.word("methods.charged")))
    await charged.get_by_role("button").click()
    await visitor.page.locator("button[value=card]").click()
    await visitor.told("methods.added")
    await expect(rows).to_have_count(before + 1)
    await expect(visitor.main.get_by_text(visitor.word("methods.default"), exact=True)).to_have_count(1)


async def pay_an_open_invoice(visitor: Visitor) -> None:
    """The amount is on the button; at the provider it is approved, and back here the invoice is paid."""
    await visitor.go("invoices")
    # In the list: the head of the page offers to pay all of them.
    await visitor.main.locator("td").get_by_role("button", name=visitor.word("pay.title")).first.click()
    at_provider = visitor.dialog.get_by_label(visitor.word("pay.at"))
    await at_provider.first.check()
    await visitor.dialog.get_by_role("button", name=visitor.word("pay.button")).click()
    await visitor.page.locator("button[value=approve]").click()
    await expect(visitor.page).to_have_url(re.compile("/billing/invoices/inv_"))
    await visitor.told("pay.done")
    await expect(visitor.main.get_by_text(visitor.word("status.paid"), exact=True).first).to_be_visible()
