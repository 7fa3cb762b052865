"""`scaicontrol admin vat-rates` and `admin exchange-rates` on the backend of the test."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from typer.testing import CliRunner

from scaicontrol.cli import door, exchange_rates, vat_rates
from scaicontrol.services import tax
from tests.factories import ada

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])
FILE = b"Date,USD,SEK,\n2026-01-14,1.1651,10.9810,\n2025-06-02,1.1419,N/A,\n"


@pytest.fixture
def cli(backend, monkeypatch):
    @asynccontextmanager
    async def connect():
        yield backend

    monkeypatch.setattr(door, "connect", connect)

    async def run(module, *words: str):
        # The commands open a loop of their own, so they need a thread of their own.
        return await asyncio.to_thread(CliRunner().invoke, module.app, [str(word) for word in words])

    return run


async def test_rates_are_listed_for_a_day_and_a_new_one_ends_the_old(backend, cli):
    listed = json.loads((await cli(vat_rates, "list", "--country", "fi", "--on", "2024-09-01", "--json")).stdout)
    assert [(row["rate"], row["valid_from"], row["checked_on"]) for row in listed] == [("25.5", "2024-09-01", None)]
    words = ("add", "NL", "22", "--from", "2027-01-01", "--source", "TEDB 1234", "--checked-on", "2026-12-01", "--json")
    dry = await cli(vat_rates, *words, "--dry-run")
    assert json.loads(dry.stdout)["would"] == ["vat_rate.added"]
    assert await backend.ask(ada, tax.rates) == []
    assert (await cli(vat_rates, *words, "--yes")).exit_code == 0
    stored = json.loads((await cli(vat_rates, "list", "--country", "NL", "--json")).stdout)
    assert [(row["rate"], row["valid_to"]) for row in stored] == [("21", "2026-12-31"), ("22", None)]
    assert (stored[-1]["source"], stored[-1]["checked_on"]) == ("TEDB 1234", "2026-12-01")
    assert len(await backend.ask(ada, tax.rates)) == len(tax.known_rates()) + 1
    assert (await cli(vat_rates, *words, "--yes")).exit_code == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "US", "22"), "not a member state"), (("add", "NL", "2200"), "between 0 and 50"),
        (("add", "NL", "many"), "not a rate in per cent"), (("add", "NL", "21.005"), "at most two decimals"),
        (("add", "NL", "21", "--territory", "azores"), "no rate of its own in NL"),
    ],
)  # fmt: skip
async def test_what_is_no_rate_is_refused_and_nothing_is_stored(backend, cli, words, said):
    result = await cli(vat_rates, *words, "--from", "2027-01-01", "--source", "TEDB", "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert await backend.ask(ada, tax.rates) == []


async def test_a_number_is_checked_by_its_form_and_by_vies(backend, cli):
    backend.ports.vat_register.valid.add("DE123456788")
    good = json.loads(
        (await cli(vat_rates, "check", "de 123 456 788", "--requester", "NL123456782B90", "--json")).stdout
    )
    assert (good["vies"], good["consultation_number"], good["standard_rate"]) == ("valid", "WAPIAAAAX1", "19")
    bad = json.loads((await cli(vat_rates, "check", "DE123456789", "--json")).stdout)
    assert (bad["vies"], "check its digits" in bad["form"]) == ("not asked", True)
    backend.ports.vat_register.down = True
    assert json.loads((await cli(vat_rates, "check", "EL094014201", "--json")).stdout)["vies"] == "unavailable"
    assert (await cli(vat_rates, "check", "GB123456789")).exit_code == 2


async def test_exchange_rates_are_added_corrected_and_imported(backend, cli, tmp_path):
    words = ("add", "usd", "1.2", "--on", "2026-01-14", "--json")
    assert json.loads((await cli(exchange_rates, *words, "--dry-run")).stdout)["would"] == ["exchange_rates.added"]
    assert json.loads((await cli(exchange_rates, *words, "--yes")).stdout)["rate"] == "1.2"
    file = tmp_path / "eurofxref-hist.csv"
    file.write_bytes(FILE)
    first = await cli(exchange_rates, "import", file, "--yes")
    assert "1 rates added, 1 were known." in first.stdout  # what is older than ninety days is left out
    everything = await cli(exchange_rates, "import", file, "--since", "2025-01-01", "--yes")
    assert "1 rates added, 2 were known." in everything.stdout
    listed = json.loads((await cli(exchange_rates, "list", "--currency", "usd", "--json")).stdout)
    assert [(row["valid_on"], row["rate"]) for row in listed] == [("2026-01-14", "1.2"), ("2025-06-02", "1.1419")]
    wrong = ("add", "USD", "1.1651", "--on", "2026-01-14", "--yes")
    assert (await cli(exchange_rates, *wrong)).exit_code == 4
    assert (await cli(exchange_rates, *wrong, "--replace")).exit_code == 0
    for value in ("NaN", "1e400", "-1", "1.123456789", "dear"):
        assert (await cli(exchange_rates, "add", "--on", "2026-01-15", "--yes", "--", "USD", value)).exit_code == 2
