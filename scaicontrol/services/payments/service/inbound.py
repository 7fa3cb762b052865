"""Providers' webhooks: verify, store, answer, then process; a duplicate or an unknown kind is fine (contract §24)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.ports import NormalizedEvent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices

from ..events import PaymentDisputed
from ..models import InboundEvent, Payment, Refund
from .collect import record
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
            payload={"kind": event.kind, "external_id": event.external_id},
            status="received",
        )
    )
    return 1


async def process_inbound(backend: Backend) -> int:
    """Act on what has arrived. The body is only a hint: what counts is what the provider answers when asked."""
    waiting = await backend.ask(_ACTOR, _waiting)
    for event_id, provider, kind, external_id in waiting:
        try:
            outcome = await _process(backend, provider, kind, external_id)
        except ControlError as error:
            log.warning("inbound_event_failed", event_id=event_id, error=error.message)
            await backend.perform(_ACTOR, _mark, event_id, "failed", error.message)
        else:
            await backend.perform(_ACTOR, _mark, event_id, outcome, None)
    return len(waiting)


async def _waiting(uow: UnitOfWork) -> list[tuple[str, str, str, str]]:
    uow.authorize("payments:collect")
    rows = await uow.session.scalars(
        select(InboundEvent)
        .where(InboundEvent.status.in_(["received", "failed"]), InboundEvent.received_at > uow.now - _GIVE_UP)
        # What never failed first: a hundred hopeless ones must not hold up the rest.
        .order_by(InboundEvent.status.desc(), InboundEvent.received_at)
        .limit(_BATCH)
    )
    return [
        (row.id, row.provider, str(row.payload.get("kind")), str(row.payload.get("external_id"))) for row in rows.all()
    ]


async def _process(backend: Backend, provider_slug: str, kind: str, external_id: str) -> str:
    provider = backend.ports.payment_providers.get(provider_slug)
    if provider is not None and kind == "refund":
        refund_id = await backend.ask(_ACTOR, _refund_by, provider_slug, external_id)
        if refund_id is None:
            return "ignored"
        await backend.perform(_ACTOR, record_refund, refund_id, await provider.fetch_refund(external_id))
        return "processed"
    payment_id = await backend.ask(_ACTOR, _payment_by, provider_slug, external_id)
    if provider is None or payment_id is None:
        return "ignored"
    if kind == "dispute":
        await backend.perform(_ACTOR, dispute, payment_id)
    elif kind == "payment":
        await backend.perform(_ACTOR, record, payment_id, await provider.fetch(external_id))
    else:
        return "ignored"
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


async def dispute(uow: UnitOfWork, payment_id: str) -> None:
    """Note that the payer's bank took the money back: a person decides what follows, the books stay as they are."""
    uow.authorize("payments:collect")
    payment = await uow.session.get_one(Payment, payment_id, with_for_update=True)
    if payment.disputed_at is not None:
        return
    payment.disputed_at = uow.now
    invoice = await invoices.get(uow, payment.invoice_id)
    uow.emit(
        PaymentDisputed(
            payment_id=payment.id,
            invoice_id=payment.invoice_id,
            invoice_number=invoice.number,
            tenant_id=payment.tenant_id,
            partner_id=payment.partner_id,
            provider=payment.provider,
            amount_cents=payment.amount_cents,
            currency=payment.currency,
            disputed_at=uow.now,
        )
    )


async def _mark(uow: UnitOfWork, event_id: str, status: str, error: str | None) -> None:
    uow.authorize("payments:collect")
    row = await uow.session.get_one(InboundEvent, event_id, with_for_update=True)
    row.status, row.error, row.processed_at = status, error, uow.now
