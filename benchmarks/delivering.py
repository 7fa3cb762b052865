"""Delivering webhooks: signed, checked, every attempt a row, against a bare loop of posts."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import aiohttp

from scaicontrol.core.ids import new_id
from scaicontrol.integrations.addresses import AddressRules
from scaicontrol.integrations.outbound import PER_HOST_MAX, Outbound
from scaicontrol.services import webhooks
from tests.servers import DIES_WITH_US, free_port, listens, start

from .measure import Goal, Result, Side, compare, profiled
from .world import NOW, STAMP, World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw"
TOPIC = "invoice.finalized"


async def dispatching(world: World, quick: bool) -> list[Result]:
    """Ten thousand due deliveries to one local receiver, whose answers cost nothing."""
    total = 1000 if quick else 10_000
    rounds = 5
    each = total // rounds
    with receiver(world) as port:
        url = f"http://127.0.0.1:{port}/hook"
        outbound = Outbound(AddressRules.of(world.backend.settings))
        backend = replace(world.backend, ports=replace(world.backend.ports, outbound=outbound))
        await backend.ports.vault.write("bench/secret", {"value": SECRET})
        await world.fill(
            "webhook_subscriptions",
            [
                {
                    "id": "whs_bench",
                    "name": "bench",
                    "target_url": url,
                    "topics": '["*"]',
                    "is_active": 1,
                    "api_version": "1.0",
                    "secret_vault_path": "bench/secret",
                    "consecutive_failures": 0,
                    "dead_deliveries": 0,
                    "version": 1,
                }
            ],
        )
        body = b'{"event_id":"evt_00000000000000000000000000","data":{' + b'"x":"' + b"y" * 700 + b'"}}'

        async def store() -> None:
            ident = [new_id("evt") for _ in range(each)]
            past = (NOW - timedelta(minutes=1)).replace(tzinfo=None)
            await world.fill(
                "event_outbox",
                [
                    {
                        "id": name,
                        "kind": "delivery",
                        "event_type": TOPIC,
                        "status": "pending",
                        "idempotency_key": name,
                        "resource_type": "invoice",
                        "resource_id": name,
                        "occurred_at": STAMP,
                        "attempt_count": 0,
                        "next_attempt_at": past,
                        "subscription_id": "whs_bench",
                        "body": body,
                        "public": 1,
                        "reaction_attempts": 0,
                    }
                    for name in ident
                ],
            )

        async def product() -> int:
            made = await webhooks.dispatch(backend)
            if made != each:
                raise RuntimeError(f"{made} of {each} deliveries were attempted.")
            return made

        async def bare() -> int:
            waiting = iter(range(each))
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=PER_HOST_MAX)) as session:

                async def one() -> None:
                    for _ in waiting:
                        async with session.post(url, data=body) as answer:
                            await answer.read()

                await asyncio.gather(*(one() for _ in range(PER_HOST_MAX)))
            return each

        result = await compare(
            "f. dispatching webhook deliveries",
            Side("product", product, prepare=store),
            Side("bare aiohttp", bare),
            sizes=f"{each} deliveries a round of {total}, {PER_HOST_MAX} in flight",
            kind="speed",
            goal=Goal(least=0.30),
            rounds=rounds,
        )
        await store()
        with profiled(result.notes):
            await product()
        await outbound.close()
    return [result]


@contextmanager
def receiver(world: World) -> Iterator[int]:
    """A subscriber in a process of its own that answers 204 and does nothing else."""
    place, port = world.folder / "receiver", free_port()
    place.mkdir()
    command = ["setpriv", *DIES_WITH_US, sys.executable, "-m", "benchmarks.receiver", str(port)]
    process = start(command, place, lambda: listens(port))
    try:
        yield port
    finally:
        process.terminate()
        process.wait()
