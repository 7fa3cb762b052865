"""How the terminal dashboard behaves: names, filters, widths, what is away, and a bundle that gives nobody away."""

import json
import re
import stat
from pathlib import Path

import pytest

from scaicontrol.core.backend import Backend
from scaicontrol.services.attention.findings import QUESTIONS
from tests.factories import ACME
from tests.factories.invoices import sent
from tests.factories.ports import RememberingWaker
from tests.factories.subscriptions import market, subscribed
from tui.bundle import redacted
from tui.findings import LEADS
from tui.places import NAMES, PLACES, place_of
from tui.screens.lists import BESIDE, WIDE
from tui.verbs import Row
from tui.wanted import Wanted
from tui.widgets.prompt import Prompt, completed

from .terminal import SMALL, dashboard

RUNBOOKS = Path(__file__).parents[2] / "docs/operating/runbooks.md"


@pytest.fixture
def dialect() -> str:
    """The screens are the same on either database."""
    return "sqlite"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_list_fits_a_small_terminal_and_all_of_it_a_large_one(place):
    columns = place.screen.columns
    for room, shown in ((SMALL[0], [each for each in columns if not each.wide]), (WIDE, columns)):
        assert sum(each.width + 2 for each in shown) <= room - BESIDE, room


def test_every_finding_leads_to_a_place_that_is_there_and_a_runbook_that_is_written():
    assert len(LEADS) == len(QUESTIONS)
    headings = set(re.findall(r"^## (.+)$", RUNBOOKS.read_text(), re.MULTILINE))
    for key, lead in LEADS.items():
        assert place_of(lead.command.split()[0]) is not None, key
        assert lead.runbook in headings, key


def test_the_keys_a_finding_names_are_those_of_the_place_it_leads_to():
    for key, lead in LEADS.items():
        place = place_of(lead.command.split()[0])
        assert place is not None
        here = lead.first.partition(", where ")[0]
        named = set(re.findall(r"(?<![\w'])([a-zA-Z])(?= \w+s\b)", here)) - {"i"}
        assert named <= {verb.key for verb in place.screen.verbs}, key


def test_names_are_found_by_themselves_by_aliases_and_by_how_they_begin():
    assert len(NAMES) == len(set(NAMES))
    for word, name in (("jobs", "jobs"), ("svc", "services"), ("quar", "quarantine"), ("pay", "payments")):
        found = place_of(word)
        assert found is not None
        assert found.name == name
    assert place_of("moon") is None
    assert place_of("") is None
    assert completed("quar", NAMES) == "quarantine"
    assert completed("invoices past", ["past_due"]) == "invoices past_due"
    assert completed("invoices ", NAMES) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", "abc"), ("failed", "abc"), ("acme", "ab"), ("!acme", "c"), ("!timeout", "bc"), ("acme !timeout", "b"),
        ("ACME", "ab"), ("!past_due", "ac"), ("!", "abc"), ("globex acme", ""), ("hidden", "c"),
    ],
)  # fmt: skip
def test_a_filter_keeps_what_holds_its_words_and_leaves_out_what_follows_a_mark(typed: str, kept: str):
    rows = (
        Row("a", "", "failed", ("tnt_acme", "timeout")),
        Row("b", "", "past_due", ("tnt_acme", "refused")),
        Row("c", "", "failed", ("tnt_globex", "refused"), words="hidden"),
    )
    wanted = Wanted.read(typed, {"failed"})
    assert (wanted.state == "failed") is (typed == "failed")
    assert "".join(row.id for row in rows if wanted.keeps(row, searched=False)) == kept


def test_words_that_the_service_looked_for_are_not_looked_for_again():
    wanted = Wanted.read("acme !refused", ())
    assert wanted.keeps(Row("a", "", "", ("elsewhere",)), searched=True)
    assert not wanted.keeps(Row("a", "", "", ("refused",)), searched=True)


