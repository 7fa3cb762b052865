"""Several things at the same time: in order, bounded, and none left running when one dies."""

import asyncio
import re
from pathlib import Path

import pytest

from scaicontrol.core.side_by_side import side_by_side

ROOT = Path(__file__).parents[2]
PRODUCT = ("scaicontrol", "admin_views", "tui", "tasks")


async def test_results_come_in_the_order_of_what_was_asked():
    async def later_first(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert await side_by_side(later_first, [3, 1, 2]) == [3, 1, 2]
    assert await side_by_side(later_first, []) == []


async def test_no_more_than_allowed_are_at_it_at_once():
    busy, most = 0, 0

    async def work(_: int) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    await side_by_side(work, range(9), at_once=2)
    assert (most, busy) == (2, 0)


async def test_when_one_dies_the_others_have_ended_before_its_error_is_seen():
    begun, ended = set(), set()

    async def work(name: str) -> None:
        begun.add(name)
        try:
            if name == "dies":
                raise ConnectionError("the database is gone")
            await asyncio.Event().wait()
        finally:
            ended.add(name)

    with pytest.raises(ConnectionError, match="the database is gone"):
        await side_by_side(work, ["writes", "dies", "writes too"])
    assert begun == ended


async def test_what_has_not_begun_is_not_begun_after_a_death():
    begun = []

    async def work(name: str) -> None:
        begun.append(name)
        raise ConnectionError(name)

    with pytest.raises(ConnectionError):
        await side_by_side(work, ["first", "second"], at_once=1)
    await asyncio.sleep(0)
    assert begun == ["first"]


def test_the_product_gathers_in_no_way_that_leaves_siblings_running():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        for match in re.finditer(r"asyncio\.gather\((?![^\n]*return_exceptions=True).*", path.read_text())
    ]
    assert found == [], "use scaicontrol.core.side_by_side"
