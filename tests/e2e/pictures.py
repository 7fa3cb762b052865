"""
Pictures of every page of the portal, in both schemes and on two screens: `python -m tests.e2e.pictures <folder>`.

Made from the world of the browser tests, as the administrator of Acme sees it; the names say page, scheme and width.
"""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from .addresses import addresses
from .site import CHROMIUM, FLAGS, served_site
from .visitor import visiting

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1440, 390)]


async def picture(folder: Path) -> None:
    """Open every page in every look and keep all of it as one PNG."""
    with served_site() as site:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            async with visiting(browser, site) as visitor:
                await visitor.page.goto(f"{site.url}/")
                await visitor.page.screenshot(path=folder / "sign-in.png")
                await visitor.sign_in("usr_anna")
                for address in await addresses(visitor):
                    await visitor.open(address)
                    for scheme, width in LOOKS:
                        await visitor.look(scheme, width)
                        name = f"{_name(address)}-{scheme}-{width}.png"
                        await visitor.page.screenshot(path=folder / name, full_page=True)
            await browser.close()


def _name(address: str) -> str:
    return "-".join("one" if "_" in part else part for part in address.split("/") if part) or "overview"


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(picture(Path(sys.argv[1])))
