"""Buying, changing and leaving."""

import re

from playwright.async_api import expect

from tests.e2e.visitor import Visitor


async def find_and_buy(visitor: Visitor) -> None:
    """Three clicks from the catalogue: a service, one of its plans, and the price that is agreed to."""
    for address in await _services(visitor):
        await visitor.open(address)
        if await visitor.main.get_by_text(visitor.word("catalog.yours"), exact=True).count():
            continue
        await visitor.go("catalog")
        await visitor.main.locator(f"a[href='{address}']").click()
        await visitor.main.get_by_role("button", name=visitor.word("catalog.subscribeTo")).first.click()
        agree = [re.escape(str(visitor.word("catalog.startTrial"))), _source(visitor.word("catalog.confirm"))]
        await visitor.confirm(re.compile("|".join(agree)))
        await visitor.told("catalog.subscribed")
        await expect(visitor.page).to_have_url(re.compile(r"/subscriptions/sub_"))
        return
    raise AssertionError("There is nothing left to buy.")


async def upgrade_with_proration_first(visitor: Visitor) -> None:
    """What the change costs stands there before it is agreed to, and is what is done."""
    await visitor.go("subscriptions")
    await visitor.main.get_by_role("link", name="ScaiCRM").click()
    await visitor.press(visitor.word("subscription.change"))
    plan = visitor.dialog.get_by_label(visitor.word("subscriptions.plan"), exact=True)
    dearer = plan.locator("option", has_text="Enterprise")
    await expect(dearer).to_be_attached()
    await plan.select_option(await dearer.get_attribute("value"))
    await expect(visitor.dialog.get_by_text(visitor.word("change.price"))).to_be_visible()
    await visitor.confirm(visitor.word("change.confirm"))
    await visitor.told("change.done")


async def cancel_and_undo(visitor: Visitor) -> None:
    await _open_one(visitor, "subscription.cancel")
    await visitor.press(visitor.word("subscription.cancel"))
    await visitor.dialog.get_by_label(visitor.word("cancel.reason")).fill("We merged two teams.")
    await visitor.confirm(visitor.word("cancel.confirm"))
    await visitor.told("cancel.done")
    await visitor.press(visitor.word("subscription.resume"))
    await visitor.confirm(visitor.word("resume.confirm"))
    await visitor.told("resume.done")
    await expect(visitor.page.get_by_role("button", name=visitor.word("subscription.cancel"))).to_be_visible()


async def _services(visitor: Visitor) -> list[str]:
    await visitor.go("catalog")
    links = visitor.main.locator("a[href^='/catalog/']")
    await expect(links).not_to_have_count(0)
    return [str(href) for href in await links.evaluate_all("all => all.map(one => one.getAttribute('href'))")]


async def _open_one(visitor: Visitor, action: str) -> None:
    """Open the first subscription that runs and has this button."""
    await visitor.open("/subscriptions?status=active")
    links = visitor.main.locator("a[href^='/subscriptions/sub_']")
    await expect(links).not_to_have_count(0)
    for address in await links.evaluate_all("all => all.map(one => one.getAttribute('href'))"):
        await visitor.open(str(address))
        if await visitor.main.get_by_role("button", name=visitor.word(action), exact=True).count():
            return
    raise AssertionError(f"No subscription offers {action}.")


def _source(name: str | re.Pattern[str]) -> str:
    return name.pattern if isinstance(name, re.Pattern) else re.escape(name)
