"""
Doing what a plan showed, once.

A verb is run in one transaction with the plan's own row: it is applied, or nothing has happened. A procedure takes
several, so the plan is claimed first, rehearsed again, and each of its units may leave only facts the plan showed.
"""

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.approval import (
    ApprovalRequired,
    Execution,
    ExpectedFacts,
    PlanHashMismatch,
    PlanStale,
    kind_of_fact,
)
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import ControlError, Forbidden, OutcomeUnknown
from scaicontrol.core.recording import Recording
from scaicontrol.core.rehearsal import run_call
from scaicontrol.core.verbs import VerbCall
from scaicontrol.core.work import UnitOfWork

from .. import queries, rehearsing
from ..events import PlanApplied, PlanFailed
from ..lifecycle import ChangePlanLifecycle, PlanStatus
from ..models import ChangePlan
from ..planning import content_of, drift, hash_of
from .deciding import refuse_when_over
from .keeping import request

_INTERRUPTED: Final = timedelta(minutes=30)
_NAMED: Final = 5
_STARTED: Final = "started"


async def apply(backend: Backend, actor: Actor, plan_id: str, plan_hash: str) -> ChangePlan:
    """
    Run the planned verb again and keep it only if it does what was shown.

    Raises PlanHashMismatch for another hash, PlanStale with what differs, ApprovalRequired while another person has not
    decided, Refused for a plan that is over, and whatever the verb itself refuses; nothing is changed then.
    """
    actor.require("changes:apply")
    plan = await backend.ask(actor, queries.get, plan_id)
    call = VerbCall.read(plan.action, plan.arguments)
    if backend.reached(_STARTED) and plan.status == PlanStatus.applied:
        return plan
    if backend.reached(_STARTED) and plan.status == PlanStatus.applying:
        return await _carry_out(backend, actor, plan_id, call, await backend.ask(actor, _still_expected, plan_id))
    if await _asks_first(backend, actor, plan):
        raise ApprovalRequired(f"Nothing was done: {plan} waits for another person's approval.")
    if call.verb.is_procedure:
        return await _apply_procedure(backend, actor, plan_id, plan_hash, call)
    return await _apply_verb(backend, actor, plan_id, plan_hash, call)


async def _asks_first(backend: Backend, actor: Actor, plan: ChangePlan) -> bool:
    """A draft above the limits starts to wait when somebody wants it done."""
    if not plan.requires_approval or not queries.is_owner(actor, plan):
        return False
    if plan.status == PlanStatus.draft:
        await backend.perform(Actor.system("changes"), _request, plan.id)
        return True
    return plan.status == PlanStatus.pending_approval


async def _request(uow: UnitOfWork, plan_id: str) -> None:
    plan = await queries.get(uow, plan_id, lock=True)
    refuse_when_over(uow, plan)
    if plan.status == PlanStatus.draft:
        request(uow, plan)


async def _apply_verb(backend: Backend, actor: Actor, plan_id: str, plan_hash: str, call: VerbCall) -> ChangePlan:
    around = await rehearsing.surroundings(backend)
    now = backend.clock.now()
    stage = replace(backend, clock=FrozenClock(now), execution=Execution(call, plan_id=plan_id))

    async def verb(uow: UnitOfWork) -> ChangePlan:
        plan = await _claimed(uow, plan_id, plan_hash)
        recording = Recording(now)
        watch = recording.watch(uow)
        await call.verb.run(uow, **call.arguments)
        await watch.keep()
        _compare(plan, content_of(actor, call, recording, around.endpoints, around.policy))
        _finish(uow, plan, [(fact.topic, fact.resource_id) for fact in uow.facts])
        await backend.keep(uow, _STARTED, value=True)
        return plan

    return await stage.perform(actor, verb)


async def _apply_procedure(backend: Backend, actor: Actor, plan_id: str, plan_hash: str, call: VerbCall) -> ChangePlan:
    # Compared before it is claimed: what is stale, or refused by now, is left as it was.
    shown = await backend.ask(actor, _checked, plan_id, plan_hash)
    rehearsed = await rehearsing.plan_call(backend, actor, call)
    _compare(shown, rehearsed.content)
    await backend.perform(_keeper(actor), _start, backend, actor, plan_id, plan_hash)
    return await _carry_out(backend, actor, plan_id, call, _expected(actor, shown, ()))


async def _still_expected(uow: UnitOfWork, plan_id: str) -> ExpectedFacts | None:
    """Give what a plan showed and has not left yet, for whoever goes on after the connection broke."""
    return _expected(uow.actor, await queries.get(uow, plan_id), await queries.left_by(uow, plan_id))


def _expected(actor: Actor, plan: ChangePlan, left: Sequence[tuple[str, str]]) -> ExpectedFacts | None:
    return ExpectedFacts(actor.id, _shown(plan) - _kinds(left)) if plan.content["facts"] else None


def _shown(plan: ChangePlan) -> Counter[str]:
    return _kinds([(fact["topic"], fact["resource_id"]) for fact in plan.content["facts"]])


def _kinds(left: Sequence[tuple[str, str]]) -> Counter[str]:
    return Counter(kind_of_fact(topic, resource_id) for topic, resource_id in left)


