"""
Pass 2: claim, send, record. Nothing is sent inside a transaction, and every attempt is a row.

A batch is claimed in one commit and recorded in one commit; in between, its requests run side by side and the claim is
kept up, so that it is short: what a dead worker held is taken over within `LEASE`. Within one subscriber and one
resource deliveries keep the order of the stream. A later one waits for an earlier one that was never answered, or is
claimed, however long that takes, since whoever claimed it may be dead and its claim over; for one that was answered
with a failure and is tried again, it waits a minute at most: a stuck customer blocks nobody else.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import orjson
from prometheus_client import Counter
from sqlalchemy import ColumnElement, Select, and_, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.events import rfc3339
from scaicontrol.core.ids import new_id
from scaicontrol.core.keeping_up import kept_up
from scaicontrol.core.logging import get_logger
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries, retries, signing, topics
from ..lifecycle import DeliveryStatus
from ..models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from ..retries import DeliveryOutcome, RetryDecision
from .endpoints import disabled, mark_pending_dead

log = get_logger(__name__)

_ACTOR = Actor.system("event_dispatcher")
LEASE: Final = timedelta(seconds=8)  # kept up while a batch is on its way
_KEEP_UP_SECONDS: Final = 2.0
_ORDER_WAIT: Final = timedelta(seconds=60)
_EXCERPT: Final = 500
_ATTEMPTS = Counter("scaicontrol_webhook_attempts_total", "Webhook attempts by outcome.", ["outcome"])


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A claimed delivery with everything needed to send it."""

    id: str
    topic: str
    body: bytes
    attempt: int
    partner_id: str | None
    endpoint_id: str
    url: str
    is_replay: bool
    secret_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What happened to a delivery that was claimed."""

    delivery: ClaimedDelivery
    decision: RetryDecision
    attempted_at: datetime
    duration_ms: int
    status: int
    excerpt: str | None
    error: str | None


async def dispatch(backend: Backend) -> int:
    """Deliver until nothing is due; give how many attempts were made."""
    made, claimant = 0, claims.new_claimant(backend)
    while claimed := await backend.perform(_ACTOR, claim, claimant, backend.settings.webhook_delivery_batch):
        async with kept_up(backend, _ACTOR, _KEEP_UP_SECONDS, keep_up, claimant):  # a slow subscriber is no dead worker
            keys = await _keys(backend, claimed)
            attempts = await side_by_side(partial(_send, backend, keys), claimed)
        await backend.perform(_ACTOR, record, attempts, claimant)
        made += len(attempts)
    return made


async def claim(uow: UnitOfWork, claimant: str, limit: int) -> Sequence[ClaimedDelivery]:
    """Lease what is due, oldest first, and give it ready to send."""
    uow.authorize("webhooks:dispatch")
    mine = await claims.lease(
        uow,
        WebhookDelivery,
        WebhookDelivery.status == DeliveryStatus.pending,
        WebhookDelivery.next_attempt_at <= uow.now,
        seen_if=[WebhookDelivery.subscription_id.in_(_in_service()), _is_its_turn(uow.now)],
        by=claimant,
        during=LEASE,
        oldest=[WebhookDelivery.next_attempt_at],
        limit=limit,
        attempt_count=WebhookDelivery.attempt_count + 1,
    )
    if not mine:
        return []
    rows = await uow.session.execute(
        select(
            WebhookDelivery.id,
            WebhookDelivery.event_type,
            WebhookDelivery.body,
            WebhookDelivery.attempt_count,
            WebhookDelivery.partner_id,
            WebhookDelivery.replay_of,
            WebhookEndpoint.id,
            WebhookEndpoint.target_url,
            WebhookEndpoint.secret_vault_path,
            WebhookEndpoint.previous_secret_vault_path,
            WebhookEndpoint.rotation_ends_at,
        )
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.subscription_id)
        .where(WebhookDelivery.id.in_(mine))
    )
    return [_claimed(row, uow.now) for row in rows]


def _is_its_turn(now: datetime) -> ColumnElement[bool]:
    """Say of a delivery that no earlier one of its resource keeps it waiting at its subscriber."""
    earlier, earlier_fact, fact = aliased(WebhookDelivery), aliased(Outbox), aliased(Outbox)
    waits_for_another = exists().where(
        and_(
            earlier.subscription_id == WebhookDelivery.subscription_id,
            earlier.resource_id == WebhookDelivery.resource_id,
            earlier.status == DeliveryStatus.pending,
            earlier.id != WebhookDelivery.id,
            earlier_fact.id == earlier.source_event_id,
            fact.id == WebhookDelivery.source_event_id,
            or_(
                earlier_fact.position < fact.position,
                and_(earlier_fact.position == fact.position, earlier.id < WebhookDelivery.id),  # copies of one fact
            ),
            or_(
                earlier.attempt_count == 0,
                earlier.claimed_until.is_not(None),
                WebhookDelivery.created_at > now - _ORDER_WAIT,
            ),
        )
    )
    return ~waits_for_another


async def keep_up(uow: UnitOfWork, claimant: str) -> None:
    """Prolong what a claimant holds by a whole lease; what was settled, or taken over, is no longer its own."""
    uow.authorize("webhooks:dispatch")
    await uow.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.claimed_by == claimant, WebhookDelivery.status == DeliveryStatus.pending)
        .values(claimed_until=uow.now + LEASE)
        .execution_options(synchronize_session=False)
    )


def _in_service() -> Select[str]:
    """Select the subscribers that are served; what waits for a paused one neither is tried nor fills a batch."""
    return select(WebhookEndpoint.id).where(WebhookEndpoint.is_active.is_(True))


def _claimed(row: Any, now: datetime) -> ClaimedDelivery:
    identifier, topic, body, attempt, partner_id, replay_of, endpoint_id, url, path, previous, rotation_ends = row
    rotating = previous is not None and rotation_ends is not None and rotation_ends > now
    paths = (previous, path) if rotating else (path,)
    return ClaimedDelivery(
        identifier, topic, body or b"", attempt, partner_id, endpoint_id, url, replay_of is not None, paths
    )


async def _keys(backend: Backend, claimed: Sequence[ClaimedDelivery]) -> Mapping[str, str | ControlError]:
    """Read the secrets of a batch once each; one that cannot be read fails its own deliveries only."""
    keys: dict[str, str | ControlError] = {}
    for path in {path for delivery in claimed for path in delivery.secret_paths}:
        try:
            keys[path] = await backend.ports.vault.read(path)
        except ControlError as error:
            keys[path] = error
    return keys


async def _send(backend: Backend, keys: Mapping[str, str | ControlError], delivery: ClaimedDelivery) -> Attempt:
    started, now = time.perf_counter(), backend.clock.now()
    found = [keys[path] for path in delivery.secret_paths]
    readable = [key for key in found if isinstance(key, str)]
    if len(readable) < len(found):
        error = "The subscriber's secret cannot be read from the vault."
        return Attempt(delivery, _judge(delivery, 0, now, None), now, 0, 0, None, error)
    answer = await backend.ports.outbound.request(
        "POST",
        delivery.url,
        headers=signing.headers(
            delivery.body,
            event_id=delivery.id,
            topic=delivery.topic,
            # Wall time: the subscriber compares it with its own clock, not with our business clock.
            timestamp=int(time.time()),
            keys=readable,
            is_replay=delivery.is_replay,
        ),
        body=delivery.body,
        timeout=backend.settings.webhook_timeout_seconds,
    )
    return Attempt(
        delivery,
        _judge(delivery, answer.status, now, _retry_after(answer.headers)),
        now,
        round((time.perf_counter() - started) * 1000),
        answer.status,
        answer.body[:_EXCERPT].decode("utf-8", "replace") if answer.body else None,
        answer.error or (None if 200 <= answer.status < 300 else f"The subscriber answered {answer.status}."),
    )


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return retries.wait_asked(given, datetime.now(UTC))  # a date in it is by the subscriber's clock, which is wall time


def _judge(delivery: ClaimedDelivery, status: int, now: datetime, wait: timedelta | None) -> RetryDecision:
    return retries.judge(status, delivery.attempt, now, retry_after=wait, seed=delivery.id)


async def record(uow: UnitOfWork, attempts: Sequence[Attempt], claimant: str) -> None:
    """
    Write what happened to a batch: the attempts, the deliveries, and how the subscribers are doing.

    A delivery that was settled meanwhile, marked dead with its subscriber or sent by whoever took over an expired
    lease, stays as it is.
    """
    uow.authorize("webhooks:dispatch")
    await uow.session.execute(insert(DeliveryAttempt), [_attempt_row(attempt, uow.now) for attempt in attempts])
    # What went the same way is written at once: a statement for each would be a round trip for each.
    alike: dict[tuple[tuple[str, Any], ...], list[str]] = {}
    for attempt in attempts:
        alike.setdefault(tuple(_outcome(attempt, uow.now).items()), []).append(attempt.delivery.id)
    for outcome, ids in alike.items():
        went = (
            update(WebhookDelivery)
            .where(
                WebhookDelivery.id.in_(ids),
                WebhookDelivery.status == DeliveryStatus.pending,
                WebhookDelivery.claimed_by == claimant,
            )
            .values(dict(outcome))
        )
        await uow.session.execute(went.execution_options(synchronize_session=False))
    by_endpoint: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        _ATTEMPTS.labels(attempt.decision.outcome).inc()
        by_endpoint.setdefault(attempt.delivery.endpoint_id, []).append(attempt)
    await _judge_endpoints(uow, by_endpoint)


def _attempt_row(attempt: Attempt, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id("evt"),
        "partner_id": attempt.delivery.partner_id,
        "delivery_id": attempt.delivery.id,
        "attempt": attempt.delivery.attempt,
        "attempted_at": attempt.attempted_at,
        "duration_ms": attempt.duration_ms,
        "response_code": attempt.status or None,
        "response_excerpt": attempt.excerpt,
        "error_message": attempt.error,
        "created_at": now,
        "updated_at": now,
    }


def _outcome(attempt: Attempt, now: datetime) -> dict[str, Any]:
    outcome = attempt.decision.outcome
    status = {
        DeliveryOutcome.dispatched: DeliveryStatus.dispatched,
        DeliveryOutcome.retry: DeliveryStatus.pending,
        DeliveryOutcome.dead: DeliveryStatus.dead,
        DeliveryOutcome.gone: DeliveryStatus.dead,
    }[outcome]
    return {
        "status": status,
        "next_attempt_at": attempt.decision.next_attempt_at,
        "dispatched_at": now if outcome is DeliveryOutcome.dispatched else None,
        "response_code": attempt.status or None,
        "error_message": attempt.error,
        "claimed_by": None,
        "claimed_until": None,
        "updated_at": now,
    }


async def _judge_endpoints(uow: UnitOfWork, by_endpoint: Mapping[str, Sequence[Attempt]]) -> None:
    failing = {
        endpoint_id
        for endpoint_id, attempts in by_endpoint.items()
        if any(attempt.decision.outcome is not DeliveryOutcome.dispatched for attempt in attempts)
    }
    # An endpoint that has only succeeded is written only when it had failed before: no hot row on the healthy path.
    concerned = await uow.session.scalars(
        select(WebhookEndpoint)
        .where(
            or_(
                WebhookEndpoint.id.in_(failing),
                and_(WebhookEndpoint.id.in_(by_endpoint), WebhookEndpoint.consecutive_failures > 0),
            )
        )
        .with_for_update()
    )
    for endpoint in concerned.all():
        for attempt in by_endpoint[endpoint.id]:
            outcome = attempt.decision.outcome
            if outcome is DeliveryOutcome.dispatched:
                endpoint.record_success()
            else:
                endpoint.record_failure(uow.now, is_dead=outcome is not DeliveryOutcome.retry)
        gone = any(attempt.decision.outcome is DeliveryOutcome.gone for attempt in by_endpoint[endpoint.id])
        if endpoint.is_active and (gone or endpoint.is_delinquent(uow.now, uow.settings.webhook_auto_disable_days)):
            await _disable(uow, endpoint, "gone" if gone else "failing", by_endpoint[endpoint.id][-1].status)


async def _disable(uow: UnitOfWork, endpoint: WebhookEndpoint, reason: str, last_status: int) -> None:
    endpoint.disable(uow.now, reason)
    await mark_pending_dead(uow, endpoint.id, f"The subscriber was disabled: {reason}.")
    uow.emit(disabled(endpoint, uow.now, last_status or None))


@verb
async def send_test(backend: Backend, actor: Actor, endpoint_id: str) -> tuple[int, int, str | None, str | None]:
    """
    Post a signed test event at once; nothing is stored. Gives status, milliseconds, error and an excerpt.

    Raises NotFound; what the subscriber answers, or that its secret cannot be read, is part of the result.
    """
    actor.require("webhooks:manage")
    endpoint = await backend.ask(actor, queries.get, endpoint_id)
    event_id, now = new_id("evt"), backend.clock.now()
    body = orjson.dumps(
        {
            "event_id": event_id,
            "event_type": topics.TEST,
            "event_version": endpoint.api_version,
            "occurred_at": rfc3339(now),
            "source": "scaicontrol",
            "idempotency_key": f"webhook_endpoint:{endpoint.id}:test:{event_id}",
            "data": {"webhook_subscription_id": endpoint.id},
        }
    )
    delivery = ClaimedDelivery(
        id=event_id,
        topic=topics.TEST,
        body=body,
        attempt=1,
        partner_id=endpoint.partner_id,
        endpoint_id=endpoint.id,
        url=endpoint.target_url,
        is_replay=False,
        secret_paths=(endpoint.secret_vault_path,),
    )
    attempt = await _send(backend, await _keys(backend, [delivery]), delivery)
    return attempt.status, attempt.duration_ms, attempt.error, attempt.excerpt
