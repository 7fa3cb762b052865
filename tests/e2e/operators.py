"""Operators at the console: each at a browser of their own, with the hands that its pages ask for."""

import re
from dataclasses import dataclass, field

from playwright.async_api import Browser, expect

from .site import Site
from .visitor import PATIENCE_MS, Visitor

# Whom each of them works for.
TENANT = {"usr_ada": "tnt_acme", "usr_bert": "tnt_acme", "usr_nina": "tnt_bauwerk", "usr_sabine": "tnt_bauwerk"}


@dataclass
class Operator(Visitor):
    """A person at the console."""

    user: str = ""

    @property
    def tenant(self) -> str:
        return TENANT[self.user]

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self.site.url}/admin{path}")
        await expect(self.page.get_by_role("heading", level=1).first).to_be_visible()

    async def follow(self, name: str | re.Pattern[str], *, within: str = "main") -> None:
        """Follow a link by what it says."""
        await self.page.locator(within).get_by_role("link", name=name, exact=isinstance(name, str)).first.click()
        await expect(self.page.get_by_role("heading", level=1).first).to_be_visible()

    async def fill(self, **fields: str) -> None:
        """Fill a verb's form by the names of its fields."""
        for name, value in fields.items():
            field_ = self.page.locator(f"#f-{name}")
            if await field_.evaluate("one => one.tagName") == "SELECT":
                await field_.select_option(value)
            else:
                await field_.fill(value)

    async def act(self, label: str, said: str | re.Pattern[str], **fields: str) -> None:
        """Press a verb's button of a page, fill its form, confirm it, and read what happened."""
        await self.follow(label, within=".verbs")
        await self.fill(**fields)
        await self.press(label)
        await self.answered(said)

    async def agree(self, label: str, **fields: str) -> None:
        """As `act`, with what is dangerous: read what it would do, then have exactly that done."""
        await self.follow(label, within=".verbs")
        await self.fill(**fields)
        await self.press("Show what it does")
        await expect(self.page.get_by_role("heading", name="What it would do")).to_be_visible()

    async def answered(self, words: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_role("status").or_(self.page.get_by_role("alert")).first).to_contain_text(words)


@dataclass
class Crew:
    """The operators, each at a browser of their own, signed in once."""

    site: Site
    browser: Browser
    at_work: dict[str, Operator] = field(default_factory=dict)

    async def at(self, user: str) -> Operator:
        if user not in self.at_work:
            context = await self.browser.new_context(
                locale="en-GB",
                timezone_id="Europe/Amsterdam",
                viewport={"width": 1440, "height": 900},
                reduced_motion="reduce",
            )
            context.set_default_timeout(PATIENCE_MS)
            one = Operator(self.site, await context.new_page(), user=user)
            await one.page.goto(f"{self.site.url}/admin/")
            await one.page.locator(f"[data-user={user}]").click()
            await expect(one.page.get_by_role("heading", level=1, name="Home")).to_be_visible()
            self.at_work[user] = one
        return self.at_work[user]

    async def leave(self) -> None:
        for one in self.at_work.values():
            await one.page.context.close()
        self.at_work.clear()
