import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from . import words
from .site import Site

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = "axe.run(document, {resultTypes: ['violations'], preload: false})"
_AT_REST = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    const ending = document.getAnimations().filter(each => isFinite(each.effect.getComputedTiming().endTime))
    await Promise.allSettled(ending.map(each => each.finished))
}"""


# Heard from the first paint on: every shift of what was there, but those that somebody's own deed caused.
_SHIFTS = """
window.shifted = 0
new PerformanceObserver(list => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifted += shift.value
}).observe({type: 'layout-shift', buffered: true})
"""
PATIENCE_MS = 60_000  # Playwright's own is five seconds to see a thing: a busy machine takes longer
expect.set_options(timeout=PATIENCE_MS)
WIDE = 1024  # from here on the menu is a column of the page


@dataclass
class Visitor:
    """A person at a browser. `troubles` fills with what nobody should ever see there."""

    site: Site
    page: Page
    language: str = "en"
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and not request.url.startswith(self.site.url):
            self.troubles.append(f"asked another host: {request.url}")

    def forgive(self, words: str) -> None:
        """Take the troubles with these words as announced; there must be one."""
        kept = [trouble for trouble in self.troubles if words not in trouble]
        assert len(kept) < len(self.troubles)
        self.troubles[:] = kept

    def word(self, key: str, **holes: str) -> str | re.Pattern[str]:
        """What the portal says under a key, in the visitor's language."""
        return words.phrase(self.language, key, **holes)

    async def sign_in(self, user: str) -> None:
        """Go through the sign-in service, as people do."""
        await self.page.goto(self.site.url)
        await self.page.get_by_role("link", name=self.word("signIn.button")).click()
        await self.page.locator(f"[data-user={user}]").click()
        await expect(self.page.get_by_role("heading", level=1, name=self.word("overview.title"))).to_be_visible()

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    async def go(self, place: str) -> None:
        """Choose a place in the menu, which has to be opened first on a narrow screen."""
        link = self.page.get_by_role("link", name=self.word(f"nav.{place}"), exact=True)
        menu = self.page.get_by_role("navigation", name=self.word("nav.main")).get_by_role("link").and_(link)
        if self.page.viewport_size and self.page.viewport_size["width"] < WIDE:
            await self.page.get_by_role("banner").get_by_role("button", name=self.word("nav.menu")).click()
        await menu.click()
        await self.settled()

    async def open(self, path: str, title: str | None = None) -> None:
        """Go to a page of the portal and wait until it shows what it was asked for."""
        await self.page.goto(self.site.url + path)
        heading = self.page.get_by_role("heading", level=1)
        await (expect(heading).to_have_text(title) if title else expect(heading).to_be_visible())
        await self.settled()

    async def settled(self) -> None:
        await expect(self.page.locator("main")).to_be_visible()
        await expect(self.page.locator(".skeleton")).to_have_count(0)

    async def see(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def told(self, key: str, **holes: str) -> None:
        """Wait until the portal says what a deed came to."""
        await expect(self.page.get_by_role("status").get_by_text(self.word(key, **holes)).last).to_be_visible()

    async def press(self, name: str | re.Pattern[str]) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def confirm(self, name: str | re.Pattern[str]) -> None:
        """Press a button of the dialog, as soon as it may be pressed, and see the dialog go."""
        button = self.dialog.get_by_role("button", name=name, exact=True)
        await expect(button).to_be_enabled()
        await button.click()
        await expect(self.dialog).to_have_count(0)

    async def download(self, name: str | re.Pattern[str]) -> bytes:
        """Press a button and give the bytes of the file that comes."""
        async with self.page.expect_download() as coming:
            await self.press(name)
        path = await (await coming.value).path()
        return path.read_bytes()

    async def look(self, scheme: Any, width: int) -> None:
        await self.page.emulate_media(color_scheme=scheme)
        await self.page.set_viewport_size({"width": width, "height": 900})
        await self.page.evaluate(_AT_REST)  # between two schemes a colour has neither's contrast

    async def barriers(self) -> list[str]:
        """Let axe look at the page and name what keeps people out."""
        if not await self.page.evaluate("typeof axe === 'object'"):
            await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate(_RULES)
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]

    async def shift(self) -> float:
        """How much of what was there has moved by itself since the page was opened (CLS)."""
        await self.page.evaluate(_AT_REST)
        return float(await self.page.evaluate("window.shifted"))

    async def overhang(self) -> int:
        """How many pixels the page is wider than the screen."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@asynccontextmanager
async def visiting(
    browser: Browser, site: Site, *, scheme: Any = "light", width: int = 1280, language: str = "en"
) -> AsyncIterator[Visitor]:
    """Let somebody come with a fresh browser of a look and a language, and see that nothing went wrong in it."""
    context = await browser.new_context(
        locale={"en": "en-GB"}.get(language, f"{language}-{language.upper()}"),
        timezone_id="Europe/Amsterdam",
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(_SHIFTS)
    visitor = Visitor(site, await context.new_page(), language)
    try:
        yield visitor
    finally:
        await context.close()
    assert visitor.troubles == [], visitor.troubles
