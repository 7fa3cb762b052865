"""The ledger over HTTP, at the command line and at the console: balances, entries behind them, whose they are."""

import json
import subprocess
import sys
from datetime import timedelta

import httpx
import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from admin_views import site
from admin_views.site import install_console
from scaicontrol.api import door
from scaicontrol.services import payments
from tests.factories import alice, nobody, petra, sam
from tests.factories.api import rest_api
from tests.factories.credits import credited, transferred
from tests.factories.invoices import a_line, sent
from tests.surfaces.console_browser import URL, console_cookie, said

CAST = {actor.id: actor for actor in (alice, petra, sam)}


@pytest.fixture
def dialect() -> str:
    """Doors add nothing that depends on the database."""
    return "sqlite"


@pytest_asyncio.fixture
async def books(backend, clock):
    """12.10 came by card; a day later 6.05 were asked for, 2.05 of them credited and 5.00 transferred."""
    card = await sent(backend, a_line(1000))
    await payments.pay(backend, petra, card.id)
    clock.advance(timedelta(days=1))
    other = await sent(backend, a_line(500))
    await credited(backend, other, 205)
    await transferred(backend, other, 500)
    return backend


@pytest_asyncio.fixture
async def http(books, monkeypatch):
    async def authenticate(request, _):
        return CAST.get(request.headers.get("authorization", ""), nobody)

    monkeypatch.setattr(door, "authenticate", authenticate)
    app = rest_api()
    app.state.backend = books
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/api/v1") as client:

        async def call(actor, path, **params):
            return await client.get(f"/admin/ledger{path}", params=params, headers={"authorization": actor.id})

        yield call


def of(answer):
    return {each["account"]: each["balance_cents"] for each in answer.json()["data"]}


async def test_the_trial_balance_sums_to_nothing_and_stands_as_of_a_moment(books, http):
    told = of(await http(petra, "/balances"))
    assert (told["receivables"], told["clearing:sandbox"], told["bank"]) == (0, 1210, 500)
    assert (told["credit_balances"], told["transfers"]) == (-100, 0)
    assert sum(told.values()) == 0
    day = (books.clock.now() - timedelta(hours=1)).isoformat()
    before = of(await http(petra, "/balances", before=day))
    assert before == {"clearing:sandbox": 1210, "receivables": 0, "revenue": -1000, "vat_payable": -210}
    assert of(await http(petra, "/balances", currency="USD")) == {}


async def test_entries_are_narrowed_by_account_kind_and_days(books, http):
    page = (await http(petra, "/entries", account="bank")).json()
    ((entry,), meta) = page["data"], page["pagination"]
    assert (entry["kind"], meta["total"]) == ("money_recorded", 1)
    assert entry["postings"] == [
        {"account": "bank", "amount_cents": 500},
        {"account": "receivables", "amount_cents": -400},
        {"account": "credit_balances", "amount_cents": -100},
    ]
    assert (await http(petra, f"/entries/{entry['id']}")).json()["data"] == entry
    day = (books.clock.now() - timedelta(hours=1)).isoformat()
    kinds = [each["kind"] for each in (await http(petra, "/entries", occurred_before=day)).json()["data"]]
    assert sorted(kinds) == ["document_finalized", "payment_booked"]
    after = await http(petra, "/entries", occurred_from=day, kind="document_finalized", invoice_id=entry["invoice_id"])
    assert after.json()["pagination"]["total"] == 1
    assert (await http(petra, "/entries", kind="stolen")).status_code == 422
    assert (await http(petra, "/entries", occurred_before="yesterday")).status_code == 422


async def test_the_books_are_the_sellers_own(http):
    entry = (await http(petra, "/entries")).json()["data"][0]
    assert (await http(sam, "/balances")).json()["data"] == []
    assert (await http(sam, "/entries")).json()["pagination"]["total"] == 0
    assert (await http(sam, f"/entries/{entry['id']}")).status_code == 404
    assert [(await http(alice, path)).status_code for path in ("/balances", "/entries")] == [403, 403]


async def test_the_command_line_tells_the_same(books, command_line):
    told = json.loads((await command_line("admin", "ledger", "balances", "--json")).stdout)
    assert {each["account"]: each["balance_cents"] for each in told}["clearing:sandbox"] == 1210
    found = await command_line("admin", "ledger", "entries", "--account", "clearing:sandbox", "--json")
    assert [each["kind"] for each in json.loads(found.stdout)] == ["payment_booked"]
    assert (await command_line("admin", "ledger", "entries", "--before", "never")).exit_code == 2


async def test_the_console_unfolds_a_balance_to_its_entries(books):
    app = FastAPI()
    app.state.backend = books
    install_console(app)
    cookies = {site.CONSOLE_COOKIE: await console_cookie(books, "petra")}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL, cookies=cookies) as browser:
        page = await browser.get("/admin/ledger")
        assert page.status_code == 200
        assert "Clearing with sandbox" in said(page)
        query = {"partner": "prt_northwind", "currency": "EUR", "account": "bank"}
        unfolded = said(await browser.get("/admin/ledger", params=query))
        assert "Money recorded" in unfolded
        listed = await browser.get("/admin/ledger-entry/list", params={"account": "bank"})
        assert "money recorded" in said(listed)
        assert (await browser.get("/admin/ledger", params={"until": "soon"})).status_code == 400


@pytest.mark.parametrize("module", ["cli.disputes", "cli.ledger", "services.credits", "services.ledger"])
def test_a_command_that_imports_little_knows_its_tables(module):
    given = [
        sys.executable,
        "-c",
        f"import scaicontrol.{module}\nfrom sqlalchemy.orm import configure_mappers as c\nc()",
    ]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
