"""The sweep takes files that belong to no document, and nothing else."""

from datetime import timedelta

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Forbidden, Unavailable
from scaicontrol.services import documents
from tests.factories import petra
from tests.factories.invoices import finalized, rendered

SWEEPER = Actor.system("orphan_sweep")
LEFT_BEHIND = "documents/prt_northwind/2026/SCAI-2026-000009/v1/SCAI-2026-000009-pdf-0123456789abcdef.pdf"


async def sweep(backend):
    return await documents.sweep_orphans(backend, SWEEPER)


async def test_only_what_no_version_names_is_taken(backend):
    await rendered(backend)
    kept = set(backend.ports.objects.stored)
    await backend.ports.objects.put(LEFT_BEHIND, b"%PDF", "application/pdf")
    await backend.ports.objects.put("logos/northwind.png", b"png", "image/png")
    assert (await sweep(backend), await sweep(backend)) == (1, 0)
    assert set(backend.ports.objects.stored) == kept | {"logos/northwind.png"}


async def test_what_a_waiting_render_may_still_name_stays(backend):
    invoice = await finalized(backend)
    key = LEFT_BEHIND.replace("SCAI-2026-000009", str(invoice.number))
    await backend.ports.objects.put(key, b"%PDF", "application/pdf")
    assert await sweep(backend) == 0
    while await documents.render_due(backend, SWEEPER):
        pass
    assert (await sweep(backend), key in backend.ports.objects.stored) == (1, False)


async def test_within_a_week_nothing_is_taken(backend, clock):
    await backend.ports.objects.put(LEFT_BEHIND, b"%PDF", "application/pdf")
    clock.advance(timedelta(days=-8))  # the memory store dates everything 1 January
    assert await sweep(backend) == 0


async def test_a_locked_object_stays_and_stops_nothing(backend, monkeypatch):
    other = LEFT_BEHIND.replace("000009", "000010")
    for key in (LEFT_BEHIND, other):
        await backend.ports.objects.put(key, b"%PDF", "application/pdf")
    delete = backend.ports.objects.delete

    async def locked(key):
        if key == LEFT_BEHIND:
            raise Unavailable("The object store refuses it: AccessDenied.")
        await delete(key)

    monkeypatch.setattr(backend.ports.objects, "delete", locked)
    assert (await sweep(backend), list(backend.ports.objects.stored)) == (1, [LEFT_BEHIND])


async def test_nobody_but_the_platform_sweeps(backend):
    with pytest.raises(Forbidden):
        await documents.sweep_orphans(backend, petra)
