"""What happens when two do the same at once."""

import asyncio
from decimal import Decimal

from scaicontrol.core.errors import Conflict
from scaicontrol.services import usage
from scaicontrol.services.usage import UsageSpan
from tests.factories import ACME, SCAIDRIVE, ada
from tests.factories.usage import ENDS, STARTED, an_event, send, store_world


async def test_two_deliveries_of_one_batch_at_once_count_once(backend):
    await store_world(backend)
    batch = [an_event(f"e{number}", "1.25") for number in range(50)]
    both = await asyncio.gather(send(backend, *batch), send(backend, *batch))
    assert sorted((done.accepted, done.duplicates) for done in both) == [(0, 50), (50, 0)]


async def test_batches_that_cross_at_once_count_each_event_once(backend):
    await store_world(backend)
    batches = [[an_event(f"e{number}") for number in range(start, start + 40)] for start in (0, 20, 40)]
    done = await asyncio.gather(*(send(backend, *batch) for batch in batches))
    assert sum(one.accepted for one in done) == 80
    assert sum(one.duplicates for one in done) == 40


async def test_two_roll_ups_at_once_add_each_event_once(backend):
    await store_world(backend)
    await send(backend, *[an_event(f"e{number}", "2.5") for number in range(100)])
    done = await asyncio.gather(*(usage.aggregate(backend) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(one, int | Conflict) for one in done)
    assert sum(one for one in done if isinstance(one, int)) == 100
    span = UsageSpan(ACME, SCAIDRIVE, STARTED, ENDS)
    assert (await backend.ask(ada, usage.totals, [span]))[span]["api_calls"].sum == Decimal(250)
