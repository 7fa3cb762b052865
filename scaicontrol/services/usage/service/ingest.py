"""
Taking in a batch of events: a constant number of statements, however many events there are (contract §20).

Counters nobody shares are written: an event is one row, and what it adds to totals is the roll-up's work, so that many
services report at once without meeting.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from scaicontrol.core.ids import new_ids
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.prepared import Prepared, PreparedInsert, Row
from scaicontrol.services import registry
from scaicontrol.services.registry import Metered
from scaicontrol.services.registry.lifecycle import WATCHED
from scaicontrol.services.subscriptions.lifecycle import TERMINAL, SubscriptionStatus
from scaicontrol.services.subscriptions.reads import HOLDINGS, USAGE_CHARGED

from ..models import UsageEvent
from ..reading import Bad, Event, EventContent, Reader, Rejection, RejectionCode

_CROSSINGS = 3  # how many batches with the same keys one may meet before its sender is told

_STORED = Prepared(
    UsageEvent,
    select(
        UsageEvent.idempotency_key,
        UsageEvent.counted_at,
        *(getattr(UsageEvent, name) for name in EventContent._fields),
    ).where(
        UsageEvent.service_id == bindparam("service_id"),
        UsageEvent.idempotency_key.in_(bindparam("keys", expanding=True)),
    ),
)
_EVENTS = PreparedInsert(UsageEvent)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a batch; `accepted + duplicates + len(rejected)` is its size."""

    accepted: int
    duplicates: int
    rejected: Sequence[Rejection]


@dataclass(frozen=True, slots=True)
class _Holder:
    """What a tenant's subscriptions of the service say about its events."""

    partner_id: str
    is_running: bool
    ended_at: datetime | None
    charged_until: datetime | None = None

    def refuses(self, event: Event) -> bool:
        """After the end only what happened before counts; taking away what was counted is never refused."""
        if self.is_running or event.corrects:
            return False
        return self.ended_at is None or event.occurred_at >= self.ended_at


async def submit(backend: Backend, actor: Actor, events: Sequence[Any]) -> Ingested:
    """Take in a batch; when some of its keys were committed meanwhile, take it in again, which finds duplicates."""
    for _ in range(_CROSSINGS):
        try:
            return await backend.perform(actor, ingest, events)
        except Conflict as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
    return await backend.perform(actor, ingest, events)


async def ingest(uow: UnitOfWork, events: Sequence[Any]) -> Ingested:
    """Store the good events of a batch and say about each other one why not."""
    uow.authorize("usage:ingest")
    if len(events) > uow.settings.metering_max_batch:
        raise Invalid(f"A batch has at most {uow.settings.metering_max_batch} events, not {len(events)}; send several.")
    service = await _own_service(uow)
    rejected: list[Rejection] = []
    read = await _read(uow, service, events, rejected)
    holders = await _holders(uow, service.id, {event.tenant_id for event in read})
    stored = await _stored(uow, service.id, read)
    taken, duplicates = _sort_out(read, holders, stored.contents, rejected)
    if any(event.corrects for event in taken):
        taken = await _fitting_corrections(uow, service.id, taken, stored.contents, rejected)
    if taken:
        await uow.insert(_EVENTS, _rows(uow, service.id, taken, holders, stored.moments))
    return Ingested(len(taken), duplicates, sorted(rejected, key=lambda rejection: rejection.index))


async def _own_service(uow: UnitOfWork) -> Metered:
    service_id = uow.actor.scope.service_id
    if service_id is None:
        raise Forbidden("Only a service reports usage; use its token or its key.")
    service = await registry.metered(uow, service_id)
    if service is None:
        raise NotFound(f"No service is registered for {uow.actor.client_id or uow.actor.id}.")
    if service.status not in WATCHED:
        raise Refused(f"Cannot take usage of {service}: it is {service.status}.")
    return service


async def _read(uow: UnitOfWork, service: Metered, events: Sequence[Any], rejected: list[Rejection]) -> list[Event]:
    history = (await registry.metric_histories(uow, [service]))[service.id]
    reader = Reader(service.slug, history, uow.now, uow.now - timedelta(days=uow.settings.metering_max_age_days))
    read = []
    for index, raw in enumerate(events):
        try:
            read.append(reader.read(index, raw))
        except Bad as bad:
            rejected.append(Rejection(index, bad.code, bad.message))
    return read


