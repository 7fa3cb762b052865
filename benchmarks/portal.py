"""The portal on a slow telephone: how long until the largest thing on a page is drawn, held against a limit."""

import statistics
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

from tests.e2e.addresses import addresses
from tests.e2e.site import CHROMIUM, FLAGS, Site, served_site
from tests.e2e.visitor import Visitor, visiting

from .measure import ROUNDS, Goal, Result
from .world import World

LIMIT: Final = 2.0  # seconds
SLOW_4G: Final = {
    "offline": False,
    "latency": 150,  # ms
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
CPU_DIVIDED_BY: Final = 4
WIDTH: Final = 390
_LARGEST: Final = """
window.largest = 0
new PerformanceObserver(list => {
    for (const paint of list.getEntries()) window.largest = paint.startTime
}).observe({type: 'largest-contentful-paint', buffered: true})
"""


async def largest_paints(_: World, quick: bool) -> list[Result]:
    """Open every page with an empty cache, signed in, as often as there are rounds."""
    with served_site() as site:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            async with visiting(browser, site, width=WIDTH) as anna:
                await anna.sign_in("usr_anna")
                pages = await addresses(anna)
                cookies: Any = await anna.page.context.cookies()
            seconds: dict[str, list[float]] = {page: [] for page in pages}
            for _round in range(1 if quick else ROUNDS):
                for page in pages:
                    seconds[page].append(await _largest_paint(browser, site, cookies, page))
            await browser.close()
    return [
        Result(
            name=f"l. {page.rpartition('_')[0] if '_0' in page else page}",
            sizes=f"{len(taken)} first visits",
            ratios=[each / LIMIT for each in taken],
            goal=Goal(most=1.0),
            ours=f"largest paint {statistics.median(taken):.2f} s",
            yardstick=f"{LIMIT} s at 1.6 Mbit/s, 150 ms and a quarter of a CPU",
        )
        for page, taken in seconds.items()
    ]


async def _largest_paint(browser: Browser, site: Site, cookies: Any, path: str) -> float:
    async with visiting(browser, site, width=WIDTH) as visitor:
        await visitor.page.context.add_cookies(cookies)
        await visitor.page.add_init_script(_LARGEST)
        await _slow_down(visitor)
        await visitor.open(path)
        await visitor.shift()  # the last frame has been drawn
        return float(await visitor.page.evaluate("window.largest")) / 1000


async def _slow_down(visitor: Visitor) -> None:
    session = await visitor.page.context.new_cdp_session(visitor.page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", SLOW_4G)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_DIVIDED_BY})
