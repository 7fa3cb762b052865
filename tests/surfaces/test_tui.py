"""The terminal dashboard, driven by its keys against the real services."""

from datetime import timedelta
from typing import Any

import pytest
from textual.widgets import Static

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import changes, invoices, subscriptions
from scaicontrol.services.changes.schemas import ChangePlanFilter
from scaicontrol.services.invoices.schemas import InvoicePatch
from tests.factories import ACME, ada, petra, pim, sam
from tests.factories.changes import bob
from tests.factories.invoices import a_draft, again, finalized, sent
from tests.factories.subscriptions import market, show, subscribed
from tests.factories.tenants import store_cast
from tui.app import Dashboard
from tui.dialogs import AskText, Confirm
from tui.screens.invoices import InvoiceScreen, InvoicesScreen
from tui.screens.lists import PAGE
from tui.screens.now import NowScreen
from tui.screens.place import PlaceScreen
from tui.widgets.bar import TopBar

from .terminal import dashboard


@pytest.fixture
def dialect() -> str:
    """The screens are the same on either database; the services behind them are tested on both."""
    return "sqlite"


@pytest.fixture
async def shop(backend: Backend) -> Backend:
    await market(backend)
    return backend


async def test_a_bar_takes_what_it_is_told_before_it_is_composed_and_after_it_is_gone(shop: Backend):
    async with dashboard(shop) as screen:
        bar = TopBar()
        bar.show_age("data 1 s old")
        await screen.app.screen.mount(bar)
        assert "data 1 s old" in [str(part.content) for part in bar.query(Static)]
        await bar.remove()
        bar.show_age("data 2 s old")
        bar.show_mode("Ada", write=True)
        bar.show_place(["now"], "everything")


async def test_a_quiet_house_says_so(shop: Backend):
    async with dashboard(shop) as screen:
        assert "Nothing needs you now" in screen.text


async def test_the_first_screen_names_what_is_wrong_and_enter_goes_there(shop: Backend, clock: FrozenClock):
    late = await sent(shop)
    clock.advance(timedelta(days=60))
    await shop.perform(ada, invoices.mark_overdue)
    async with dashboard(shop) as screen:
        wrong = {cells[2]: cells for cells in screen.cells}
        assert wrong["invoice is past due"][1] == "1"
        screen.table.move_cursor(row=list(wrong).index("invoice is past due"))
        await screen.press("enter")
        assert [cells[0] for cells in screen.cells] == [late.number]
        assert "now ▸ invoices" in screen.bar


async def test_a_long_list_is_turned_page_by_page_as_one_scrolls(shop: Backend):
    for _ in range(PAGE + 5):
        await a_draft(shop)
    async with dashboard(shop) as screen:
        await screen.press("2")
        assert screen.table.row_count == PAGE
        assert f"{PAGE} of {PAGE + 5} · page 1" in screen.bar
        first = screen.cells[0][0]
        await screen.press("G", "j")
        assert screen.table.row_count == 5
        assert "page 2" in screen.bar
        await screen.press("k")
        assert (screen.table.row_count, screen.table.cursor_row) == (PAGE, PAGE - 1)
        assert screen.cells[0][0] == first


async def test_a_filter_narrows_live_and_escape_leaves_it(shop: Backend):
    await a_draft(shop)
    done = await finalized(shop)
    async with dashboard(shop) as screen:
        await screen.press("2", "slash", *str(done.number), "enter")
        assert [cells[0] for cells in screen.cells] == [done.number]
        await screen.press("escape")
        assert screen.table.row_count == 2
        await screen.press("slash", *"draft", "enter")
        assert [cells[1] for cells in screen.cells] == ["◌ draft"]


async def test_commands_complete_and_carry_a_filter(shop: Backend):
    await subscribed(shop)
    async with dashboard(shop) as screen:
        await screen.press("colon", *"sub active", "enter")
        assert [cells[2] for cells in screen.cells] == [ACME]
        await screen.press("colon", *"moon", "enter")
        assert "no place called moon" in screen.said


async def test_a_document_shows_lines_check_and_story_and_escape_walks_back(shop: Backend):
    draft = await a_draft(shop)
    async with dashboard(shop) as screen:
        await screen.press("2", "enter")
        assert isinstance(screen.app.screen, InvoiceScreen)
        for word in ("Pro plan", "ready to be finalized", draft.id):
            assert word in screen.text
        await screen.press("G")
        assert "invoice.drafted" in screen.text
        assert screen.bar.count("▸") == 3
        await screen.press("escape")
        assert isinstance(screen.app.screen, InvoicesScreen)
        await screen.press("escape")
        assert isinstance(screen.app.screen, NowScreen)
        await screen.press("escape")
        assert isinstance(screen.app.screen, NowScreen)


async def test_finalize_shows_its_effect_first_and_happens_after_a_yes(shop: Backend):
    draft = await a_draft(shop)
    async with dashboard(shop, write=True) as screen:
        await screen.press("2", "f")
        await screen.until(Confirm)
        assert "draft → finalized" in screen.text
        assert "invoice.finalized" in screen.text
        assert (await again(shop, draft)).status == "draft"  # rehearsed, not done
        await screen.press("y")
        await screen.until_done()
        assert (await again(shop, draft)).status == "finalized"
        assert screen.cells[0][1] == "◌ finalized"


async def test_no_leaves_everything_as_it_is(shop: Backend):
    draft = await a_draft(shop)
    async with dashboard(shop, write=True) as screen:
        await screen.press("2", "f")
        await screen.until(Confirm)
        await screen.press("n")
        await screen.until_done()
        assert (await again(shop, draft)).status == "draft"


