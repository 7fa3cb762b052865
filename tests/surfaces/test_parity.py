"""One deed, several doors: the same facts when it is allowed, the same sentence when it is refused."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import changes
from scaicontrol.services.changes.lifecycle import PlanStatus
from scaicontrol.services.changes.models import ChangePlan
from tests.changes.database import beside_plans
from tests.factories import ACME, NORTHWIND, ada, alice, person
from tests.factories.changes import bob
from tests.factories.payments import faulty_sandbox
from tests.factories.subscriptions import market

from .parity.deed import Deed
from .parity.deeds import ALONE, DEEDS
from .parity.doors import AnyDoor, Mcp, Refusal, Rest, acting, every_mutating_verb, everybody_is_whoever_acts

_EVERYTHING = frozenset({"*"})
rita = person("rita", Scope.platform(), "super_admin", _EVERYTHING, read_only=True)
rita_of_acme = person("rita", Scope.tenant(NORTHWIND, ACME), "tenant_admin", _EVERYTHING, read_only=True)
_ID = re.compile(r"\b([a-z]{3})_[0-9a-z]{26}\b")
_NUMBER = re.compile(r"\b(SCAI-(?:CN-)?\d{4})-\d{6}\b|(fancy |waiting|person|tnt_buyer)\d+\b")
_CONTENT = re.compile(r"(?<=/)[0-9a-f]{64}(?=\.png)")  # a picture is called by its bytes
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)|\b\d{4}-\d\d-\d\d\b")


@pytest.fixture
def dialect() -> str:
    """Doors add nothing that depends on the database."""
    return "sqlite"


@pytest_asyncio.fixture
async def shop(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Backend]:
    everybody_is_whoever_acts(monkeypatch)
    await market(backend, payment_providers=["sandbox"])
    faulty_sandbox(backend)
    token = acting.set(ada)
    yield backend
    acting.reset(token)


def caller(door: AnyDoor, *, reads_only: bool = False) -> Actor:
    """An operator; where the door is a tenant's own, that tenant's administrator."""
    if reads_only:
        return rita_of_acme if door.is_tenants else rita
    return alice if door.is_tenants else ada


def by_people(deed: Deed) -> list[AnyDoor]:
    """Give the doors that only people use; tests/changes/test_agents.py asks everything of the others."""
    return [door for door in deed.doors if not isinstance(door, Rest | Mcp)]


async def go_through(backend: Backend, deed: Deed, door: AnyDoor, row_id: str, body: Any, who: Actor) -> Refusal | None:
    """Do a deed through one door as `who`; what needs another person's approval gets it and is applied."""
    token = acting.set(who)
    try:
        refusal = await door.run(backend, row_id, body)
    finally:
        acting.reset(token)
    if refusal is None or deed.is_about_plans:
        return refusal
    plan = await backend.ask(ada, _waiting_plan, who)
    if plan is None:
        return refusal
    await backend.perform(bob, changes.approve, plan.id)
    await changes.apply(backend, who, plan.id, plan.plan_hash)
    return None


async def _waiting_plan(uow: UnitOfWork, who: Actor) -> ChangePlan | None:
    waiting = ChangePlan.status == PlanStatus.pending_approval
    found: ChangePlan | None = await uow.session.scalar(
        select(ChangePlan).where(waiting, ChangePlan.created_by == who.id)
    )
    return found


async def told(backend: Backend, deed: Deed) -> list[tuple[str, str, Any]]:
    async def read(uow: UnitOfWork) -> list[tuple[str, str, Any]]:
        facts = await uow.session.scalars(select(Outbox).order_by(Outbox.id))
        return [(f.id, f.event_type, f.payload) for f in facts]

    found = await backend.ask(ada, read)
    return found if deed.is_about_plans else [fact for fact in found if not fact[1].startswith("change_plan.")]


def alike(value: Any) -> Any:
    """Write what differs from run to run the same way: new ids, moments, digests and numbers of a series."""
    if isinstance(value, dict):
        return {
            name: alike(each)
            for name, each in value.items()
            if not name.endswith(("digest", "sha256", "key", "serial", "version"))
        }
    if isinstance(value, list):
        return [alike(each) for each in value]
    if isinstance(value, str):
        return _CONTENT.sub("<content>", _MOMENT.sub("<moment>", _NUMBER.sub("<number>", _ID.sub(r"\1_…", value))))
    return value


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
async def test_every_door_leaves_the_same_facts(shop: Backend, deed: Deed):
    left = {}
    for door in deed.doors:
        row_id = await deed.make(shop)
        before = {fact_id for fact_id, *_ in await told(shop, deed)}
        assert await go_through(shop, deed, door, row_id, deed.body, caller(door)) is None, door.key
        facts = [(topic, payload) for fact_id, topic, payload in await told(shop, deed) if fact_id not in before]
        assert facts, f"{door.key} left nothing"
        left[door.key] = [(topic, alike(payload)) for topic, payload in facts]
    first = left[deed.doors[0].key]
    assert left == dict.fromkeys(left, first)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
async def test_every_door_refuses_who_may_not_with_the_same_sentence(shop: Backend, deed: Deed):
    row_id = await deed.make(shop)
    before = await told(shop, deed)
    for door in deed.doors:
        with pytest.raises(ControlError) as expected:
            rita.require(door.needs or deed.permission)
        refusal = await go_through(shop, deed, door, row_id, deed.body, caller(door, reads_only=True))
        assert refusal == Refusal(expected.value.message), door.key
    assert await told(shop, deed) == before


@pytest.mark.parametrize(
    ("deed", "hindrance"),
    [pytest.param(deed, each, id=f"{deed.name}, {each}") for deed in DEEDS for each in deed.refused],
)
async def test_every_door_refuses_what_cannot_be_with_the_same_sentence(shop: Backend, deed: Deed, hindrance: str):
    case = deed.refused[hindrance]
    make, different = case if isinstance(case, tuple) else (case, {})
    row_id = await make(shop)
    before = await told(shop, deed)
    said = {
        door.key: await go_through(shop, deed, door, row_id, {**deed.body, **different}, caller(door))
        for door in deed.doors
        if not (door.is_tenants and hindrance in deed.hidden)
    }
    first = said[deed.doors[0].key]
    assert first is not None
    assert said == dict.fromkeys(said, first)
    assert await told(shop, deed) == before


@pytest.mark.parametrize("deed", [deed for deed in DEEDS if by_people(deed)], ids=lambda deed: deed.name)
async def test_no_door_does_a_deed_for_an_agent_without_an_applied_plan(shop: Backend, deed: Deed):
    for door in by_people(deed):
        who = caller(door)
        agent = replace(who, id=f"agt_of_{who.name.lower()}", kind=ActorKind.agent, on_behalf_of=who.id)
        row_id = await deed.make(shop)
        before = await beside_plans(shop), await told(shop, deed)
        token = acting.set(agent)
        try:
            refusal = await door.run(shop, row_id, deed.body)
        finally:
            acting.reset(token)
        assert refusal is not None, f"{door.key} did it"
        assert "plan" in refusal.message, f"{door.key}: {refusal.message}"
        assert (await beside_plans(shop), await told(shop, deed)) == before, door.key


def test_every_mutating_verb_of_every_door_is_a_deed_here():
    known = {door.key for deed in DEEDS for door in deed.doors} | ALONE
    found = set(every_mutating_verb())
    new = sorted(found - known)
    assert not new, f"add these verbs to a deed in tests/surfaces/parity/deeds.py (or to ALONE): {new}"
    gone = sorted(known - found)
    assert not gone, f"no door has these any more; take them out of tests/surfaces/parity/deeds.py: {gone}"
