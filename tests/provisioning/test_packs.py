"""A pack is set up service by service, entitles as a whole, and is taken down as a whole where one of them fails."""

from datetime import timedelta

import pytest

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.ports import ServiceReply
from scaicontrol.services import packs, provisioning
from scaicontrol.services.provisioning.plan import ProvisioningAction
from scaicontrol.services.provisioning.schemas import CallbackIn
from scaicontrol.services.provisioning.service import starting
from tasks import timetravel
from tests.factories import ada, petra
from tests.factories.packs import CRM_URL, children, ends, held, office, packed, shop, sold
from tests.factories.subscriptions import CLOCK, PROVISIONING_URL, facts, told

DONE, REFUSED, LATER = ServiceReply(200, {}), ServiceReply(400, {"message": "unknown tenant"}), ServiceReply(202, {})


async def opened(backend, *, items=None, **answers):
    await shop(backend, drive_url=PROVISIONING_URL, crm_url=CRM_URL)
    backend.ports.services.replies[PROVISIONING_URL] = list(answers.get("drive", []))
    backend.ports.services.replies[CRM_URL] = list(answers.get("crm", []))
    pack = await sold(backend, **({"items": items} if items else {}))
    return pack, await packed(backend)


async def states(backend, pack_subscription_id):
    row = await held(backend, pack_subscription_id)
    return [str(row.status), *sorted(str(child.status) for child in await children(backend, pack_subscription_id))]


def called(backend, action):
    return [url for _, url, body, _ in backend.ports.services.calls if body.get("action") == action]


async def flows(backend):
    page = await backend.ask(ada, provisioning.page, PageRequest(1, 50, "created_at"))
    return [(flow.service_slug, str(flow.action), str(flow.status)) for flow in page.items]


async def test_nobody_is_entitled_before_everything_is_set_up(backend, clock):
    _, row = await opened(backend, crm=[LATER])
    await timetravel.settle(backend)
    assert await states(backend, row.id) == ["pending", "pending", "pending"]
    assert await facts(backend, "pack_subscription.activated") == []
    token = next(b["callback_token"] for _, url, b, _ in backend.ports.services.calls if url == CRM_URL)
    body = CallbackIn(callback_token=token, status="success")
    await provisioning.callback(backend, body)
    await timetravel.settle(backend)
    assert await states(backend, row.id) == ["active", "active", "active"]
    assert set(called(backend, "provision")) == {PROVISIONING_URL, CRM_URL}
    assert await told(backend, "pack_subscription.activated", "subscription.activated") == [
        "pack_subscription.activated initial"
    ]


async def test_one_that_fails_takes_the_pack_with_it_and_the_others_are_taken_down(backend, clock):
    _, row = await opened(backend, crm=[REFUSED])
    await timetravel.settle(backend)
    assert await states(backend, row.id) == ["pending", "pending", "pending"]  # an operator may still repeat it
    clock.advance(timedelta(minutes=16))
    await timetravel.settle(backend)
    assert await states(backend, row.id) == ["cancelled", "cancelled", "cancelled"]
    assert called(backend, "deprovision") == [PROVISIONING_URL]
    [ended] = await facts(backend, "pack_subscription.cancelled")
    assert ended.payload["terminal_state"] == "cancelled"
    assert await told(backend) == []
    assert (await packed(backend)).status == "pending"  # it may be tried again


async def test_one_that_is_still_being_set_up_when_the_pack_fails_is_taken_down_afterwards(backend, clock):
    _, row = await opened(backend, crm=[REFUSED], drive=[LATER])
    await timetravel.settle(backend)
    flow = await backend.ask(ada, provisioning.latest, "scaicrm")
    await backend.perform(ada, provisioning.rollback, flow.id)
    await timetravel.settle(backend)
    assert await states(backend, row.id) == ["cancelled", "cancelled", "cancelled"]
    token = next(b["callback_token"] for _, url, b, _ in backend.ports.services.calls if url == PROVISIONING_URL)
    await provisioning.callback(backend, CallbackIn(callback_token=token, status="success"))
    await timetravel.settle(backend)
    assert await states(backend, row.id) == ["cancelled", "cancelled", "cancelled"]
    assert called(backend, "deprovision") == [PROVISIONING_URL]
    assert ("scaidrive", "deprovision", "completed") in await flows(backend)


async def test_suspension_resumption_and_the_end_reach_every_service(backend, clock):
    _, row = await opened(backend)
    await timetravel.settle(backend)
    await backend.perform(petra, packs.suspend, row.id, "Abuse.")
    await timetravel.settle(backend)
    await backend.perform(petra, packs.resume, row.id)
    await timetravel.settle(backend)
    await backend.perform(petra, packs.cancel, row.id, immediate=True)
    await timetravel.settle(backend)
    for action in ("suspend", "resume", "deprovision"):
        assert set(called(backend, action)) == {PROVISIONING_URL, CRM_URL}, action
        assert len(called(backend, action)) == 2


async def test_other_items_are_set_up_changed_and_taken_down_with_the_next_period(backend, clock):
    pack, row = await opened(backend)
    await timetravel.settle(backend)
    row = await held(backend, row.id)
    await backend.perform(ada, packs.update, pack.id, office(items=[{"plan_id": "pln_campaigns"}]))
    await timetravel.live(backend, clock, ends(row) + timedelta(hours=2), step=timedelta(days=1))
    assert called(backend, "deprovision") == [PROVISIONING_URL]
    assert called(backend, "update")[-1] == CRM_URL
    assert backend.ports.services.calls[-1][2]["plan_key"] in ("scaicrm.campaigns", "scaidrive.pro")


async def test_a_service_added_to_a_pack_that_was_suspended_meanwhile_is_told_so(backend, clock):
    pack, row = await opened(backend, crm=[LATER], items=[{"plan_id": "pln_pro"}])
    await timetravel.settle(backend)
    await backend.perform(ada, packs.update, pack.id, office())
    clock.set(ends(await held(backend, row.id)) + timedelta(hours=1))
    await backend.perform(CLOCK, packs.renew)
    await timetravel.settle(backend)
    await backend.perform(petra, packs.suspend, row.id, "Abuse.")
    await timetravel.settle(backend)
    assert called(backend, "suspend") == [PROVISIONING_URL]
    token = [b["callback_token"] for _, url, b, _ in backend.ports.services.calls if url == CRM_URL][-1]
    await provisioning.callback(backend, CallbackIn(callback_token=token, status="success"))
    await timetravel.settle(backend)
    assert called(backend, "suspend") == [PROVISIONING_URL, CRM_URL]


@pytest.mark.parametrize("deed", [
    starting.start,
    lambda uow, child: starting.follow(uow, child, ProvisioningAction.suspend, "fact"),
])  # fmt: skip
async def test_a_pack_is_locked_before_what_is_in_it(backend, deed):
    _, row = await opened(backend)
    child = (await children(backend, row.id))[-1]

    async def locks(uow):
        await deed(uow, child.id)
        return [type(each).__name__ for each in uow.session.info["locked_rows"].values()]

    assert (await backend.perform(ada, locks))[:2] == ["PackSubscription", "Subscription"]
