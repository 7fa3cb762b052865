"""What holds on every page of the portal: open to everybody, still, small, and nothing from elsewhere."""

import gzip
from typing import Any

import pytest
from playwright.async_api import Request, Response

from .addresses import addresses
from .visitor import Visitor, visiting

pytestmark = pytest.mark.browser

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1440, 390)]
SHIFT_MOST = 0.02
# Bytes of gzip on a first visit; a page that is opened without having been anywhere else brings its own part.
SCRIPT_MOST, PAGE_SCRIPT_MOST, STYLE_MOST = 60_000, 73_500, 16_000


async def looked_at(anna, looks) -> list[str]:
    """Open every page, and say what keeps people out of it, what moves in it and what is cut."""
    found = []
    for number, path in enumerate([*(await addresses(anna)), "/nowhere"]):
        for scheme, width in looks(number):
            await anna.look(scheme, width)
            await anna.open(path)
            if (shift := await anna.shift()) > SHIFT_MOST:
                found.append(f"{path} at {width}: what was read moved by {shift:.3f}")
            found += [f"{path} {scheme} {width}: {barrier}" for barrier in await anna.barriers()]
        await anna.look("light", 320)
        if (overhang := await anna.overhang()) > 0:
            found.append(f"{path} is {overhang} px wider than 320")
    anna.forgive("404")  # what is nowhere is answered so
    return found


async def test_every_page_is_open_and_still(anna):
    """No barrier that axe knows, no shift, nothing to scroll sideways: in one look on each page."""
    assert await looked_at(anna, lambda number: [LOOKS[number % len(LOOKS)]]) == []


@pytest.mark.long
async def test_every_page_is_open_and_still_in_every_look(anna):
    assert await looked_at(anna, lambda _: LOOKS) == []


async def test_the_way_in_is_open_to_everybody(stranger):
    for scheme, width in LOOKS:
        await stranger.look(scheme, width)
        await stranger.open("/")
        assert (await stranger.barriers(), await stranger.shift()) == ([], 0)
        assert await stranger.overhang() <= 0


async def test_a_first_visit_is_small(chromium, site, anna):
    """The way in, in any language, and every page behind it: counted is what a browser without a cache asks for."""
    cookies: Any = await anna.page.context.cookies()
    heavy = {}
    visits: list[tuple[str, str, Any, int]] = [("/", language, [], SCRIPT_MOST) for language in ("en", "de", "fr")]
    visits += [(path, "en", cookies, PAGE_SCRIPT_MOST) for path in await addresses(anna)]
    for path, language, known, most in visits:
        async with visiting(chromium, site, language=language) as visitor:
            await visitor.page.context.add_cookies(known)
            script, style = await asked_for(visitor, path)
        if script > most or style > STYLE_MOST:
            heavy[f"{path} ({language})"] = (script, style)
    assert heavy == {}


async def asked_for(visitor: Visitor, path: str) -> tuple[int, int]:
    """Give the bytes of script and of style, as gzip sends them."""
    came: list[Response] = []
    visitor.page.on("response", lambda response: came.append(response))  # noqa: PLW0108  # it marks what hears
    await visitor.open(path)
    sizes = {"script": 0, "stylesheet": 0}
    for response in came:
        if (kind := response.request.resource_type) in sizes:
            sizes[kind] += len(gzip.compress(await response.body(), 9))
    return sizes["script"], sizes["stylesheet"]


async def test_a_page_asks_for_nothing_that_it_could_have_brought(chromium, site, anna):
    """By a first visit, once it stands still: `scaicontrol/first_answers.py` knows what each page asks as it opens."""
    cookies: Any = await anna.page.context.cookies()
    asked = {}
    for path in await addresses(anna):
        async with visiting(chromium, site) as visitor:
            await visitor.page.context.add_cookies(cookies)
            came: list[Request] = []
            visitor.page.on("request", lambda request: came.append(request))  # noqa: B023, PLW0108  # as above, in its turn
            await visitor.open(path)
            await visitor.shift()
            if late := [each.url for each in came if each.url.startswith(f"{site.url}/api/")]:
                asked[path] = late
    assert asked == {}