async def test_a_mark_leaves_out_what_the_service_found(backend: Backend):
    await market(backend)
    await sent(backend)
    await subscribed(backend)
    async with dashboard(backend, size=SMALL) as screen:
        await screen.press("3", "slash", *"!active", "enter")
        assert screen.cells == []
        await screen.press("slash", *["backspace"] * 8, *"!trialing", "enter")
        assert [cells[2] for cells in screen.cells] == [ACME]


async def test_letters_that_come_in_one_packet_behind_a_colon_or_a_slash_are_no_keys_of_the_list(backend: Backend):
    """As somebody types who is fast, over a line that is slow: `r`, `v` and `c` are verbs of the lists they pass."""
    await market(backend)
    await sent(backend)
    async with dashboard(backend, size=SMALL, write=True) as screen:
        await screen.packet(*":invoices", "enter")
        assert "invoices" in screen.text
        await screen.packet("slash", *"vcr/:q")
        prompt = screen.app.screen.query_one(Prompt)
        assert (prompt.value, screen.cells, screen.said) == ("vcr/:q", [], "")
        await screen.press("escape")
        await screen.packet(*":jobs", "enter")
        assert "jobs" in screen.text.partition("\n")[0]
        assert screen.said == ""


async def test_what_is_away_is_named_and_what_was_read_stays(backend: Backend):
    await market(backend)
    await sent(backend)
    assert isinstance(backend.ports.waker, RememberingWaker)
    async with dashboard(backend, size=SMALL) as screen:
        await screen.press("2")
        backend.ports.waker.is_away = True
        screen.app.look_around()
        await screen.still()
        assert "Redis does not answer" in screen.text
        assert "database" not in screen.text
        assert screen.table.row_count == 1
        backend.ports.waker.is_away = False
        screen.app.look_around()
        await screen.still()
        assert "Redis" not in screen.text


async def test_a_row_says_where_the_console_shows_it_and_what_it_is_about(backend: Backend):
    await market(backend)
    invoice = await sent(backend)
    async with dashboard(backend, size=SMALL) as screen:
        await screen.press("2", "o")
        assert screen.app.clipboard == f"http://localhost:8000/admin/invoice/details/{invoice.id}"
        await screen.press("4", "slash", *"Acme", "enter", "i")
        assert "tenants ▸ invoices" in screen.bar
        assert screen.ids == [invoice.id]
        await screen.press("escape")
        assert "▸ tenants" in screen.bar
        assert "/Acme" in screen.bar


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("mail to ann.lee+x@example.com bounced", "mail to [redacted] bounced"),
        ("from NL91ABNA0417164300 today", "from [redacted] today"),
        ("key sk_live_abcdefgh1234", "key [redacted]"),
        ("Bearer abc.def", "[redacted]"),
        ("token=abc, the key is wrong", "[redacted] the key is wrong"),
        ("https://ada:pw@hooks.example.com/x?sig=1", "https://[redacted]hooks.example.com/x[redacted]"),
        ("call +31 10 555 0100", "call [redacted]"),
        ("inv_01m851qp4yet0r2fk9wvt1p634 of tnt_acme", "inv_01m851qp4yet0r2fk9wvt1p634 of tnt_acme"),
    ],
)
def test_a_bundle_gives_nobody_away_and_keeps_ids(written: str, left: str):
    assert redacted(written) == left


async def test_a_bundle_holds_what_the_screen_shows_for_its_writer_alone(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    await market(backend)
    async with dashboard(backend, size=SMALL) as screen:
        await screen.press("4", "b")
        said = screen.said
    (path,) = list(tmp_path.glob("scaicontrol-incident-*.json"))  # noqa: ASYNC240  # a folder of the test's own
    assert str(path) in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = json.loads(path.read_text())
    assert told["screen"] == ["now", "tenants"]
    assert {row["id"] for row in told["rows"]} >= {ACME}
    assert (told["away"], told["failed_jobs"]) == ([], [])
    assert "Acme" not in path.read_text()
    assert "@" not in path.read_text()
