"""A notice is shown once per occasion, and read by each person on their own."""

import pytest
import pytest_asyncio

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import notifications
from tests.factories import ACME, NORTHWIND, alice, gina, tom
from tests.factories.subscriptions import CLOCK
from tests.factories.tenants import store_cast


@pytest_asyncio.fixture
async def backend(backend):
    await store_cast(backend)
    return backend


async def notify(backend, key="k1", **more):
    common = {"tenant_id": ACME, "partner_id": NORTHWIND, "category": "billing", "title": "An invoice"}
    return await backend.perform(CLOCK, notifications.notify, **common, dedup_key=key, **more)


async def unread(backend, actor):
    return (await backend.ask(actor, notifications.page, PageRequest(), unread_only=True)).total


async def test_an_occasion_is_announced_once(backend):
    assert await notify(backend) is not None
    assert await notify(backend) is None
    assert await unread(backend, alice) == 1


async def test_a_notice_for_all_is_read_by_each(backend):
    notice = await notify(backend)
    for _ in range(2):
        await backend.perform(alice, notifications.mark_read, notice.id)
    assert (await unread(backend, alice), await unread(backend, tom)) == (0, 1)


async def test_each_sees_when_they_read_what_is_for_all(backend):
    notice = await notify(backend)
    await backend.perform(alice, notifications.mark_read, notice.id)

    async def shown(uow):
        return await notifications.shown(uow, (await notifications.page(uow, PageRequest())).items)

    read = {actor.name: (await backend.ask(actor, shown))[0].read_at for actor in (alice, tom)}
    assert read == {"Alice": backend.clock.now(), "Tom": None}


async def test_a_personal_notice_and_another_tenants_are_nobody_elses(backend):
    notice = await notify(backend, user_id=tom.id)
    assert (await unread(backend, alice), await unread(backend, tom), await unread(backend, gina)) == (0, 1, 0)
    for actor in (alice, gina):
        with pytest.raises(NotFound):
            await backend.perform(actor, notifications.mark_read, notice.id)


async def test_all_can_be_marked_at_once(backend):
    for number in range(3):
        await notify(backend, f"k{number}")
    await notify(backend, "own", user_id=alice.id)
    assert await backend.perform(alice, notifications.mark_all_read) == 4
    assert await backend.perform(alice, notifications.mark_all_read) == 0
    assert await unread(backend, tom) == 3
