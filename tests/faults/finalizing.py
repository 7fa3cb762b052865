"""
Ten processes that finalise the same drafts of one series at once, while some of them are killed in mid-work.

    python -m tests.faults.finalizing <database url>[,<url of another node> …] <processes> <kills> <seed> <invoice id> …

The parent kills a random process each time a few more documents are finalised and starts another in its place. It ends
when every draft is finalised, and prints how often it killed.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import ControlError, OutcomeUnknown
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.engine import Database
from scaicontrol.services import invoices
from scaicontrol.services.invoices.models import Invoice
from tests.factories import ada
from tests.factories.ports import memory_ports

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
PATIENCE_SECONDS = 240


def open_backend(url: str) -> Backend:
    settings = Settings(
        _env_file=None,
        scaicontrol_env=Environment.development,
        database_url=url,
        secret_key="a secret of the tests, long enough",  # type: ignore[arg-type]  # pydantic makes the SecretStr
    )
    return Backend(settings, Database(url, pool_size=1, max_overflow=0), FrozenClock(NOW), memory_ports())


async def finalise_all(nodes: Sequence[str], ids: list[str]) -> None:
    """Go round the drafts until none is left; whoever is faster is fine, and who loses its node takes the next one."""
    backends, waiting = deque(open_backend(url) for url in nodes), ids
    while waiting:
        left = []
        for invoice_id in waiting:
            try:
                await invoices.finalize(backends[0], Actor.system("monthly_invoice_generator"), invoice_id)
            except OutcomeUnknown:
                backends.rotate(-1)
                left.append(invoice_id)
            except ControlError as error:
                if "is draft" in error.message or "it is" not in error.message:
                    left.append(invoice_id)  # busy, or changed under our hands: again
        waiting = left
    for backend in backends:
        await backend.database.dispose()


async def finalised(url: str) -> int:
    backend = open_backend(url)

    async def count(uow: UnitOfWork) -> int:
        uow.authorize("invoices:read")
        query = select(func.count()).select_from(Invoice).where(Invoice.serial.is_not(None))
        return await uow.session.scalar(query) or 0

    try:
        return await backend.ask(ada, count)
    finally:
        await backend.database.dispose()


def start(nodes: Sequence[str], ids: list[str], seed: int) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            random.Random(seed).shuffle(ids)
            asyncio.run(finalise_all(nodes, ids))
            status = 0
        finally:
            os._exit(status)
    return pid


def main(url: str, processes: int, kills: int, seed: int, ids: list[str]) -> None:
    dice = random.Random(seed)
    nodes = url.split(",")
    first = [number % len(nodes) for number in range(processes)]
    running = {start(nodes[at:] + nodes[:at], list(ids), seed + number) for number, at in enumerate(first)}
    killed, deadline = 0, time.monotonic() + PATIENCE_SECONDS
    while (done := asyncio.run(finalised(nodes[0]))) < len(ids):
        if time.monotonic() > deadline:
            raise SystemExit(f"Only {done} of {len(ids)} were finalised in time.")
        if killed < kills and done >= (killed + 1) * len(ids) // (kills + 2):
            victim = dice.choice(sorted(running))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            running.remove(victim)
            killed += 1
            running.add(start(nodes, list(ids), seed + processes + killed))
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in running]
    print(f"finalised {done}, killed {killed}, ended {sorted(set(statuses))}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