async def _carry_out(
    backend: Backend, actor: Actor, plan_id: str, call: VerbCall, expected: ExpectedFacts | None
) -> ChangePlan:
    execution = Execution(call, plan_id=plan_id, expected=expected)
    try:
        await run_call(replace(backend, execution=execution), actor, call)
    except OutcomeUnknown:
        raise  # it stays `applying`: the same key goes on with it, or `release_interrupted` looks at what it has left
    except ControlError as error:
        await backend.perform(_keeper(actor), _fail, plan_id, error.message)
        raise
    except Exception as error:
        why = f"It broke ({type(error).__name__}); look at what it has left before you plan it again."
        await backend.perform(_keeper(actor), _fail, plan_id, why)
        raise
    done: ChangePlan = await backend.perform(_keeper(actor), _finished, plan_id)
    return done


def _keeper(actor: Actor) -> Actor:
    return Actor.system("changes").on(actor.surface, actor.request_id)


async def _checked(uow: UnitOfWork, plan_id: str, plan_hash: str) -> ChangePlan:
    plan = await queries.get(uow, plan_id)
    _check(uow, uow.actor, plan, plan_hash)
    return plan


async def _claimed(uow: UnitOfWork, plan_id: str, plan_hash: str) -> ChangePlan:
    """Take the plan for this transaction; its version changes, so that two nodes of a cluster clash over it."""
    plan = await queries.get(uow, plan_id, lock=True)
    _check(uow, uow.actor, plan, plan_hash)
    _begin(uow, plan)
    await uow.session.flush()
    return plan


async def _start(uow: UnitOfWork, backend: Backend, actor: Actor, plan_id: str, plan_hash: str) -> None:
    plan = await queries.get(uow, plan_id, lock=True)
    _check(uow, actor, plan, plan_hash)
    _begin(uow, plan)
    await backend.keep(uow, _STARTED, value=True)


def _check(uow: UnitOfWork, actor: Actor, plan: ChangePlan, plan_hash: str) -> None:
    if not queries.is_owner(actor, plan):
        raise Forbidden(f"{plan} was planned by {plan.created_by}; whoever planned a change applies it.")
    if not hmac.compare_digest(plan.plan_hash, plan_hash):
        raise PlanHashMismatch(f"The hash is not the one of {plan}; read the plan, and send the hash you have read.")
    refuse_when_over(uow, plan)
    if not plan.can(ChangePlanLifecycle.start.id):
        plan.advance(ChangePlanLifecycle.start)  # refuses, and says what the state allows


def _begin(uow: UnitOfWork, plan: ChangePlan) -> None:
    plan.advance(ChangePlanLifecycle.start)
    plan.started_at = uow.now
    plan.version += 1


def _compare(plan: ChangePlan, found: dict[str, Any]) -> None:
    if hash_of(found) == plan.plan_hash:
        return
    differing = drift(plan.content, found)
    more = f" ({len(differing) - _NAMED} more)" if len(differing) > _NAMED else ""
    raise PlanStale(
        f"Nothing was done: {plan} would not do what it showed: {'; '.join(differing[:_NAMED])}{more}. Plan it again."
    )


def _finish(uow: UnitOfWork, plan: ChangePlan, left: Sequence[tuple[str, str]]) -> None:
    plan.advance(ChangePlanLifecycle.finish)
    plan.finished_at = uow.now
    plan.outcome = [{"topic": topic, "resource_id": resource_id} for topic, resource_id in left]
    plan.version += 1
    uow.emit(
        PlanApplied(change_plan_id=plan.id, partner_id=plan.partner_id, tenant_id=plan.tenant_id, action=plan.action)
    )


async def _finished(uow: UnitOfWork, plan_id: str) -> ChangePlan:
    plan = await queries.get(uow, plan_id, lock=True)
    _finish(uow, plan, await queries.left_by(uow, plan_id))
    return plan


async def _fail(uow: UnitOfWork, plan_id: str, error: str) -> None:
    plan = await queries.get(uow, plan_id, lock=True)
    plan.advance(ChangePlanLifecycle.fail)
    plan.finished_at, plan.error = uow.now, error
    plan.version += 1
    uow.emit(
        PlanFailed(
            change_plan_id=plan.id,
            partner_id=plan.partner_id,
            tenant_id=plan.tenant_id,
            action=plan.action,
            error=error,
        )
    )


async def release_interrupted(uow: UnitOfWork, limit: int = 100) -> int:
    """
    Say how procedures ended whose process is gone, or lost its connection: done where all that was shown is there.

    What the others had begun their own sweeps finish.
    """
    uow.authorize("jobs:run")
    plans = await claims.take(
        uow,
        ChangePlan,
        ChangePlan.status == PlanStatus.applying,
        ChangePlan.started_at <= uow.now - _INTERRUPTED,
        oldest=[ChangePlan.started_at],
        limit=limit,
    )
    for plan in plans:
        left = await queries.left_by(uow, plan.id)
        if plan.content["facts"] and not _shown(plan) - _kinds(left):
            _finish(uow, plan, left)
        else:
            await _fail(uow, plan.id, "It was interrupted; look at what it has left before you plan it again.")
    return len(plans)
