"""What is used, what it costs so far, and being told in time."""

from playwright.async_api import expect

from tests.e2e.visitor import Visitor


async def usage_and_quota(visitor: Visitor) -> None:
    """From what is used to its days and its cost, the same as a table; and a budget is set and taken back."""
    await visitor.go("usage")
    await visitor.main.get_by_role("link", name=visitor.word("usage.details")).first.click()
    await visitor.see(visitor.word("usage.cost"))
    await expect(visitor.main.get_by_text(visitor.word("usage.included")).first).to_be_visible()
    assert (await visitor.download("CSV")).count(b"\n") > 1
    budget = visitor.main.get_by_role("region", name=visitor.word("budget.title"))
    amount = budget.get_by_label(visitor.word("budget.amount"))
    if not await amount.count():  # whoever may only look
        return
    await amount.fill("250")
    await visitor.press(visitor.word("budget.save"))
    await visitor.told("budget.saved")
    await visitor.press(visitor.word("budget.remove"))
    await visitor.told("budget.removed")
