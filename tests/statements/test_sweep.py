"""The sweep takes pages that no statement and no reminder names, and nothing else."""

from datetime import timedelta

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.services import statements
from tests.factories import petra
from tests.factories.invoices import sent

SWEEPER = Actor.system("orphan_sweep")


async def test_a_reminder_whose_maker_died_goes_and_the_one_made_afterwards_stays(backend, clock, monkeypatch):
    invoice = await sent(backend)
    clock.advance(timedelta(days=20))
    put = backend.ports.objects.put

    async def dies(*said):
        await put(*said)
        raise SystemExit("killed between upload and record")

    with monkeypatch.context() as once:
        once.setattr(backend.ports.objects, "put", dies)
        with pytest.raises(SystemExit):
            await statements.make_reminder(backend, petra, invoice.id)
    (left,) = [key for key in backend.ports.objects.stored if key.startswith("papers/")]
    clock.advance(timedelta(days=1))  # a later reminder says another day
    reminder = await statements.make_reminder(backend, petra, invoice.id)
    swept = [await statements.sweep_orphans(backend, SWEEPER) for _ in range(2)]
    assert swept == [1, 0]
    kept = {key for key in backend.ports.objects.stored if key.startswith("papers/")}
    assert (kept, reminder.storage_key == left) == ({reminder.storage_key}, False)
