"""What somebody types is only text: letters that no id has find nothing, in every list and by every filter."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from admin_views.base import ControlView
from admin_views.names import PICKED
from admin_views.site import views

ODD = quote("Ünïcode ✓")
LISTS = [view for view in views() if issubclass(view, ControlView)]


@pytest.fixture
def dialect() -> str:
    """It is MariaDB that compares no id with such letters."""
    return "mariadb"


def searched() -> Iterator[str]:
    for view in LISTS:
        yield f"/admin/{view.identity}/list?search={ODD}"
        for one in view.narrowing:
            if one.kind == "text" and not one.choices:
                yield f"/admin/{view.identity}/list?{one.name}={ODD}"
    yield f"/admin/search?q={ODD}"
    for kind in PICKED:
        yield f"/admin/names/{kind}?q={ODD}"


async def test_odd_letters_find_nothing_and_break_nothing(browser):
    asked = list(searched())
    assert len(asked) > 60
    async with browser("ada") as client:
        pages = {address: await client.get(address) for address in asked}
    assert {address: page.status_code for address, page in pages.items() if page.status_code != 200} == {}
    assert [address for address, page in pages.items() if "data-row" in page.text] == []


async def test_no_page_has_an_id_of_odd_letters(browser):
    async with browser("ada") as client:
        pages = {view.identity: await client.get(f"/admin/{view.identity}/details/{ODD}") for view in LISTS}
    assert {identity: page.status_code for identity, page in pages.items() if page.status_code != 404} == {}
