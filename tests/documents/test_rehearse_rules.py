"""Rules that come: what they would refuse of what was issued, and that nothing is changed by asking."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from scaicontrol.cli import door
from scaicontrol.cli.einvoice_rules import app
from scaicontrol.core.errors import Refused
from scaicontrol.services import documents, einvoices
from tests.factories import ada, petra
from tests.factories.invoices import finalized, rendered
from tests.factories.rule_sets import RULE, new_rule_set, rules_folder, stylesheet

FUTURE = date(2027, 1, 1)
CII = stylesheet("contains(string(/*), 'PO-1')")


@pytest.fixture
def dialect() -> str:
    """A rehearsal adds nothing that depends on the database."""
    return "sqlite"


async def test_a_coming_set_is_held_against_what_was_issued(backend, clock, tmp_path):
    kept = await finalized(backend, purchase_order_ref="PO-1")
    refused = await finalized(backend)
    new = new_rule_set(profiles=("cii-en16931",), valid_from=FUTURE)
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r", CII), new)
    seen = []
    held = await documents.rehearse_rules(backend, ada, 30, progress=lambda done, total: seen.append((done, total)))
    assert (held.documents, held.untouched, seen) == (2, 0, [(1, 2), (2, 2)])
    assert [(each.number, each.reasons[0].rule) for each in held.would_fail] == [(refused.number, RULE)]
    assert kept.number not in {each.number for each in held.would_fail}
    assert any(said.startswith("Orders 1.0 sha256:") for said in held.rules)
    clock.advance(timedelta(days=31))
    assert (await documents.rehearse_rules(backend, ada, 30)).documents == 0


async def test_a_set_that_does_not_hold_yet_changes_no_document(backend, tmp_path):
    new = new_rule_set(profiles=("cii-en16931",), valid_from=FUTURE)
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r", CII), new)
    invoice = await rendered(backend)
    stored = await backend.ask(petra, documents.versions, invoice.id)
    assert all("Orders" not in rules for version in stored for rules in version.rules or ())


async def test_an_installed_set_shuts_the_gate_before_a_number_and_is_recorded_after_it(backend, tmp_path):
    new = new_rule_set(profiles=("cii-en16931",))
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r", CII), new)
    with pytest.raises(Refused, match=r"An order reference \(BT-13\) is missing") as refused:
        await finalized(backend)
    assert [(reason.rule, reason.field) for reason in refused.value.reasons] == [(RULE, "purchase_order_ref")]
    invoice = await rendered(backend, purchase_order_ref="PO-1")
    assert invoice.number == "SCAI-2026-000001"
    stored = await backend.ask(petra, documents.versions, invoice.id)
    recorded = [version.rules for version in stored if version.kind == "xml"]
    assert [rules[-1].split(" sha256:")[0] for rules in recorded] == ["Orders 1.0"]
    assert all(len(rules[-1].split(":")[1]) == 64 for rules in recorded)


async def test_files_made_again_are_judged_by_the_rules_of_their_time(backend, clock, tmp_path):
    invoice = await rendered(backend)
    clock.advance(timedelta(minutes=1))
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r", CII), new_rule_set(profiles=("cii-en16931",)))
    await backend.perform(petra, documents.regenerate_pdf, invoice.id, "Asked for.")
    assert await documents.render_due(backend, ada) == 1


async def test_a_profile_the_set_is_not_for_is_untouched(backend, tmp_path):
    await finalized(backend)
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r"), new_rule_set(profiles=("ubl-xrechnung",)))
    rules = await backend.ask(ada, einvoices.installed)
    sets = await backend.ask(ada, einvoices.with_files, rules)
    held = await documents.rehearse_rules(backend, ada, 30, sets)
    assert (held.documents, held.untouched, held.would_fail) == (1, 1, ())


@pytest.fixture
def cli(backend, monkeypatch):
    @asynccontextmanager
    async def connect():
        yield backend

    monkeypatch.setattr(door, "connect", connect)

    async def run(*words: str):
        # The commands open a loop of their own, so they need a thread of their own.
        return await asyncio.to_thread(CliRunner().invoke, app, list(words))

    return run


async def test_the_command_line_lists_installs_rehearses_and_retires(backend, cli, tmp_path):
    folder = rules_folder(tmp_path / "r", CII)
    await finalized(backend)
    shipped = json.loads((await cli("list", "--json")).stdout)
    assert {row["name"] for row in shipped} >= {"EN 16931 UBL", "Factur-X EN 16931", "UBL 2.1 XSD"}
    words = (
        "install", str(folder), "--name", "Orders", "--version", "1.0", "--valid-from", "2027-01-01",
        "--profile", "cii-en16931", "--source", "https://rules.example", "--json",
    )  # fmt: skip
    tried = await cli(*words, "--dry-run")
    assert tried.exit_code == 0, tried.stderr
    assert len(json.loads((await cli("list", "--json")).stdout)) == len(shipped)
    assert json.loads((await cli(*words, "--yes")).stdout)["state"] == "waits"
    assert (await cli(*words, "--yes")).exit_code == 4
    held = await cli("rehearse", "--days", "7", "--set", "Orders 1.0", "--json")
    assert held.exit_code == 1
    (refused,) = json.loads(held.stdout)["would_fail"]
    assert refused["reasons"][0] == {
        "code": "einvoice_invalid",
        "field": "purchase_order_ref",
        "message": "The order reference: An order reference (BT-13) is missing.",
        "rule": RULE,
        "fix": "Correct the order reference.",
    }
    gone = await cli("retire", "Orders", "1.0", "--reason", "Not yet.", "--json", "--yes")
    assert json.loads(gone.stdout)["state"] == "retired"
    assert (await cli("rehearse", "--set", "Orders 9")).exit_code == 3