async def _holders(uow: UnitOfWork, service_id: str, tenant_ids: Iterable[str]) -> Mapping[str, _Holder]:
    """Learn with two statements who has or had the service, and up to when each one's use was charged."""
    wanted = list(tenant_ids)
    if not wanted:
        return {}
    known = {"service_id": service_id, "tenant_ids": wanted}
    charged_until = {row["tenant_id"]: row["charged_until"] for row in await uow.rows(USAGE_CHARGED, **known)}
    rows = await uow.rows(HOLDINGS, **known)
    by_tenant: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_tenant[row["tenant_id"]].append(row)
    return {
        tenant_id: _Holder(
            partner_id=mine[0]["partner_id"],
            is_running=any(row["status"] not in (*TERMINAL, SubscriptionStatus.pending) for row in mine),
            ended_at=max(
                (row["cancelled_at"] for row in mine if row["cancelled_at"] and row["activated_at"]), default=None
            ),
            charged_until=charged_until.get(tenant_id),
        )
        for tenant_id, mine in by_tenant.items()
    }


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is known under some keys, and at which moment each of it counts."""

    contents: Mapping[str, EventContent]
    moments: Mapping[str, datetime]


async def _stored(uow: UnitOfWork, service_id: str, events: Sequence[Event]) -> _Stored:
    """Look up, with one statement, what is known under the keys of the batch and of what it corrects."""
    keys = {event.idempotency_key for event in events} | {event.corrects for event in events if event.corrects}
    rows = await uow.rows(_STORED, service_id=service_id, keys=keys) if keys else []
    return _Stored(
        {row["idempotency_key"]: EventContent(*(row[name] for name in EventContent._fields)) for row in rows},
        {row["idempotency_key"]: row["counted_at"] for row in rows},
    )


def _sort_out(
    events: Sequence[Event],
    holders: Mapping[str, _Holder],
    stored: Mapping[str, EventContent],
    rejected: list[Rejection],
) -> tuple[list[Event], int]:
    """Tell new events from known ones, and from those of tenants that do not use the service."""
    taken: list[Event] = []
    seen: dict[str, EventContent] = {}
    duplicates = 0
    for event in events:
        key = event.idempotency_key
        known = stored.get(key) or seen.get(key)
        holder = holders.get(event.tenant_id)
        if known is not None:
            if known == event.content:
                duplicates += 1
            else:
                rejected.append(Rejection(event.index, RejectionCode.key_conflict, f"{key} is another event already."))
        elif holder is None:
            rejected.append(
                Rejection(
                    event.index, RejectionCode.unknown_tenant, f"No tenant {event.tenant_id[:36]} uses this service."
                )
            )
        elif holder.refuses(event):
            rejected.append(
                Rejection(event.index, RejectionCode.not_subscribed, f"{event.tenant_id} was not subscribed then.")
            )
        else:
            seen[key] = event.content
            taken.append(event)
    return taken, duplicates


async def _fitting_corrections(
    uow: UnitOfWork,
    service_id: str,
    events: Sequence[Event],
    stored: Mapping[str, EventContent],
    rejected: list[Rejection],
) -> list[Event]:
    """Let corrections through that leave at least nothing of what they correct."""
    named = {event.corrects for event in events if event.corrects}
    earlier = await uow.session.execute(
        select(UsageEvent.corrects, func.sum(UsageEvent.quantity))
        .where(UsageEvent.service_id == service_id, UsageEvent.corrects.in_(named))
        .group_by(UsageEvent.corrects)
    )
    originals = {key: content for key, content in stored.items() if key in named}
    originals |= {event.idempotency_key: event.content for event in events if event.idempotency_key in named}
    left = {key: content.quantity for key, content in originals.items()}
    for key, taken_away in earlier:
        if key is not None and key in left:
            left[key] += taken_away
    fitting = []
    for event in events:
        if event.corrects is None:
            fitting.append(event)
            continue
        original = originals.get(event.corrects)
        if original is None or original[:2] != (event.tenant_id, event.metric_slug) or original.corrects is not None:
            message = f"There is no event {event.corrects} of this tenant and metric to correct."
            rejected.append(Rejection(event.index, RejectionCode.bad_quantity, message))
        elif left[event.corrects] + event.quantity < 0:
            message = f"Only {left[event.corrects]:f} of {event.corrects} is left to take away."
            rejected.append(Rejection(event.index, RejectionCode.bad_quantity, message))
        else:
            left[event.corrects] += event.quantity
            fitting.append(event)
    return fitting


def _rows(
    uow: UnitOfWork,
    service_id: str,
    events: Sequence[Event],
    holders: Mapping[str, _Holder],
    moments: Mapping[str, datetime],
) -> list[dict[str, Any]]:
    """Write down events with the moment each counts at: when it happened, or when what it corrects did."""
    now, rows = uow.now, []
    counted = {event.idempotency_key: event.occurred_at for event in events} | dict(moments)
    for event_id, event in zip(new_ids("usg", len(events)), events, strict=True):
        holder = holders[event.tenant_id]
        counted_at = counted[event.corrects or event.idempotency_key]
        late = holder.charged_until is not None and counted_at < holder.charged_until
        rows.append(
            {
                "id": event_id,
                "tenant_id": event.tenant_id,
                "partner_id": holder.partner_id,
                "service_id": service_id,
                "metric_slug": event.metric_slug,
                "idempotency_key": event.idempotency_key,
                "quantity": event.quantity,
                "occurred_at": event.occurred_at,
                "counted_at": counted_at,
                "dimensions": event.dimensions,
                "corrects": event.corrects,
                "late": late,
                "aggregated_at": None,
                "created_at": now,
                "updated_at": now,
            }
        )
    return rows
