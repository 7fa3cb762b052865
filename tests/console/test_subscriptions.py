"""Subscriptions at the console: ordered for a tenant, changed as agreed, and what may become of each."""

import pytest
from sqlalchemy import select

from admin_views.subscription_states import drawn, moves_from
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.changes.models import ChangePlan
from scaicontrol.services.subscriptions.lifecycle import SubscriptionLifecycle, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from tests.factories import GLOBEX, ada
from tests.factories.subscriptions import show, subscribed
from tests.surfaces.console_browser import OURS, address, hidden_of, press, said, shown

from .conftest import preview

ORDER = "/admin/subscription/do/create"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def of(backend: Backend, tenant_id: str) -> list[Subscription]:
    async def read(uow: UnitOfWork) -> list[Subscription]:
        return list(await uow.session.scalars(select(Subscription).where(Subscription.tenant_id == tenant_id)))

    return await backend.ask(ada, read)


async def test_a_tenant_is_subscribed_by_its_name_at_an_agreed_price(browser, backend):
    order = {"tenant": "Globex", "plan": "scaidrive.secret", "quantity": "3", "unit_price": "7.50"}
    async with browser("petra") as client:
        page = await client.get(f"{ORDER}?tenant={GLOBEX}&plan=scaidrive.secret")
        assert f'value="{GLOBEX}"' in page.text
        for wrong, sentence in (
            ({"tenant": "Nobody"}, "No tenant is called Nobody."),
            ({"plan": "e"}, "Several are called e:"),
            ({"unit_price": "7.505"}, "'7.505' is not an amount of EUR"),
        ):
            refused = await press(client, ORDER, **{**order, **wrong})
            assert refused.status_code == 422
            assert sentence in said(refused)
            assert 'value="3"' in refused.text
        assert (await press(client, ORDER, **{**order, "quantity": "0"})).status_code == 422
        assert await of(backend, GLOBEX) == []
        done = await press(client, ORDER, **order)
        assert done.status_code == 303, said(done)
        assert "scaidrive.secret of" in said(await client.get(done.headers["location"]))
    [made] = await of(backend, GLOBEX)
    assert (made.quantity, made.unit_price_cents) == (3, 750)


async def test_another_partners_tenant_is_called_nothing(browser, backend):
    async with browser("sam") as client:
        refused = await press(client, ORDER, tenant=GLOBEX, plan="scaidrive.pro", quantity="1")
    assert refused.status_code == 422
    assert await of(backend, GLOBEX) == []


async def test_a_change_of_plan_says_what_it_costs(browser, backend):
    subscription = await subscribed(backend)
    async with browser("petra") as client:
        answer = said(await preview(client, address(subscription, "change_plan"), plan="scaidrive.team", quantity="2"))
        assert "Then scaidrive.team × 2 at 30.00 EUR" in answer
        assert (await show(backend, subscription.id)).plan_key == "scaidrive.pro"
        nothing = await press(client, address(subscription, "change_plan"))
        assert "Name a plan, a quantity, or both." in said(nothing)
        wrong = await press(client, address(subscription, "change_plan"), quantity="two")
        assert "'two' is not a whole number." in said(wrong)


async def test_what_was_agreed_holds_and_the_map_is_kept_to(browser, backend):
    subscription = await subscribed(backend)
    path = address(subscription, "override")
    async with browser("petra") as client:
        assert ">Expired</option>" in (await client.get(path)).text.replace("expired", "Expired")
        wrong = await press(client, path, status="trialing", reason="Again")
        assert "Cannot move" in said(wrong)
        done = await press(client, path, unit_price="8.00", quantity="4", reason="Yearly review")
        assert done.status_code == 303, said(done)
    changed = await show(backend, subscription.id)
    assert (changed.quantity, changed.next_unit_price_cents) == (4, 800)


async def test_a_danger_is_shown_first_and_done_exactly_so(browser, backend):
    subscription = await subscribed(backend)
    path = address(subscription, "cancel_now")
    async with browser("petra") as client:
        page = await shown(client, path, reason="Moved away", note="Agreed with legal")
        assert "status active cancelled" in said(page)
        assert "Subscription cancelled" in said(page)
        assert (await show(backend, subscription.id)).status == "active"
        agreed = hidden_of(page)
        edited = await client.post(path, data={**agreed, "step": "edit"}, headers=OURS)
        assert ">Moved away</textarea>" in edited.text
        other = await client.post(path, data={**agreed, "change_hash": "0" * 64}, headers=OURS)
        assert other.status_code == 409
        assert (await show(backend, subscription.id)).status == "active"
        for _ in range(2):  # a second click is told what the first one did
            done = await client.post(path, data=agreed, headers=OURS)
            assert done.status_code == 303, said(done)
        assert "exactly as it was shown" in said(await client.get(done.headers["location"]))
    ended = await show(backend, subscription.id)
    assert (ended.status, ended.cancellation_reason) == ("cancelled", "Moved away")
    assert await recorded(backend, subscription.id, "subscription.cancelled") == "Agreed with legal"


async def test_what_changed_meanwhile_is_said_instead_of_done(browser, backend):
    subscription = await subscribed(backend)
    path = address(subscription, "suspend")
    async with browser("petra") as client:
        page = await shown(client, path, reason="Abuse")
        await press(client, address(subscription, "override"), quantity="9", reason="More seats")
        stale = await client.post(path, data=hidden_of(page), headers=OURS)
    assert stale.status_code == 409
    assert "would not do what it showed" in said(stale)
    assert ">Abuse</textarea>" in stale.text
    assert (await show(backend, subscription.id)).status == "active"


async def test_nobody_applies_what_was_shown_to_somebody_else(browser, backend):
    subscription = await subscribed(backend)
    path = address(subscription, "suspend")
    async with browser("petra") as client:
        agreed = hidden_of(await shown(client, path, reason="Abuse"))
    async with browser("ada") as client:
        mine = hidden_of(await client.get(path))
        foreign = await client.post(path, data={**agreed, "form_token": mine["form_token"]}, headers=OURS)
    assert foreign.status_code == 403
    assert (await show(backend, subscription.id)).status == "active"

    async def plans(uow: UnitOfWork) -> list[str]:
        return list(await uow.session.scalars(select(ChangePlan.status)))

    assert await backend.ask(ada, plans) == ["draft"]


async def recorded(backend: Backend, resource_id: str, action: str) -> str | None:
    """Give the reason that the audit log has for something done to an object."""

    async def read(uow: UnitOfWork) -> str | None:
        entry = select(AuditEntry).where(AuditEntry.resource_id == resource_id, AuditEntry.action == action)
        return (await uow.session.scalars(entry)).one().reason

    return await backend.ask(ada, read)


def test_every_state_and_every_move_is_in_the_drawing():
    moves = SubscriptionLifecycle.transitions()
    for status in SubscriptionStatus:
        diagram = drawn(status)
        assert {box.status for box in diagram.boxes} == set(SubscriptionStatus)
        assert len({(box.x, box.y) for box in diagram.boxes}) == len(SubscriptionStatus)
        assert [box.status for box in diagram.boxes if box.kind == "here"] == [status]
        assert len(diagram.arrows) == len({(a, b) for a, _, b in moves})
        assert sum(arrow.is_open for arrow in diagram.arrows) == len(moves_from(status))
