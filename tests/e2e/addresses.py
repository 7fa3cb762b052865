"""An address of every page of the portal: those that show one thing show the first of its list."""

from playwright.async_api import expect

from scaicontrol.portal import PAGES

from .visitor import Visitor


async def addresses(visitor: Visitor) -> list[str]:
    """Find them as a visitor does, from list to thing."""
    found = []
    for page in PAGES:
        of, is_one, _ = page.partition("/:")
        if not is_one:
            found.append(page)
            continue
        await visitor.open(of)
        first = visitor.main.locator(f"a[href^='{of}/']").first
        await expect(first, f"{of} leads to none of {page}").to_be_visible()
        found.append(str(await first.get_attribute("href")))
    return found
