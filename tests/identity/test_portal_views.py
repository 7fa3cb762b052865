"""An operator looks at a tenant's portal: who may, how long, and that nothing can be changed through it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import Forbidden, NotFound
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.permissions import PERMISSIONS
from scaicontrol.services import identity
from scaicontrol.services.identity.schemas import PortalViewIn
from tests.factories import ACME, GLOBEX, INITECH, ada, alice, bert, gina, petra, pim, scaidrive, tom
from tests.factories.tenants import store_cast

WHY = PortalViewIn(reason="An invoice is said to be missing.", ticket="SUP-1234")
FIRST_PAGE = PageRequest(page=1, page_size=25)


async def begun(backend, by=petra, tenant_id=ACME):
    return await backend.perform(by, identity.begin_portal_view, tenant_id, WHY)


async def viewer(backend, view, by=petra):
    return await backend.ask(by, identity.portal_viewer, view.id)


async def listed(backend, by):
    page = await backend.ask(by, identity.page_portal_views, FIRST_PAGE)
    return [(view.operator_name, view.reason, view.ticket, view.ends_at) for view in page.items]


async def told(backend, view):
    async def read(uow):
        entries = select(AuditEntry).where(AuditEntry.resource_id == view.tenant_id).order_by(AuditEntry.id)
        return [(entry.action, entry.actor_id) for entry in await uow.session.scalars(entries)]

    return [one for one in await backend.ask(ada, read) if "portal_view" in one[0]]


async def test_a_view_lasts_half_an_hour_and_shows_one_tenant_read_only(backend):
    await store_cast(backend)
    view = await begun(backend)
    looking = await viewer(backend, view)
    assert (looking.id, looking.tenant_id, looking.portal_view_id) == (petra.id, ACME, view.id)
    allowed = {name for name in PERMISSIONS if looking.may(name)}
    assert allowed < {name for name in PERMISSIONS if alice.may(name)}
    assert not any(PERMISSIONS[name].writes for name in allowed)
    with pytest.raises(Forbidden, match="You are looking at this tenant's portal as an operator"):
        looking.require("subscriptions:cancel")
    backend.clock.advance(timedelta(minutes=30) - timedelta(seconds=1))
    assert await viewer(backend, view) is not None
    backend.clock.advance(timedelta(seconds=1))
    assert await viewer(backend, view) is None


async def test_the_tenant_reads_who_looked_why_and_how_long_and_its_neighbour_does_not(backend):
    await store_cast(backend)
    view = await begun(backend)
    backend.clock.advance(timedelta(minutes=5))
    for _twice in range(2):
        ended = await backend.perform(petra, identity.end_portal_view, view.id)
        assert ended.ends_at == view.begun_at + timedelta(minutes=5)
    assert await viewer(backend, view) is None
    assert await listed(backend, alice) == [("Petra", WHY.reason, WHY.ticket, ended.ends_at)]
    assert await listed(backend, gina) == []
    with pytest.raises(Forbidden):
        await listed(backend, tom)
    assert await told(backend, view) == [("tenant.portal_view_begun", petra.id), ("tenant.portal_view_ended", petra.id)]


async def test_an_end_after_its_time_moves_nothing(backend):
    await store_cast(backend)
    view = await begun(backend)
    backend.clock.advance(timedelta(hours=1))
    ended = await backend.perform(petra, identity.end_portal_view, view.id)
    assert ended.ends_at == view.ends_at
    assert len(await told(backend, view)) == 1


async def test_a_second_view_ends_the_first_and_nobody_elses(backend):
    await store_cast(backend)
    first, other = await begun(backend), await begun(backend, by=ada)
    backend.clock.advance(timedelta(minutes=5))
    second = await begun(backend)
    assert [await viewer(backend, view) is not None for view in (first, second)] == [False, True]
    assert await viewer(backend, other, by=ada) is not None
    ends = {view[3] for view in await listed(backend, alice) if view[0] == "Petra"}
    assert ends == {second.begun_at, second.ends_at}
    backend.clock.advance(timedelta(hours=1))
    await begun(backend)  # the second was over by itself
    assert [what for what, who in await told(backend, first) if who == petra.id] == [
        "tenant.portal_view_begun", "tenant.portal_view_ended", "tenant.portal_view_begun", "tenant.portal_view_begun",
    ]  # fmt: skip


async def test_a_view_is_its_operators_own(backend):
    await store_cast(backend)
    view = await begun(backend)
    assert await viewer(backend, view, by=bert) is None
    for other in (bert, ada, alice):
        with pytest.raises(NotFound):
            await backend.perform(other, identity.end_portal_view, view.id)
    assert await viewer(backend, view) is not None


async def test_who_lost_the_role_sees_nothing_more_and_ends_it_all_the_same(backend):
    await store_cast(backend)
    view = await begun(backend)
    demoted = replace(pim, id=petra.id)
    with pytest.raises(Forbidden):
        await viewer(backend, view, by=demoted)
    ended = await backend.perform(demoted, identity.end_portal_view, view.id)
    assert ended.ends_at == view.begun_at


AGENT = replace(petra, id="agt_bot", kind=ActorKind.agent, on_behalf_of=petra.id)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("who", "tenant_id", "error"),
    [
        pytest.param(pim, ACME, Forbidden, id="read-only"),
        pytest.param(alice, ACME, Forbidden, id="tenant"),
        pytest.param(scaidrive, ACME, Forbidden, id="service"),
        pytest.param(AGENT, ACME, Forbidden, id="agent"),
        pytest.param(replace(petra, on_behalf_of="usr_tom"), ACME, Forbidden, id="on-behalf"),
        pytest.param(replace(ada, kind=ActorKind.cli), ACME, Forbidden, id="command-line"),
        pytest.param(petra, INITECH, NotFound, id="foreign-tenant"),
        pytest.param(ada, "tnt_none", NotFound, id="no-tenant"),
    ],
)
async def test_only_people_who_operate_the_tenant_may_look(backend, who, tenant_id, error):
    await store_cast(backend)
    with pytest.raises(error):
        await begun(backend, by=who, tenant_id=tenant_id)
    assert await listed(backend, alice) == []


async def test_a_platform_operator_may_look_anywhere_and_one_view_opens_no_other_tenant(backend):
    await store_cast(backend)
    view = await begun(backend, by=ada, tenant_id=GLOBEX)
    looking = await viewer(backend, view, by=ada)
    assert (looking.scope, looking.is_platform) == (gina.scope, False)
    assert await listed(backend, alice) == []
    me = await backend.ask(looking, identity.me)
    assert (me.user_id, me.tenant_id, me.portal_view.id) == (ada.id, GLOBEX, view.id)
