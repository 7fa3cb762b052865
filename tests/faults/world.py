"""A world that can be killed: its outside keeps what reached it in files, and every step of the work is counted."""

import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.payment_ports import ChargeRequest, PaymentResult, RefundRequest, RefundResult
from scaicontrol.core.ports import Mail, MailOutcome, MailResult
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.db.engine import Database
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.integrations.payment_providers.sandbox_ledger import Ledger
from scaicontrol.integrations.storage import FolderStore
from tests.databases import sqlite_url, with_kept_statements
from tests.factories.ports import Answered, MemoryVault, TextRenderer, memory_ports

BEGUN = datetime(2026, 2, 1, 9, tzinfo=UTC)  # Northwind's invoice day, the hour has come
HOOKS = "https://crm.example.com/hooks"


@dataclass
class Steps:
    """Counts what is about to happen and what has just happened, and dies at one of them."""

    dies_at: int = 0
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


STEPS = Steps()


class CountedBackend(Backend):
    """A backend whose units of work are steps: killed before, nothing was written; killed after, all of it was."""

    async def perform(self, actor: Any, verb: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        STEPS(f"before {verb.__name__}")
        result = await super().perform(actor, verb, *args, **kwargs)
        STEPS(f"after {verb.__name__}")
        return result


def _note(path: Path, line: str) -> None:
    with path.open("a") as book:
        book.write(line + "\n")


class FileOutbound:
    """Subscribers that keep what they received in a file."""

    def __init__(self, folder: Path) -> None:
        self._book = folder / "received"

    def check(self, url: str) -> None:
        return

    async def request(self, method: str, url: str, *, headers: Mapping[str, str], **_: Any) -> Answered:
        STEPS("before post")
        _note(self._book, headers["webhook-id"])
        STEPS("after post")
        return Answered(200)


class FileMail:
    def __init__(self, folder: Path) -> None:
        self._book = folder / "mailed"

    async def send(self, mail: Mail) -> MailResult:
        STEPS("before mail")
        _note(self._book, mail.mail_id)
        STEPS("after mail")
        return MailResult(MailOutcome.accepted, f"msg_{mail.mail_id}")


class CountedRenderer(TextRenderer):
    """Every process writes other bytes, as one does after an update: what the dead left behind is not written again."""

    async def pdf(self, html: str, **said: Any) -> bytes:
        STEPS("before render")
        result = await super().pdf(f"{html}<!-- {os.getpid()} -->", **said)
        STEPS("after render")
        return result


class CountedStore(FolderStore):
    async def put(self, key: str, body: bytes, content_type: str) -> None:
        STEPS("before store")
        await super().put(key, body, content_type)
        STEPS("after store")


class CountedSandbox(Sandbox):
    async def charge(self, request: ChargeRequest) -> PaymentResult:
        STEPS("before charge")
        result = await super().charge(request)
        STEPS("after charge")
        return result

    async def refund(self, request: RefundRequest) -> RefundResult:
        STEPS("before refund")
        result = await super().refund(request)
        STEPS("after refund")
        return result


def open_world(
    folder: Path, at: datetime, vault: MemoryVault, *, by_statement: bool = False
) -> tuple[CountedBackend, FrozenClock]:
    clock = FrozenClock(at)
    ports = memory_ports()
    changed: dict[str, Any] = {
        "objects": CountedStore(folder / "objects"),
        "mail": FileMail(folder),
        "renderer": CountedRenderer(),
        "outbound": FileOutbound(folder),
        "vault": vault,
        "payment_providers": {"sandbox": CountedSandbox(clock, Ledger(folder / "sandbox.json"))},
    }
    settings = Settings(
        _env_file=None,
        scaicontrol_env=Environment.development,
        database_url=sqlite_url(folder / "world.db"),
        storage_dir=folder / "objects",
        secret_key="a secret of the tests, long enough",  # type: ignore[arg-type]  # pydantic makes the SecretStr
    )
    database = with_kept_statements(Database(settings.effective_database_url, pool_size=5, max_overflow=5))
    if by_statement:
        _count_statements(database)
    return CountedBackend(settings, database, clock, replace(ports, **changed)), clock


def _count_statements(database: Database) -> None:
    """Make a step of everything that is written, and of every commit: before it, and so after the one before."""
    engine = database.writer.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def _(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("SELECT"):
            STEPS(f"before {' '.join(statement.split()[:3])}")

    @event.listens_for(engine, "commit")
    def _(_: Any) -> None:
        STEPS("before commit")
