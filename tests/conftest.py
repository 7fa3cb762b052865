"""Fixtures every test may ask for; the servers start when the first test needs them, one set per xdist worker."""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import pytest_asyncio
import uvloop
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.engine import make_url
from typer.testing import CliRunner, Result
from xdist.scheduler import LoadScopeScheduling

from scaicontrol import cli
from scaicontrol.cli import door
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.ports import Ports
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.db.engine import Database
from scaicontrol.services.changes import PolicyApprovals

from .databases import Cleaner, create_schema, keep_statements, sqlite_url, with_kept_statements
from .factories.ports import memory_ports
from .servers import Galera, MariaDB, galera_cluster, private_mariadb, private_redis, private_s3

MEMORY = Path("/dev/shm")  # each run makes folders of its own in it
ENOUGH_BYTES = 4 << 30

# Servers and databases of a test die with it: in memory their commits wait for no disk.
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


# Tests that share what is dear to start or read, or measure what others would disturb: one worker runs all of each.
TOGETHER = ("tests/architecture/", "tests/e2e/", "tests/faults/test_cluster", "tests/surfaces/test_event_loop.py")

SQLITE_ONE_IN = 4  # claims of a whole run that SQLite is asked as well; which, follows from their names
ALWAYS_BOTH = "tests/isolation/"  # what keeps tenants apart is asked of every database
MANY = 12  # cases of a test; of more, a whole run takes every second pair


class KeepsTogether(LoadScopeScheduling):  # type: ignore[misc]  # xdist's schedulers say no types
    """Hands out test by test, but a part of TOGETHER whole; pytest-xdist 3.8 misses its own marks under pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return next((part for part in TOGETHER if nodeid.startswith(part)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> KeepsTogether:
    return KeepsTogether(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["is_whole"] = is_whole(node.config)


def is_whole(config: pytest.Config) -> bool:
    """Say whether everything is run, by nobody who named files or words."""
    if hasattr(config, "workerinput"):  # an xdist worker is always given the paths by name
        return bool(config.workerinput["is_whole"])
    return config.args_source is not pytest.Config.ArgsSource.ARGS and not config.option.keyword


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Leave to the long run what says the same of the second database.

    Of a test that is marked `by_turns` each case runs on one of the two in turn, and a run of the whole takes every
    second pair of more than a dozen cases. Of everything else a run of the whole asks MariaDB, which holds people's
    money, and SQLite for a part. A run that names its files or words asks for all of it.
    """
    whole = is_whole(config)
    cased = [item for item in items if "dialect" in getattr(getattr(item, "callspec", None), "params", ())]
    both = [item for item in cased if not item.nodeid.startswith(ALWAYS_BOTH)]
    by_turns = {item for item in both if item.get_closest_marker("by_turns")}
    on_mariadb = {_claim(item) for item in both if _dialect(item) == "mariadb"}
    places: dict[str, dict[str, int]] = {}  # of a test's cases among its cases
    for item in both:
        claim = _claim(item)
        if item in by_turns:
            cases = places.setdefault(claim.partition("[")[0], {})
            cases.setdefault(claim, len(cases))
        elif whole and _dialect(item) == "sqlite" and claim in on_mariadb and crc32(claim.encode()) % SQLITE_ONE_IN:
            item.add_marker(pytest.mark.long)
    for item in by_turns:
        claim = _claim(item)
        cases = places[claim.partition("[")[0]]
        turn, is_odd = divmod(cases[claim], 2)
        if (is_odd == 1) is not (_dialect(item) == "mariadb") or (whole and len(cases) > MANY and turn % 2):
            item.add_marker(pytest.mark.long)


def _dialect(item: pytest.Item) -> str:
    return str(item.callspec.params["dialect"])  # type: ignore[attr-defined]  # only functions with cases have it


def _claim(item: pytest.Item) -> str:
    """Name a case without its database."""
    function, _, case = item.nodeid.partition("[")
    return function + "[" + case.replace(_dialect(item), "", 1)


def pytest_collection_finish() -> None:
    """Leave the modules and the collected tests out of every later collection of garbage."""
    gc.collect()
    gc.freeze()


# How long an example takes says how busy the machine is, not whether a claim holds.
hypothesis_settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("busy")


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    """A private server with the safe settings and an empty database `app`."""
    with private_mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def galera() -> Iterator[Galera]:
    """Three nodes; a test that kills one starts it again before it ends."""
    with galera_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with private_redis() as url:
        yield url


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    with private_s3() as url:
        yield url


@pytest_asyncio.fixture(scope="session")
async def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "scaicontrol.db"
    await create_schema(sqlite_url(path))
    await keep_statements(sqlite_url(path))
    return path


@pytest_asyncio.fixture(scope="session")
async def _mariadb(mariadb_server: MariaDB) -> AsyncIterator[tuple[str, Cleaner]]:
    url = mariadb_server.url()
    await create_schema(url)
    await keep_statements(url)
    cleaner = Cleaner(url)
    await cleaner.learn()
    yield url, cleaner
    await cleaner.dispose()


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other; narrow it with `@pytest.mark.parametrize("dialect", ["mariadb"])`."""
    return str(request.param)


@pytest_asyncio.fixture
async def _emptied_mariadb(_mariadb: tuple[str, Cleaner]) -> AsyncIterator[str]:
    url, cleaner = _mariadb
    yield url
    await cleaner.clear()


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with the whole schema; rows are gone after the test."""
    if dialect == "mariadb":
        return str(request.getfixturevalue("_emptied_mariadb"))
    template: Path = request.getfixturevalue("_sqlite_template")
    return sqlite_url(Path(shutil.copy(template, tmp_path / "scaicontrol.db")))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The product's own engines on `database_url`, without overflow where a leak would hide."""
    database = with_kept_statements(Database(database_url, pool_size=5, max_overflow=5))
    yield database
    await database.dispose()


@pytest.fixture
def clock() -> FrozenClock:
    """Thursday 15 January 2026, nine in the morning UTC; it moves when told to."""
    return FrozenClock(datetime(2026, 1, 15, 9, 0, tzinfo=UTC))


@pytest.fixture
def ports() -> Ports:
    return memory_ports()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A development installation that reads neither .env nor the machine's storage."""
    return Settings(
        _env_file=None,
        scaicontrol_env=Environment.development,
        database_url=make_url(database_url).render_as_string(hide_password=False),
        storage_dir=tmp_path / "storage",
        secret_key="a secret of the tests, long enough",  # type: ignore[arg-type]  # pydantic makes the SecretStr
    )


@pytest.fixture
def backend(settings: Settings, database: Database, clock: FrozenClock, ports: Ports) -> Backend:
    """The product on a clean database with a frozen clock and an outside kept in memory."""
    return Backend(settings, database, clock, ports, approvals=PolicyApprovals())


@pytest.fixture
def command_line(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[Result]]:
    """Run a command as a person types it, on the test's own backend."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Backend]:
        database = with_kept_statements(Database(backend.database.url))  # the command has an event loop of its own
        try:
            yield replace(backend, database=database)
        finally:
            await database.dispose()

    monkeypatch.setattr(door, "connect", connect)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli.build(), list(words))

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was asked and killed, also where tests ran in processes of their own."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    found = {str(value) for report in reports for name, value in report.user_properties if name == "counted"}
    if found:
        terminalreporter.section("counted")
        for line in sorted(found):
            terminalreporter.write_line(line)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run everything on the loop that serves."""
    return {"uvloop": uvloop.new_event_loop}
