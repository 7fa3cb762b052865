"""A verb on many rows: the page shows how far it is, goes on when it is loaded again, and presses each row once."""

import re

import pytest

from admin_views import bulk_pressing
from admin_views.bulk_pressing import BulkPress
from scaicontrol.services import invoices
from tests.factories import petra
from tests.factories.invoices import a_draft, again
from tests.surfaces.console_browser import OURS, hidden_of, said

FINALIZE = "/admin/invoice/bulk/finalize"


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(bulk_pressing, "AT_A_TIME", 1)


async def confirmed(client, drafts):
    """Give the form of a dry run with its number typed."""
    page = await client.get(FINALIZE, params={"pk": [each.id for each in drafts]})
    return {**hidden_of(page), "pk": [each.id for each in drafts], "number": str(len(drafts))}


async def post(client, form):
    return await client.post(FINALIZE, data=form, headers=OURS)


def next_form(page, drafts):
    return {**hidden_of(page), "pk": [each.id for each in drafts]}


async def states(backend, drafts):
    return [(await again(backend, each)).status for each in drafts]


async def test_the_page_shows_how_far_it_is_and_asks_for_the_next_rows(browser, backend):
    drafts = [await a_draft(backend) for _ in range(3)]
    async with browser("petra") as client:
        page = await post(client, form := await confirmed(client, drafts))
        assert "1 of 3 done." in said(page)
        assert re.search(r'<progress class="progress" max="3" value="1"', page.text)
        assert re.search(r'<form method="post" data-goes-on="\d+">', page.text)
        assert page.text.count("badge-pending") == 2
        assert sorted(await states(backend, drafts)) == ["draft", "draft", "finalized"]
        page = await post(client, next_form(page, drafts))  # as the script or the button does
        assert "2 of 3 done." in said(page)
        page = await post(client, form)  # as who loads the page again
        assert "Finalize: 3 of 3 done" in said(page)
        assert "data-goes-on" not in page.text
        numbers = [(await again(backend, each)).number for each in drafts]
        for sent in (form, form):
            assert "Finalize: 3 of 3 done" in said(await post(client, sent))
    assert [(await again(backend, each)).number for each in drafts] == numbers


async def test_of_two_who_press_at_once_each_is_told_of_each_row(browser, backend):
    drafts = [await a_draft(backend) for _ in range(2)]
    async with browser("petra") as client, browser("ada") as other:
        mine, theirs = await confirmed(client, drafts), await confirmed(other, drafts)
        assert "1 of 2 done." in said(await post(client, mine))
        assert "1 of 1 done" not in said(await post(other, theirs))
        page = await post(client, mine)
        told = said(page)
        assert "Finalize: 1 of 2 done" in told
        assert f"{drafts[1].id}" in page.text
        assert re.search(r"not done .*finalized", told), told
        assert "Finalize: 1 of 2 done" in said(await post(other, theirs))
    assert await states(backend, drafts) == ["finalized", "finalized"]


async def test_a_row_that_goes_meanwhile_is_told_of(browser, backend):
    drafts = [await a_draft(backend) for _ in range(2)]
    async with browser("petra") as client:
        form = await confirmed(client, drafts)
        await post(client, form)
        await backend.perform(petra, invoices.delete, drafts[1].id)
        told = said(await post(client, form))
    assert "Finalize: 1 of 2 done" in told
    assert f"not done There is no invoice {drafts[1].id}." in told


async def test_a_page_that_is_loaded_again_while_it_works_shows_how_far_it_is(browser, backend, monkeypatch):
    drafts, twins, plain = [await a_draft(backend) for _ in range(2)], [], BulkPress._press
    async with browser("petra") as client:
        form = await confirmed(client, drafts)

        async def with_a_twin(self, pk):
            twins.append(await post(client, form))
            return await plain(self, pk)

        monkeypatch.setattr(BulkPress, "_press", with_a_twin)
        first = await post(client, form)
        monkeypatch.setattr(BulkPress, "_press", plain)
        assert [("0 of 2 done." in said(each), "data-goes-on" in each.text) for each in twins] == [(True, True)]
        assert "1 of 2 done." in said(first)
        assert "Finalize: 2 of 2 done" in said(await post(client, form))
    assert await states(backend, drafts) == ["finalized", "finalized"]


async def test_a_process_that_dies_between_a_row_and_its_note_presses_it_once(browser, backend, monkeypatch):
    drafts, plain = [await a_draft(backend)], BulkPress._keep
    async with browser("petra") as client:
        form = await confirmed(client, drafts)

        async def dies(self, mine, point, value):
            if point == drafts[0].id:
                raise RuntimeError("the process is gone")
            return await plain(self, mine, point, value)

        monkeypatch.setattr(BulkPress, "_keep", dies)
        assert (await post(client, form)).status_code == 500
        assert await states(backend, drafts) == ["finalized"]
        monkeypatch.setattr(BulkPress, "_keep", plain)
        assert "Finalize: 1 of 1 done" in said(await post(client, form))


async def test_a_form_that_is_not_ours_presses_nothing(browser, backend):
    drafts = [await a_draft(backend)]
    async with browser("petra") as client:
        form = await confirmed(client, drafts)
        answer = await post(client, {**form, "form_token": "made.up"})
    assert answer.status_code == 403
    assert "too old or was not ours" in said(answer)
    assert await states(backend, drafts) == ["draft"]
