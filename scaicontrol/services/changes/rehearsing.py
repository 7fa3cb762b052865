"""Planning: run the verb, undo it, and say what it would have left."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.recording import Recording
from scaicontrol.core.rehearsal import PlannedElsewhere, rehearse, run_call
from scaicontrol.core.verbs import VerbCall
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, webhooks
from scaicontrol.services.webhooks.models import WebhookEndpoint

from . import queries
from .planning import Json, content_of
from .policy import ApprovalPolicy, PlannedTotals

T = TypeVar("T")
SYSTEM: Final = Actor.system("changes")
RUNS: Final = frozenset({"billing.apply"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plan needs to know beside the change itself, read before it."""

    policy: ApprovalPolicy
    endpoints: tuple[WebhookEndpoint, ...]


@dataclass(frozen=True, slots=True)
class Planned(Generic[T]):
    """
    What the work gave when it was rehearsed (None for a run), the verb it called, and what the plan shows.

    There is nothing to be kept where the work was not exactly one verb.
    """

    result: T | None
    call: VerbCall | None
    content: Json
    recording: Recording


async def plan_work(backend: Backend, actor: Actor, work: Callable[[Backend], Awaitable[T]]) -> Planned[T]:
    """
    Plan whatever a door does for one request, by rehearsing it whole.

    Raises what the work refuses, as it would for real.
    """
    try:
        rehearsed = await rehearse(backend, work)
    except PlannedElsewhere as run:
        return await _plan_of_run(backend, actor, run.call)
    recording = rehearsed.recording
    call = recording.calls[0] if len(recording.calls) == 1 else None
    content: Json = {}
    if call is not None:
        around = await surroundings(backend)
        content = content_of(actor, call, recording, around.endpoints, around.policy)
    return Planned(rehearsed.result, call, content, recording)


async def plan_call(backend: Backend, actor: Actor, call: VerbCall) -> Planned[Any]:
    """Plan a call that is known."""
    if call.verb.name in RUNS:
        return await _plan_of_run(backend, actor, call)
    rehearsed = await rehearse(backend, run_call, actor, call)
    around = await surroundings(backend)
    content = content_of(actor, call, rehearsed.recording, around.endpoints, around.policy)
    return Planned(rehearsed.result, call, content, rehearsed.recording)


async def _plan_of_run(backend: Backend, actor: Actor, call: VerbCall) -> Planned[Any]:
    """A run is a plan already, and too large to be run in one transaction: its own hash holds what it writes."""
    planned = await backend.ask(actor, _totals_of_run, **call.arguments)
    around, recording = await surroundings(backend), Recording(backend.clock.now())
    content = content_of(actor, call, recording, around.endpoints, around.policy, planned)
    return Planned(None, call, content, recording)


async def _totals_of_run(uow: UnitOfWork, run_id: str, plan_hash: str) -> PlannedTotals:
    run = await billing.ready_to_apply(uow, run_id, plan_hash)
    totals = {currency: sums["subtotal_cents"] + sums["tax_cents"] for currency, sums in run.totals.items()}
    return PlannedTotals(run.documents, totals)


async def surroundings(backend: Backend) -> Surroundings:
    async def read(uow: UnitOfWork) -> Surroundings:
        endpoints = [endpoint for endpoint in await webhooks.listing(uow) if endpoint.is_active]
        return Surroundings(await queries.policy(uow), tuple(endpoints))

    return await backend.ask(SYSTEM, read)
