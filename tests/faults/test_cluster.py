"""Three nodes, conflicts that show themselves only at COMMIT, and a node that dies in mid-work."""

import asyncio
import os
from collections import Counter
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.db.engine import Database
from scaicontrol.services import documents, invoices, partners, webhooks
from scaicontrol.services.webhooks.models import WebhookDelivery
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn
from tests.databases import create_schema
from tests.factories import NORTHWIND, ada
from tests.factories.invoices import a_draft, finalized
from tests.factories.ports import memory_ports
from tests.factories.tenants import store_cast

from .finalizing import NOW
from .test_series import crowd, holds, whole_series

pytestmark = [pytest.mark.galera, pytest.mark.long]


@pytest_asyncio.fixture
async def nodes(galera):
    """The product on each node: one database, one outside."""
    galera.settle()  # a node that gave its data to another one serves nobody meanwhile
    name = f"faults_{os.urandom(4).hex()}"  # dropping one with foreign keys is refused by the cluster
    galera.nodes[0].sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    await create_schema(galera.nodes[0].url(name))
    clock, ports = FrozenClock(NOW), memory_ports()
    backends = []
    for node in galera.nodes:
        settings = Settings(
            _env_file=None,
            scaicontrol_env=Environment.development,
            database_url=node.url(name),
            secret_key="a secret of the tests, long enough",  # type: ignore[arg-type]  # pydantic makes the SecretStr
        )
        backends.append(Backend(settings, Database(node.url(name), pool_size=5, max_overflow=5), clock, replace(ports)))
    await store_cast(backends[0])
    yield backends
    for backend in backends:
        await backend.database.dispose()


async def test_all_nodes_number_one_series_while_processes_and_a_node_are_killed(nodes, galera):
    ids = [(await a_draft(nodes[0])).id for _ in range(24)]
    urls = ",".join(backend.settings.database_url for backend in nodes)
    running = asyncio.create_task(crowd(urls, ids, processes=6, kills=2))

    async def begun(uow):
        return sum(1 for invoice in await uow.session.scalars(invoices.visible(uow)) if invoice.serial)

    while await nodes[0].ask(ada, begun) < 6 and not running.done():  # noqa: ASYNC110  # until the database says so
        await asyncio.sleep(0.05)
    galera.nodes[2].kill()
    try:
        # Whoever worked through the dead node ends with an error; the others number what it left.
        assert (await running).startswith("finalised 24, killed 2")
    finally:
        galera.settle()
        galera.start(2)
    holds(await nodes[0].ask(ada, whole_series), 24)
    assert (await nodes[1].ask(ada, documents.verify_series, NORTHWIND, "invoice", 2026)).violations == []


async def test_dispatchers_on_every_node_deliver_each_event_once(nodes):
    first = nodes[0]
    await webhooks.create(
        first, ada, WebhookEndpointIn(name="CRM", target_url="https://crm.example.com/hooks", topics=["*"])
    )
    for _ in range(10):
        await finalized(first)
    for _ in range(3):
        await asyncio.gather(*(webhooks.relay(backend) for backend in nodes), return_exceptions=True)
        await asyncio.gather(*(webhooks.dispatch(backend) for backend in nodes), return_exceptions=True)

    async def states(uow):
        return Counter(str(row.status) for row in await uow.session.scalars(select(WebhookDelivery)))

    delivered = await first.ask(ada, states)
    posted = Counter(headers["webhook-id"] for _, headers, _ in first.ports.outbound.sent)
    assert set(delivered) == {"dispatched"}
    assert len(posted) == delivered["dispatched"] >= 10
    assert set(posted.values()) == {1}


async def test_what_one_node_acknowledged_every_other_node_reads(nodes):
    writer, *readers = nodes
    for round_ in range(30):

        async def rename(uow, day=1 + round_ % 28):
            (await partners.settings_of(uow, NORTHWIND)).invoice_day = day
            return day

        day = await writer.perform(ada, rename)
        seen = [(await reader.ask(ada, partners.settings_of, NORTHWIND)).invoice_day for reader in readers]
        assert seen == [day, day]
