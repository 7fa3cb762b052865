from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Page, Request, expect

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = "axe.run(document, {resultTypes: ['violations'], preload: false})"
_AT_REST = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    const ending = document.getAnimations().filter(each => isFinite(each.effect.getComputedTiming().endTime))
    await Promise.allSettled(ending.map(each => each.finished))
}"""


@dataclass(frozen=True)
class Site:
    url: str
    foreign_invoice: str


@dataclass
class Visitor:
    """A person at a browser. `troubles` fills with what nobody should ever see there."""

    site: Site
    page: Page
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

    async def sign_in(self, user: str) -> None:
        """Go through the sign-in service, as people do."""
        await self.page.goto(self.site.url)
        await self.page.get_by_role("link", name="Sign in").click()
        await self.page.locator(f"[data-user={user}]").click()
        await expect(self.page.get_by_role("heading", level=1, name="Overview")).to_be_visible()

    async def open(self, path: str, title: str | None = None) -> None:
        """Go to a page of the portal and wait until it shows what it was asked for."""
        await self.page.goto(self.site.url + path)
        heading = self.page.get_by_role("heading", level=1)
        await (expect(heading).to_have_text(title) if title else expect(heading).to_be_visible())
        await self.settled()

    async def settled(self) -> None:
        await expect(self.page.locator("main")).to_be_visible()
        await expect(self.page.locator(".skeleton")).to_have_count(0)

    async def see(self, text: str) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def download(self, name: str) -> bytes:
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

    async def overhang(self) -> int:
        """How many pixels the page is wider than the screen."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
