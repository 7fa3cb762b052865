"""The command line before it does anything: what help costs, what a script must say, a database that is not ready."""

import contextlib
import importlib
import json
import os
import pkgutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
import uvicorn
from rich.console import Console
from typer.testing import CliRunner, Result

import scaicontrol
from scaicontrol import cli
from scaicontrol.cli import door, tree
from scaicontrol.cli.tree_nodes import Command, CommandGroup
from scaicontrol.core import leases
from scaicontrol.db import migrate
from tests.databases import sqlite_url
from tests.factories.subscriptions import CLOCK, market, show, subscribed
from tests.servers import free_port

TYPE = """
import sys, time
sys.argv = ["scaicontrol", *sys.argv[1:]]
from scaicontrol.cli import main
try:
    main()
finally:
    named = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
    print(round(time.process_time(), 2), *sorted(named), file=sys.stderr)
"""


@pytest.fixture
def dialect() -> str:
    """What is said before a command runs is the same for both databases."""
    return "sqlite"


# Imports


@pytest.mark.parametrize("words", ["--help", "admin --help", "admin invoices --help", "db --help", "--version"])
def test_help_imports_the_command_line_and_nothing_of_the_product(words: str, record_property: Any):
    done = subprocess.run(
        [sys.executable, "-c", TYPE, *words.split()],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    seconds, *imported = done.stderr.split()
    record_property("counted", f"scaicontrol {words}: {seconds} s of processor time")
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, typer, typer.completion; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert done.stdout.strip()
    assert set(imported) <= {"scaicontrol", "shellingham", *(name.partition(".")[0] for name in bare)}


def test_version_prints_the_version():
    result = CliRunner().invoke(cli.build(), ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"scaicontrol {scaicontrol.__version__}\n")


# The table and the modules


def leaves(group: CommandGroup = tree.ROOT, *words: str) -> Iterator[tuple[tuple[str, ...], Command]]:
    for name, node in group.inner.items():
        if isinstance(node, CommandGroup):
            yield from leaves(node, *words, name)
        else:
            yield (*words, name), node


def test_the_table_says_of_each_command_what_its_module_says():
    for module in {command.module for _, command in leaves()}:
        made = typer.main.get_group(importlib.import_module(f"scaicontrol.cli.{module}").app).commands
        there = {name: (command.help or "").splitlines()[0] for name, command in made.items()}
        table = {words[-1]: command.help for words, command in leaves() if command.module == module}
        assert table == there, f"scaicontrol/cli/tree.py and scaicontrol/cli/{module}.py differ"


def test_every_module_with_commands_is_in_the_table():
    named = {command.module for _, command in leaves()}
    for info in pkgutil.iter_modules(cli.__path__):
        module = importlib.import_module(f"scaicontrol.cli.{info.name}")
        assert isinstance(getattr(module, "app", None), typer.Typer) == (info.name in named), info.name


def test_a_group_is_described_as_its_module_describes_it():
    for group in (tree.ROOT, tree.ROOT.inner["admin"]):
        assert isinstance(group, CommandGroup)
        for inner in group.inner.values():
            if isinstance(inner, CommandGroup) and inner is not tree.ROOT.inner["admin"]:
                module = {node.module for _, node in leaves(inner)}.pop()
                assert inner.help == importlib.import_module(f"scaicontrol.cli.{module}").app.info.help


# Without a terminal


async def test_without_a_terminal_a_change_needs_yes(backend: Any, command_line: Any):
    await market(backend)
    held = await subscribed(backend)
    words = ("admin", "subscriptions", "cancel", held.id)
    refused = await command_line(*words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "Nothing was done: without a terminal to ask at, say --yes" in refused.stderr
    told = json.loads((await command_line(*words, "--json")).stderr)
    assert told["error"]["code"] == "validation_error"
    assert (await show(backend, held.id)).status == "active"
    assert (await command_line(*words, "--dry-run")).exit_code == 0
    assert (await show(backend, held.id)).status == "active"
    assert (await command_line(*words, "--yes")).exit_code == 0
    assert (await show(backend, held.id)).status == "cancelling"


async def test_a_procedure_with_a_dry_run_of_its_own_needs_yes_too(command_line: Any, tmp_path: Path):
    (tmp_path / "none.json").write_text("[]")
    words = ("admin", "templates", "import", str(tmp_path / "none.json"))
    assert (await command_line(*words)).exit_code == 2
    assert (await command_line(*words, "--dry-run")).exit_code == 0
    assert (await command_line(*words, "--yes")).exit_code == 0


# A database that is not ready


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Type a command in an empty folder, with a database of one's choice."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    # The demo fills in what it was not told, for this process.
    given = {"SCAICONTROL_ENV": "development", "PUBLIC_BASE_URL": "http://localhost:8000", "LOG_LEVEL": "ERROR"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    def typed(url: str, *words: str) -> Result:
        monkeypatch.setenv("DATABASE_URL", url)
        return CliRunner().invoke(cli.build(), list(words))

    yield typed
    assert list(folder.iterdir()) == [], "a command left something where it happened to stand"


def commands() -> list[tuple[str, ...]]:
    """Every command that works on the database, with something for each argument it needs."""
    beside = {("demo",), ("openapi",), ("serve",), ("worker",), ("scheduler",)}
    acting = [words for words, _ in leaves() if words not in beside and words[0] not in ("db", "setup")]
    return [*(_filled(words) for words in acting), ("serve",), ("worker",), ("scheduler",)]


def _filled(words: tuple[str, ...]) -> tuple[str, ...]:
    command: Any = typer.main.get_command(cli.build())
    for word in words:
        command = command.commands[word]
    given = [*words]
    for parameter in command.params:
        if parameter.param_type_name == "argument" or parameter.required:
            is_time = parameter.metavar in ("YYYY-MM-DD", "MOMENT")
            value = "2026-01-01" if is_time else {Path: __file__}.get(parameter.type_descriptor.annotation, "1")
            given += [value] if parameter.param_type_name == "argument" else [parameter.opts[0], value]
    return (*given, *(["--yes"] if any(parameter.name == "yes" for parameter in command.params) else []))


def said(result: Result) -> str:
    assert result.exit_code == 1, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit)
    sentence = str(result.stderr).strip()
    assert "Traceback" not in sentence
    assert "\n" not in sentence
    return sentence


def test_every_command_says_that_there_is_no_schema_and_creates_none(at: Any, tmp_path: Path):
    missing = tmp_path / "nowhere" / "control.db"
    for words in commands():
        assert "run `scaicontrol db upgrade`" in said(at(sqlite_url(missing), *words)), words
    for words in (("db", "check"), ("admin", "tenants", "list")):
        assert str(missing) in said(at(sqlite_url(missing), *words))
    assert at(sqlite_url(missing), "db", "current").stdout == "empty\n"
    assert not missing.parent.exists()


def test_an_empty_file_stays_an_empty_file(at: Any, tmp_path: Path):
    empty = tmp_path / "empty.db"
    empty.touch()
    assert "is without a schema" in said(at(sqlite_url(empty), "admin", "tenants", "list"))
    with contextlib.closing(sqlite3.connect(empty)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


@pytest.mark.parametrize(
    ("revision", "helps"), [("001", "run `scaicontrol db upgrade`"), ("999", "`scaicontrol --version` says which")]
)
def test_an_older_or_a_newer_schema_is_a_sentence(at: Any, tmp_path: Path, revision: str, helps: str):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    connection.close()
    for words in (("admin", "tenants", "list"), ("tui",), ("serve",), ("worker",), ("scheduler",), ("db", "check")):
        sentence = said(at(sqlite_url(path), *words))
        assert f"at revision {revision}" in sentence
        assert helps in sentence
    if revision == "999":
        assert "does not know" in said(at(sqlite_url(path), "db", "upgrade"))
        demo = at(sqlite_url(path), "demo", "--no-serve", "--port", str(free_port()))
        assert "does not know" in said(demo)
    told = json.loads(said(at(sqlite_url(path), "admin", "tenants", "list", "--json")))
    assert told["error"]["code"] == "service_unavailable"


@pytest.mark.parametrize(
    "words", ["admin tenants list", "tui", "serve", "worker", "scheduler", "db upgrade", "db current", "db check"]
)
def test_a_database_out_of_reach_is_a_sentence(at: Any, words: str):
    url = f"mysql+asyncmy://app:secret-of-it@127.0.0.1:{free_port()}/app"
    sentence = said(at(url, *words.split()))
    assert "does not answer" in sentence
    assert "scaicontrol db check" in sentence
    assert "secret-of-it" not in sentence


def test_a_revision_that_does_not_exist_is_a_sentence(at: Any, tmp_path: Path):
    assert "The newest is" in said(at(sqlite_url(tmp_path / "control.db"), "db", "upgrade", "--revision", "moon"))


def test_serving_for_development_makes_the_schema(at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    url = sqlite_url(tmp_path / "new" / "control.db")
    served: list[Any] = []
    monkeypatch.setattr(uvicorn, "run", lambda *given, **_: served.append(given))
    monkeypatch.setattr(os, "environ", dict(os.environ))  # options travel to the server in it
    assert at(url, "serve", "--dev", "--port", str(free_port())).exit_code == 0
    assert served
    assert migrate.current(url) == migrate.head()
    assert at(url, "db", "check").stdout == "The database is ready.\n"


@pytest.mark.parametrize("words", ["serve --dev --port", "demo --port"])
def test_a_taken_port_is_a_sentence_that_names_the_way_out(at: Any, tmp_path: Path, words: str):
    with socket.create_server(("127.0.0.1", 0)) as another:
        port = another.getsockname()[1]
        result = at(sqlite_url(tmp_path / "control.db"), *words.split(), str(port))

    assert result.exit_code == 4
    assert result.stderr.startswith(f"Port {port} of 127.0.0.1 is taken, perhaps by another ScaiControl")
    assert f"--port, such as {port + 1}." in " ".join(result.stderr.split())


def test_an_address_of_another_machine_is_a_sentence(at: Any, tmp_path: Path):
    result = at(sqlite_url(tmp_path / "control.db"), "serve", "--dev", "--host", "192.0.2.1")

    assert result.exit_code == 4
    assert result.stderr == "192.0.2.1 is no address of this machine; 127.0.0.1 and 0.0.0.0 are.\n"


def test_a_table_shows_whole_columns_that_fit_and_says_how_many_do_not(monkeypatch, capsys):
    monkeypatch.setattr(door, "Console", partial(Console, force_terminal=True, no_color=True, width=40))
    rows = [{"id": f"pay_{at:028}", "partner_id": "prt_northwind", "cents": at, "never": None} for at in range(2)]
    door.show(rows, as_json=False)
    told = capsys.readouterr()
    assert [line.split() for line in told.out.splitlines() if "pay_" in line] == [[row["id"]] for row in rows]
    assert "2 more columns in a wider window, or by --json." in told.err


async def test_jobs_are_listed_and_one_is_run_only_where_a_worker_can_be_reached(command_line, backend):
    await backend.perform(CLOCK, leases.start_run, "dunning", backend.clock.now(), stale_after=timedelta(hours=1))
    listed = await command_line("admin", "jobs", "list", "--json")
    assert [job["name"] for job in json.loads(listed.stdout)] == ["dunning"]
    refused = await command_line("admin", "jobs", "run", "dunning")
    assert (refused.exit_code, "without Redis" in refused.stderr) == (1, True)
