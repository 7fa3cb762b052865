"""Providers' webhooks: verify, store, answer, then process; a duplicate or an unknown kind is fine (contract §24)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.payment_ports import NormalizedEvent, PaymentProvider
from scaicontrol.core.work import UnitOfWork

from ..models import InboundEvent, Payment, Refund
from .disputes import ask_dispute
from .outcomes import ask
from .refund_calls import record_refund

log = get_logger(__name__)
_ACTOR = Actor.system("inbound_webhooks")
_BATCH: Final = 100
_GIVE_UP: Final = timedelta(days=3)  # the payment itself is asked about for as long as it is open


async def receive(backend: Backend, provider_slug: str, headers: Mapping[str, str], raw_body: bytes) -> int:
    """Verify and store a webhook; give how many of its events were new. Unknown provider: NotFound."""
    provider = backend.ports.payment_providers.get(provider_slug)
    if provider is None:
        raise NotFound(f"There is no payment provider {provider_slug} here.")
    events = provider.verify_webhook(headers, raw_body)
    stored = 0
    for event in events:
        with suppress(Conflict):  # the same one arrived at the same moment
            stored += await backend.perform(_ACTOR, _store, provider_slug, event)
    await backend.ports.waker.wake("process_inbound")
    return stored


async def _store(uow: UnitOfWork, provider: str, event: NormalizedEvent) -> int:
    uow.authorize("payments:collect")
    known = select(InboundEvent.id).where(
        InboundEvent.provider == provider, InboundEvent.external_id == event.external_event_id
    )
    if await uow.session.scalar(known) is not None:
        return 0
    uow.session.add(
        InboundEvent(
            id=new_id("evt"),
            provider=provider,
            external_id=event.external_event_id,
            received_at=uow.now,
            payload={"kind": event.kind, "external_id": event.external_id, "dispute_id": event.dispute_id},
            status="received",
        )
    )
    return 1


async def process_inbound(backend: Backend) -> int:
    """Act on what has arrived. The body is only a hint: what counts is what the provider answers when asked."""
    waiting = await backend.ask(_ACTOR, _waiting)
    for hint in waiting:
        try:
            outcome = await _process(backend, hint)
        except ControlError as error:
            log.warning("inbound_event_failed", event_id=hint.event_id, error=error.message)
            await backend.perform(_ACTOR, _mark, hint.event_id, "failed", error.message)
        else:
            await backend.perform(_ACTOR, _mark, hint.event_id, outcome, None)
    return len(waiting)


@dataclass(frozen=True, slots=True)
class _Hint:
    """A stored webhook, as far as it is believed: what to ask about."""

    event_id: str
    provider: str
    kind: str
    external_id: str | None
    dispute_id: str | None


async def _waiting(uow: UnitOfWork) -> list[_Hint]:
    uow.authorize("payments:collect")
    rows = await uow.session.scalars(
        select(InboundEvent)
        .where(InboundEvent.status.in_(["received", "failed"]), InboundEvent.received_at > uow.now - _GIVE_UP)
        # What never failed first: a hundred hopeless ones must not hold up the rest.
        .order_by(InboundEvent.status.desc(), InboundEvent.received_at)
        .limit(_BATCH)
    )
    return [
        _Hint(
            row.id,
            row.provider,
            str(row.payload.get("kind")),
            row.payload.get("external_id"),
            row.payload.get("dispute_id"),
        )
        for row in rows.all()
    ]


async def _process(backend: Backend, hint: _Hint) -> str:
    provider = backend.ports.payment_providers.get(hint.provider)
    if provider is None or hint.kind not in ("payment", "dispute", "refund"):
        return "ignored"
    if hint.kind == "refund":
        return await _process_refund(backend, provider, str(hint.external_id))
    if hint.dispute_id is not None:
        return "processed" if await ask_dispute(backend, hint.provider, hint.dispute_id) else "ignored"
    payment_id = await backend.ask(_ACTOR, _payment_by, hint.provider, str(hint.external_id))
    if payment_id is None:
        return "ignored"
    for dispute_id in (await ask(backend, payment_id)).dispute_ids:
        await ask_dispute(backend, hint.provider, dispute_id)
    return "processed"


async def _process_refund(backend: Backend, provider: PaymentProvider, external_id: str) -> str:
    refund_id = await backend.ask(_ACTOR, _refund_by, provider.slug, external_id)
    if refund_id is None:
        return "ignored"
    await backend.perform(_ACTOR, record_refund, refund_id, await provider.fetch_refund(external_id))
    return "processed"


async def _payment_by(uow: UnitOfWork, provider: str, external_id: str) -> str | None:
    uow.authorize("payments:collect")
    found: str | None = await uow.session.scalar(
        select(Payment.id).where(Payment.provider == provider, Payment.external_id == external_id)
    )
    return found


async def _refund_by(uow: UnitOfWork, provider: str, external_id: str) -> str | None:
    uow.authorize("payments:collect")
    found: str | None = await uow.session.scalar(
        select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.provider == provider, Refund.external_id == external_id)
    )
    return found


async def _mark(uow: UnitOfWork, event_id: str, status: str, error: str | None) -> None:
    uow.authorize("payments:collect")
    row = await uow.session.get_one(InboundEvent, event_id, with_for_update=True)
    row.status, row.error, row.processed_at = status, error, uow.now
