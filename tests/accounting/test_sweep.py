"""A file that was stored by a run that died is taken away once no run can name it; every recorded export stays."""

from datetime import timedelta

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Forbidden
from scaicontrol.services import accounting
from scaicontrol.services.accounting.schemas import IntegrationPut, SyncIn
from scaicontrol.services.accounting.service import sync
from scaicontrol.services.accounting.service.queue import enqueue_new
from tests.factories import petra
from tests.factories.accounting import MAPPING, an_integration
from tests.factories.invoices import finalized

SWEEPER = Actor.system("orphan_sweep")


async def sweep(backend):
    return await accounting.sweep_orphans(backend, SWEEPER)


def exports(backend):
    return {key for key in backend.ports.objects.stored if key.startswith("accounting/")}


async def dies_before_it_records(backend, books):
    """Claim, export and store as the job does, and nothing after that; give what is left in the store."""
    await backend.perform(SWEEPER, enqueue_new, books.id)
    claimed = await backend.perform(SWEEPER, sync.claim, books.id, "the dead")
    assert claimed is not None
    await sync.export_claimed(backend, claimed)
    (left,) = exports(backend)
    return left


async def book_elsewhere(backend, books):
    """Give the integration another account, so that the same documents make another file."""
    mapping = MAPPING.model_copy(update={"debtor_account": "1400"})
    body = IntegrationPut(provider=books.provider, name=books.name, mapping=mapping, version=1)
    await accounting.update(backend, petra, books.id, body)


async def test_what_a_dead_run_left_goes_and_what_the_next_one_recorded_stays(backend, clock):
    books = await an_integration(backend)
    await finalized(backend)
    left = await dies_before_it_records(backend, books)
    assert await sweep(backend) == 0  # its claim holds: it may live yet
    await book_elsewhere(backend, books)
    clock.advance(timedelta(hours=1))
    assert await accounting.sync_due(backend) == 1
    (kept,) = exports(backend) - {left}
    assert (await sweep(backend), await sweep(backend)) == (1, 0)
    assert exports(backend) == {kept}


async def test_what_the_next_run_writes_again_is_no_orphan(backend, clock):
    books = await an_integration(backend)
    await finalized(backend)
    left = await dies_before_it_records(backend, books)
    clock.advance(timedelta(hours=1))
    await accounting.sync_due(backend)
    assert (await sweep(backend), exports(backend)) == (0, {left})


async def test_an_export_that_was_recorded_stays_when_a_forced_one_takes_its_place(backend, clock):
    books = await an_integration(backend)
    await finalized(backend)
    await accounting.sync_due(backend)
    await book_elsewhere(backend, books)
    wanted = SyncIn.model_validate({"from": clock.now().date(), "to": clock.now().date(), "force": True})
    await backend.perform(petra, accounting.request, books.id, wanted)
    assert await accounting.sync_due(backend) == 1
    assert len(exports(backend)) == 2
    assert (await sweep(backend), len(exports(backend))) == (0, 2)


async def test_within_a_week_nothing_is_taken_and_other_folders_never(backend, clock):
    stray = "accounting/prt_northwind/aci_gone/0123456789abcdef0123456789abcdef/journal.csv"
    for key in (stray, "logos/northwind.png"):
        await backend.ports.objects.put(key, b"x", "text/csv")
    clock.advance(timedelta(days=-8))  # the memory store dates everything 1 January
    assert await sweep(backend) == 0
    clock.advance(timedelta(days=8))
    assert (await sweep(backend), set(backend.ports.objects.stored)) == (1, {"logos/northwind.png"})


async def test_nobody_but_the_platform_sweeps(backend):
    with pytest.raises(Forbidden):
        await accounting.sweep_orphans(backend, petra)
