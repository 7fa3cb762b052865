"""Moves of subscribers at the console: seen first, announced exactly so, called off."""

import re
from html import unescape

import pytest

from tests.factories import gina
from tests.factories.plan_moves import announced, edited
from tests.factories.subscriptions import show, subscribed
from tests.surfaces.console_browser import press, said

PREVIEW = "/admin/plan-move/of/pln_pro?notice_days=30"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def test_a_preview_says_who_pays_what_from_when_and_who_stays(browser, backend):
    await subscribed(backend, quantity=2)
    await subscribed(backend, "scaidrive.term", actor=gina)
    await edited(backend, 1200)
    async with browser("ada") as client:
        page = said(await client.get(PREVIEW))
    assert "Monthly now 20.00 EUR Monthly then 24.00 EUR" in page
    assert "Acme scaidrive.pro × 2 1 10.00 EUR 12.00 EUR" in page
    assert "Globex" not in page


async def test_only_what_was_previewed_is_announced(browser, backend):
    subscription = await subscribed(backend)
    await edited(backend, 1200)
    async with browser("ada") as client:
        page = await client.get(PREVIEW)
        (link,) = re.findall(r'href="https://localhost:8000(/admin/plan-move/do/announce[^"]+)"', page.text)
        path, _, query = unescape(link).partition("?")
        given = dict(pair.split("=") for pair in query.split("&") if not pair.endswith("="))
        assert f'value="{given["plan_hash"]}"' in (await client.get(f"{path}?{query}")).text
        await edited(backend, 1300)
        stale = await press(client, path, reason="New prices", **given)
        assert stale.status_code == 409
        assert "is not what was previewed any more" in said(stale)
        await edited(backend, 1200)
        del given["plan_hash"]
        done = await press(client, path, reason="New prices", **given)
        assert done.status_code == 303, said(done)
        moved = done.headers["location"]
        assert "is announced to 1 subscription." in said(await client.get(moved))
    assert (await show(backend, subscription.id)).next_plan_version is not None


async def test_a_move_is_called_off(browser, backend):
    subscription = await subscribed(backend)
    await edited(backend, 1200)
    move = await announced(backend)
    async with browser("ada") as client:
        done = await press(client, f"/admin/plan-move/{move.id}/do/cancel", reason="The old prices stay")
        assert done.status_code == 303, said(done)
        page = await client.get(f"/admin/plan-move/details/{move.id}")
    assert "/do/cancel" not in page.text
    assert (await show(backend, subscription.id)).next_plan_version is None


async def test_partners_move_nobody(browser, backend):
    await subscribed(backend)
    async with browser("petra") as client:
        assert (await client.get(PREVIEW)).status_code == 403
        assert (await client.get("/admin/plan-move/list")).status_code == 403
        assert "Move subscribers" not in (await client.get("/admin/plan/details/pln_pro")).text


async def test_with_nobody_to_move_the_page_says_so(browser):
    async with browser("ada") as client:
        assert "Nobody to move" in said(await client.get(PREVIEW))