async def test_without_write_a_verb_says_how_to_get_it(shop: Backend):
    draft = await a_draft(shop)
    async with dashboard(shop) as screen:
        await screen.press("2", "f")
        assert "start with --write" in screen.said
        assert (await again(shop, draft)).status == "draft"


async def test_a_verb_the_state_refuses_says_what_it_allows(shop: Backend):
    invoice = await finalized(shop)
    async with dashboard(shop, write=True) as screen:
        await screen.press("2", "f")
        assert f"Cannot finalize invoice {invoice.number}: it is finalized, which allows" in screen.said


async def test_a_read_only_role_may_not_act(shop: Backend):
    await a_draft(shop)
    async with dashboard(shop, pim, write=True) as screen:
        await screen.press("2", "f")
        assert "Pim may not finalize" in screen.said


async def test_a_draft_that_cannot_be_finalized_says_why_before_anything_is_asked(backend: Backend):
    await store_cast(backend)
    draft = await a_draft(backend)
    await backend.perform(petra, invoices.update, draft.id, InvoicePatch(lines=[]))
    async with dashboard(backend, write=True) as screen:
        await screen.press("2", "f")
        await screen.until_done()
        assert "Cannot finalize" in screen.said
        assert "no lines" in screen.said


async def test_voiding_asks_for_a_reason_and_waits_for_another_person(shop: Backend):
    invoice = await finalized(shop)
    async with dashboard(shop, write=True) as screen:
        await screen.press("2", "v")
        await screen.until(AskText)
        await screen.press(*"wrong", "enter")
        await screen.until(Confirm)
        assert "invoice.voided" in screen.text
        assert "APPROVAL_REQUIRED" in screen.text
        await screen.press("y")
        await screen.until_done()
        assert "waits for it" in screen.said
        assert ":changes shows it" in screen.said
    assert (await again(shop, invoice)).status == "finalized"
    found = await shop.ask(bob, changes.page, PageRequest(), ChangePlanFilter(action="invoices.void"))
    (plan,) = found.items
    assert (plan.status, plan.arguments) == ("pending_approval", {"invoice_id": invoice.id, "reason": "wrong"})


async def test_a_subscription_is_cancelled_and_resumed_from_its_page(shop: Backend):
    held = await subscribed(shop)
    async with dashboard(shop, write=True) as screen:
        await screen.press("3", "enter")
        for key, after in (("c", "cancelling"), ("r", "active")):
            await screen.press(key)
            await screen.until(AskText)
            await screen.press(*"asked", "enter")
            await screen.until(Confirm)
            assert f"→ {after}" in screen.text
            await screen.press("y")
            await screen.until_done()
            assert (await show(shop, held.id)).status == after


async def test_a_change_elsewhere_appears_in_place(shop: Backend):
    held = await subscribed(shop)
    async with dashboard(shop) as screen:
        await screen.press("3")
        await shop.perform(ada, subscriptions.cancel, held.id)
        await screen.press("ctrl+r")
        assert [cells[1] for cells in screen.cells] == ["▲ cancelling"]


async def test_p_pauses_plus_hurries_and_the_age_is_always_shown(shop: Backend):
    async with dashboard(shop) as screen:
        await screen.press("plus")
        assert "old · paused" in screen.bar
        await screen.press("p")
        assert "every 1 s" in screen.bar


async def test_a_database_that_is_away_leaves_the_old_data_on_screen(shop: Backend, monkeypatch: pytest.MonkeyPatch):
    await a_draft(shop)
    async with dashboard(shop) as screen:
        await screen.press("2")

        async def away(*_: Any, **__: Any) -> Any:
            raise ConnectionRefusedError

        monkeypatch.setattr(type(shop), "ask", away)
        await screen.press("ctrl+r")
        screen.app.tick()
        assert "The database does not answer" in screen.bar
        assert screen.table.row_count == 1


async def test_the_id_is_copied_and_the_keys_are_listed(shop: Backend):
    draft = await a_draft(shop)
    async with dashboard(shop) as screen:
        await screen.press("2", "y")
        assert screen.app.clipboard == draft.id
        await screen.press("question_mark")
        assert "finalize" in screen.text.lower()
        assert "Gives the draft its legal number" in screen.text


async def test_the_palette_goes_places(shop: Backend):
    async with dashboard(shop) as screen:
        await screen.press("ctrl+p")
        await screen.pilot.press(*"invoices")
        await screen.until_done()
        await screen.pilot.press("enter")
        await screen.until(InvoicesScreen)


async def test_states_are_told_apart_without_colour(shop: Backend, monkeypatch: pytest.MonkeyPatch):
    await a_draft(shop)
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard(shop) as screen:
        await screen.press("2")
        assert screen.app.no_color
        assert screen.cells[0][1] == "◌ draft"


async def test_a_partner_sees_its_own_only(shop: Backend):
    mine = await a_draft(shop)
    async with dashboard(shop, petra) as screen:
        await screen.press("2")
        assert [cells[0] for cells in screen.cells] == [mine.id]
    async with dashboard(shop, sam) as screen:
        await screen.press("2")
        assert screen.cells == []


def test_no_verb_takes_a_key_that_already_means_something():
    def family(kind: Any) -> list[Any]:
        return [kind, *(found for child in kind.__subclasses__() for found in family(child))]

    for view in family(PlaceScreen):
        given = [binding for kind in (Dashboard, *view.__mro__) for binding in kind.__dict__.get("BINDINGS", ())]
        keys = [key for binding in given for key in binding.key.split(",")]
        assert len(keys) == len(set(keys)), view
