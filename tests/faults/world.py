"""
A world that can be killed: its outside keeps what reached it in files, and every step of the work is counted.

Run as a program it makes the world once, then forks a child for each crash point; the child kills itself there
(SIGKILL), a second child recovers, and the parent checks what an auditor would. One JSON line per crash point.

    python -m tests.faults.world billing /tmp/somewhere 0 1 2 …      (0 is the run nobody disturbs)
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.ports import Mail, MailOutcome, MailResult, PaymentResult, StoredMethod
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.db.engine import Database
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.integrations.payment_providers.sandbox_ledger import Ledger
from scaicontrol.integrations.storage import FolderStore
from scaicontrol.services import billing, webhooks
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn
from tasks import timetravel
from tests.databases import create_schema, sqlite_url
from tests.factories import ada, alice, gina
from tests.factories.payments import store_card
from tests.factories.ports import Answered, MemoryVault, memory_ports
from tests.factories.subscriptions import market, subscribed

from .invariants import broken

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


class CountedStore(FolderStore):
    async def put(self, key: str, body: bytes, content_type: str) -> None:
        STEPS("before store")
        await super().put(key, body, content_type)
        STEPS("after store")


class CountedSandbox(Sandbox):
    async def charge(
        self, method: StoredMethod, amount_cents: int, currency: str, idempotency_key: str, metadata: Mapping[str, str]
    ) -> PaymentResult:
        STEPS("before charge")
        result = await super().charge(method, amount_cents, currency, idempotency_key, metadata)
        STEPS("after charge")
        return result


def open_world(folder: Path, at: datetime, vault: MemoryVault) -> tuple[CountedBackend, FrozenClock]:
    clock = FrozenClock(at)
    ports = memory_ports()
    changed: dict[str, Any] = {
        "objects": CountedStore(folder / "objects"),
        "mail": FileMail(folder),
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
    database = Database(settings.effective_database_url, pool_size=5, max_overflow=5)
    return CountedBackend(settings, database, clock, replace(ports, **changed)), clock


async def make(folder: Path, vault: MemoryVault) -> None:
    """Acme and Globex owe a month; a subscriber listens to everything; what was told so far is settled."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(days=5), vault)
    await market(backend, payment_providers=["sandbox"])
    for actor, number in ((alice, "1"), (gina, "2")):
        await store_card(backend, number, by=actor)
        await subscribed(backend, actor=actor, quantity=2)
    await webhooks.create(backend, ada, WebhookEndpointIn(name="CRM", target_url=HOOKS, topics=["*"]))

    async def settle(uow: Any) -> None:
        await uow.session.execute(update(Outbox).values(next_reaction_at=None))

    await backend.perform(ada, settle)
    await backend.database.dispose()


async def bill(backend: Backend, clock: FrozenClock) -> None:
    """The billing run and all that follows from it: files, mails, payments, webhooks."""
    await billing.generate(backend)
    await timetravel.settle(backend)


async def dispatch(backend: Backend, clock: FrozenClock) -> None:
    """Only what waits to be delivered: the facts of subscribing."""
    await webhooks.relay(backend)
    await webhooks.dispatch(backend)


SCENARIOS = {"billing": bill, "dispatcher": dispatch}


async def _live(scenario: str, folder: Path, vault: MemoryVault, *, recovers: bool) -> None:
    backend, clock = open_world(folder, BEGUN + timedelta(hours=1) if recovers else BEGUN, vault)
    if recovers:  # every lease of the dead has run out, and the timetable does the rest
        await timetravel.live(backend, clock, BEGUN + timedelta(hours=3), step=timedelta(minutes=40))
    await SCENARIOS[scenario](backend, clock)
    await backend.database.dispose()


def _child(scenario: str, folder: Path, vault: MemoryVault, dies_at: int, *, recovers: bool) -> int:
    """Run one life in a process of its own; give its exit status."""
    pid = os.fork()
    if pid == 0:
        STEPS.names, STEPS.dies_at = [], dies_at
        try:
            asyncio.run(_live(scenario, folder, vault, recovers=recovers))
        except BaseException:  # noqa: BLE001  # a forked child must end here, whatever happened
            traceback.print_exc()
            os._exit(1)
        if not dies_at:
            (folder / "steps").write_text(json.dumps(STEPS.names))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(scenario: str, root: Path, points: list[int]) -> None:
    pristine, vault = root / "pristine", MemoryVault()
    pristine.mkdir(parents=True)
    asyncio.run(make(pristine, vault))
    for point in points:
        folder = root / f"point-{point}"
        shutil.copytree(pristine, folder)
        first = _child(scenario, folder, vault, point, recovers=False)
        steps = json.loads((folder / "steps").read_text()) if (folder / "steps").exists() else []
        second = _child(scenario, folder, vault, 0, recovers=True)
        faults = [] if second == 0 else [f"The recovery ended with {second}."]
        faults += broken(folder)
        print(json.dumps({"point": point, "exit": first, "steps": steps, "faults": faults}), flush=True)
        if not faults:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [int(each) for each in sys.argv[3:]])
