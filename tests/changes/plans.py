"""The people of change plans, and the way from a call to an applied plan."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.core.verbs import VERBS, VerbCall
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import changes
from scaicontrol.services.changes.models import ChangePlan
from tests.factories import person

carol = person("carol", Scope.platform(), "super_admin", frozenset({"*"}))  # decides about what ada's agent plans


def agent_of(who: Actor, name: str = "agt_helper") -> Actor:
    """An agent with everything its person may do."""
    return replace(who, id=name, kind=ActorKind.agent, name="Helper", on_behalf_of=who.id)


def a_call(name: str, arguments: Mapping[str, Any]) -> VerbCall:
    return VerbCall(VERBS[name], arguments)


async def as_called(backend: Backend, actor: Actor, call: VerbCall) -> Any:
    """Run a verb the way every surface does, through what `@verb` publishes."""
    published = getattr(sys.modules[call.verb.run.__module__], call.verb.run.__name__)
    if call.verb.is_procedure:
        return await published(backend, actor=actor, **call.arguments)
    return await backend.perform(actor, published, **call.arguments)


async def refused_with_plan(backend: Backend, actor: Actor, call: VerbCall) -> ChangePlan:
    """The plan that is kept when an agent just calls the verb."""
    with pytest.raises(ApprovalRequired) as refused:
        await as_called(backend, actor, call)
    kept = refused.value.details["change_plan"]
    return await backend.ask(actor, changes.get, str(kept["id"]))


async def kept(backend: Backend, actor: Actor, call: VerbCall) -> ChangePlan:
    planned = await changes.plan_call(backend, actor, call)
    return await changes.keep(backend, actor, call, planned.content)


async def approved(backend: Backend, plan: ChangePlan, by: Actor = carol) -> ChangePlan:
    return await backend.perform(by, changes.approve, plan.id)


async def again(backend: Backend, plan: ChangePlan, by: Actor = carol) -> ChangePlan:
    return await backend.ask(by, changes.get, plan.id)
