"""
Makes a picture of every page of the console in light and dark, at a desk and on a telephone, for people to look at.

`python -m tests.e2e.console_pictures <address> <folder> [part of a path …]`, with `make run` in another terminal.
"""

import asyncio
import re
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from .operators import Crew
from .site import CHROMIUM, FLAGS, Site
from .test_console import SCHEMES, opened

WIDTHS = (1440, 390)


async def take(url: str, folder: Path, parts: list[str]) -> int:
    """Open page after page as Ada and keep what it looks like; gives how many pictures there are."""
    taken = 0
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        ada = await Crew(Site(url, ""), browser).at("usr_ada")
        async for path in opened(ada):
            if parts and not any(part in path for part in parts):
                continue
            said = re.sub(r"_[0-9a-z]{26}\b", "", path.removeprefix("/admin/"))
            name = re.sub(r"\W+", "-", said).strip("-") or "home"
            for scheme in SCHEMES:
                for width in WIDTHS:
                    await ada.look(scheme, width)
                    await ada.page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
                    taken += 1
        await browser.close()
    return taken


if __name__ == "__main__":
    address, place, *wanted = sys.argv[1:]
    Path(place).mkdir(parents=True, exist_ok=True)
    print(asyncio.run(take(address.rstrip("/"), Path(place), wanted)), "pictures are in", place)
