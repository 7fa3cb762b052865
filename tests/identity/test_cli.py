"""The command line: what is printed, what scripts can rely on, and the registration with ScaiKey."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scaicontrol.cli import build, door, setup
from scaicontrol.core.backend import Backend
from scaicontrol.core.ports import DirectoryPartner
from scaicontrol.db.engine import Database
from scaicontrol.services import identity, partners
from tests.factories import NORTHWIND, ada
from tests.factories.identity import store_user
from tests.factories.tenants import store_cast


@pytest.fixture
def dialect() -> str:
    """The rows are the same on both databases; here it is the terminal's side."""
    return "sqlite"


@pytest.fixture
def run(backend, database_url, monkeypatch):
    """Run a command in a thread of its own, as it brings its own event loop and connections."""

    @asynccontextmanager
    async def connect():
        database = Database(database_url)
        try:
            yield Backend(backend.settings, database, backend.clock, backend.ports)
        finally:
            await database.dispose()

    monkeypatch.setattr(door, "connect", connect)
    root = build()

    async def run(*arguments: str):
        return await asyncio.to_thread(CliRunner().invoke, root, list(arguments))

    return run


async def test_tenants_and_partners_are_listed_and_shown(backend, run):
    await store_cast(backend)
    listed = json.loads((await run("admin", "tenants", "list", "--json")).stdout)
    assert [row["id"] for row in listed] == ["tnt_acme", "tnt_globex", "tnt_initech"]
    shown = json.loads((await run("admin", "tenants", "show", "tnt_acme", "--json")).stdout)
    assert shown["billing_profile"]["city"] == "Rotterdam"
    assert (await run("admin", "tenants", "show", "tnt_nobody")).exit_code == 3
    partner = json.loads((await run("admin", "partners", "show", NORTHWIND, "--json")).stdout)
    assert (partner["name"], partner["missing_for_finalisation"]) == ("Northwind", [])


async def test_a_partner_is_configured_after_a_look(backend, run):
    await store_cast(backend)
    arguments = (
        "admin",
        "partners",
        "configure",
        NORTHWIND,
        "payment_terms_days=30",
        "dunning_retry_days=[2,4]",
        "bank_name=",
    )
    assert "partner.billing_updated" in (await run(*arguments, "--dry-run")).stdout
    assert (await backend.ask(ada, partners.settings_of, NORTHWIND)).payment_terms_days == 14
    assert (await run(*arguments, "--yes")).exit_code == 0
    config = await backend.ask(ada, partners.settings_of, NORTHWIND)
    assert (config.payment_terms_days, config.dunning_retry_days, config.bank_name) == (30, [2, 4], None)


@pytest.mark.parametrize(
    "setting", ["payment_terms_days=soon", "invoice_day=31", "nonsense=1", "nonsense", "iban=NL00"]
)
async def test_wrong_settings_are_a_matter_of_usage(backend, run, setting):
    await store_cast(backend)
    refused = await run("admin", "partners", "configure", NORTHWIND, setting, "--yes")
    assert (refused.exit_code, setting.partition("=")[0] in refused.stderr or "IBAN" in refused.stderr) == (2, True)


async def test_the_first_super_admin_is_made_here_and_the_last_one_stays(backend, run):
    await store_cast(backend)
    await store_user(backend, "ada")
    assert (await run("admin", "roles", "grant", "usr_ada", "super_admin", "--yes")).exit_code == 0
    assert (await backend.ask(ada, identity.actor_of_user, user_id="usr_ada")).is_platform
    listed = json.loads((await run("admin", "users", "list", "--role", "super_admin", "--json")).stdout)
    assert [row["id"] for row in listed] == ["usr_ada"]
    last = await run("admin", "roles", "revoke", "usr_ada", "super_admin", "--yes")
    assert (last.exit_code, "last super administrator" in last.stderr) == (1, True)
    assert (await run("admin", "roles", "grant", "usr_nobody", "super_admin", "--yes")).exit_code == 3


async def test_a_user_s_own_rights_hold_with_as(backend, run):
    await store_cast(backend)
    await store_user(backend, "alice", "tenant_admin")
    refused = await run("admin", "tenants", "list", "--as", "usr_alice")
    assert (refused.exit_code, "admin:tenants" in refused.stderr) == (1, True)


async def test_a_sync_reports_what_it_did(backend, run):
    backend.ports.directory.all_partners = [DirectoryPartner(NORTHWIND, "Northwind", "northwind", "active")]
    looked = json.loads((await run("sync", "--dry-run", "--json")).stdout)
    done = json.loads((await run("sync", "--full", "--json", "--yes")).stdout)
    assert (looked["partners_added"], looked["dry_run"], done["partners_added"]) == (1, True, 1)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "registration_file", lambda: tmp_path / "config" / "registration.json")
    monkeypatch.setattr(setup, "environment_file", lambda: tmp_path / ".env")
    return tmp_path


async def filed(run, url: str) -> dict[str, str]:
    answer = await run(
        "setup", "register", "-k", url, "-u", "https://control.example", "-e", "ops@example.com", "--json"
    )
    assert answer.exit_code == 0, answer.stderr
    kept: dict[str, str] = json.loads(answer.stdout)
    return kept


def is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o777 == 0o600


async def test_an_installation_registers_and_gets_its_credentials_once(run, home, dev_world):
    scaikey = f"{dev_world.dev}/scaikey"
    request = await filed(run, scaikey)
    assert is_private(home / "config" / "registration.json")
    assert "PENDING" in (await run("setup", "status")).stdout
    (home / ".env").write_text("# ours\nSCAIKEY_CLIENT_ID=old\nDATABASE_URL=mysql+asyncmy://x\n", "utf-8")
    await dev_world.http.post(f"{scaikey}/_control/requests/{request['request_id']}", data={"decision": "approve"})
    approved = await run("setup", "status", "--json")
    assert approved.exit_code == 0, approved.stderr
    text = (home / ".env").read_text("utf-8")
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert (text.splitlines()[0], values["DATABASE_URL"], values["SCAIKEY_ISSUER"]) == (
        "# ours",
        "mysql+asyncmy://x",
        scaikey,
    )
    assert values["SCAIKEY_CLIENT_ID"].startswith("app_")
    assert values["SCAIKEY_CLIENT_SECRET"] not in approved.stdout
    assert is_private(home / ".env")
    assert (await run("setup", "status")).exit_code == 4


async def test_nothing_is_asked_without_a_request(run, home):
    assert (await run("setup", "status")).exit_code == 3
    assert (
        await run("setup", "register", "-k", "http://key.example", "-u", "https://x.example", "-e", "a@b.c")
    ).exit_code == 2
    assert (
        await run(
            "setup", "register", "-k", "https://k.example", "-u", "https://x.example", "-e", "a@b.c", "-s", "PARTNER"
        )
    ).exit_code == 2


def test_values_that_need_it_are_quoted_and_read_back(tmp_path):
    from dotenv import dotenv_values

    given = {"A": "plain-1", "B": "it's # a 'secret' $HOME", "C": "back\\slash"}
    (tmp_path / ".env").write_text(setup.with_values("A=old\nA=older\n", given), "utf-8")
    assert dict(dotenv_values(tmp_path / ".env", interpolate=False)) == given
