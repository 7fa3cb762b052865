"""A provider's callback over HTTP, until it is applied, against a bare route of a check and three statements."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

from sqlalchemy import func, select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.integrations.payment_providers.sandbox import SIGNATURE_HEADER, Sandbox, sign
from scaicontrol.services import payments
from scaicontrol.services.payments.models import InboundEvent
from tests.factories import ada, alice
from tests.factories.invoices import a_line, sent
from tests.factories.payments import store_card
from tests.factories.subscriptions import market

from .measure import Goal, Result, Side, compare, profiled
from .server import serving
from .wire import send_all, written
from .world import World

CONNECTIONS = 8
_SETTLES_LATER = 830  # 10.04 with VAT: the sandbox leaves it pending until it is asked


async def callbacks(world: World, quick: bool) -> list[Result]:
    """Verified, stored once, its payment asked about and written down: news that books money, and what is known."""
    await market(world.backend, payment_providers=["sandbox"])
    provider = Sandbox(world.backend.clock, delay=timedelta(0))
    world.backend.ports.payment_providers["sandbox"] = provider  # type: ignore[index]  # a dict in memory_ports
    await store_card(world.backend)
    numbers, size = count(), 24 if quick else 96
    names: list[str] = []

    async def owing() -> None:
        """Charge as many invoices as a round settles; the provider has not said yet what became of them."""
        names[:] = []
        for _ in range(size):
            made = await payments.pay(world.backend, alice, (await sent(world.backend, a_line(_SETTLES_LATER))).id)
            assert made.status == "pending"
            names.append(str(made.external_id))

    results = []
    url = world.server.url()
    with serving("product", url, world.folder) as ours, serving("bare", url, world.folder) as theirs:
        posts = _posts("/api/v1/webhooks/sandbox", names, numbers)
        plain = _posts("/callbacks", names, numbers)

        async def applied() -> int:
            told = posts()
            await send_all(ours.port, told, 200, CONNECTIONS)
            await _applied(world, len(told))
            return len(told)

        async def three_statements() -> int:
            return await send_all(theirs.port, plain(), 200, CONNECTIONS)

        for what, prepare, goal in (("that books money", owing, None), ("of what is known", None, Goal(least=0.5))):
            result = await compare(
                f"c. callback {what}",
                Side("product", applied, prepare=prepare),
                Side("bare", three_statements),
                sizes=f"{size} callbacks a round, {CONNECTIONS} connections",
                kind="speed",
                goal=goal,
                rounds=5 if quick else 7,
            )
            result.cpu_ratio = None  # the two sides run in different processes
            if prepare is not None:
                await prepare()
            with profiled(result.notes):
                await applied()
            results.append(result)
    return results


def _posts(path: str, names: list[str], numbers: Iterator[int]) -> Callable[[], list[bytes]]:
    def made() -> list[bytes]:
        return [_written(path, name, next(numbers)) for name in names]

    return made


def _written(path: str, name: str, number: int) -> bytes:
    told = {"id": f"evt_{number}", "kind": "payment", "payment_id": name, "occurred_at": "2026-01-15T09:00:00Z"}
    body = json.dumps(told).encode()
    head, _, rest = written("POST", path, body=body).partition(b"\r\n\r\n")
    return head + f"\r\n{SIGNATURE_HEADER}: {sign(body)}\r\n\r\n".encode() + rest


async def _applied(world: World, wanted: int) -> None:
    """Act on all that has arrived, as the worker does that is woken."""
    done = 0
    while done < wanted:
        done += await payments.process_inbound(world.backend)
    assert not await world.backend.ask(ada, _waiting)


async def _waiting(uow: UnitOfWork) -> int:
    query = select(func.count(InboundEvent.id)).where(InboundEvent.status != "processed")
    return int(await uow.session.scalar(query) or 0)
