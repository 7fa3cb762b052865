"""Providers' webhooks: verify, store, answer, then process; a duplicate or an unknown kind is fine (contract §24)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, NotFound, Unavailable
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.payment_ports import INSTALLATION, NormalizedEvent, PaymentProvider
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provider_accounts

from ..models import InboundEvent, Payment, Refund
from .disputes import ask_dispute
from .outcomes import ask
from .refunds_found import record_found

log = get_logger(__name__)
_ACTOR = Actor.system("inbound_webhooks")
_BATCH: Final = 100
_WAITING: Final = ("received", "failed")
_Key = tuple[str, str, str, str | None, str | None, str | None]
_Named = tuple[str, str, str]
_GIVE_UP: Final = timedelta(days=3)  # the payment itself is asked about for as long as it is open


async def receive(
    backend: Backend, provider_slug: str, headers: Mapping[str, str], raw_body: bytes, account_id: str = INSTALLATION
) -> int:
    """
    Verify and store a webhook of an account; give how many of its events were new.

    Raises NotFound for an unknown provider or account, Unauthenticated for what that account did not send.
    """
    try:
        provider = await provider_accounts.opened(backend, provider_slug, account_id)
    except Unavailable as error:
        raise NotFound(f"There is no payment provider {provider_slug} here.") from error
    events = await provider.verify_webhook(headers, raw_body)
    stored = 0
    for event in events:
        with suppress(Conflict):  # the same one arrived at the same moment
            stored += await backend.perform(_ACTOR, _store, provider_slug, account_id, event)
    await backend.ports.waker.wake("process_inbound")
    return stored


async def _store(uow: UnitOfWork, provider: str, account_id: str, event: NormalizedEvent) -> int:
    uow.authorize("payments:collect")
    if event.external_event_id is None:
        return await _store_nameless(uow, provider, account_id, event)
    known = select(InboundEvent.id).where(
        InboundEvent.provider == provider,
        InboundEvent.account_id == account_id,
        InboundEvent.external_id == event.external_event_id,
    )
    if await uow.session.scalar(known) is not None:
        return 0
    uow.session.add(
        InboundEvent(
            id=new_id("evt"),
            provider=provider,
            account_id=account_id,
            external_id=event.external_event_id,
            received_at=uow.now,
            payload={
                "kind": event.kind,
                "external_id": event.external_id,
                "dispute_id": event.dispute_id,
                "payment_id": event.payment_external_id,
            },
            status="received",
        )
    )
    return 1


async def _store_nameless(uow: UnitOfWork, provider: str, account_id: str, event: NormalizedEvent) -> int:
    """
    Keep a webhook that names its object only, as anybody can send one: of an object of ours, and one row that waits.

    One more that comes meanwhile is counted, so that what is asked about just now is asked about once more.
    """
    object_id = str(event.external_id)
    if await _payment_by(uow, provider, account_id, object_id) is None:
        return 0  # one whose answer was lost is found by asking the provider, not by its webhook
    waiting = await uow.session.scalar(
        select(InboundEvent)
        .where(
            InboundEvent.provider == provider,
            InboundEvent.account_id == account_id,
            InboundEvent.status.in_(_WAITING),
            InboundEvent.received_at > uow.now - _GIVE_UP,
            InboundEvent.external_id.startswith(f"{object_id}:", autoescape=True),
        )
        .with_for_update()
    )
    if waiting is not None:
        waiting.payload = {**waiting.payload, "times": int(waiting.payload.get("times", 1)) + 1}
        return 0
    identifier = new_id("evt")
    uow.session.add(
        InboundEvent(
            id=identifier,
            provider=provider,
            account_id=account_id,
            external_id=f"{object_id}:{identifier}",
            received_at=uow.now,
            payload={"kind": event.kind, "external_id": object_id, "dispute_id": None, "times": 1},
            status="received",
        )
    )
    return 1


async def process_inbound(backend: Backend) -> int:
    """
    Act on what has arrived. The body is only a hint: what counts is what the provider answers when asked.

    All of a batch came before it is asked about, so a payment that several tell of is asked about once; and they are
    marked together, since whoever dies before that asks once more and finds it written.
    """
    waiting = await backend.ask(_ACTOR, _waiting)
    payment_ids = await backend.ask(_ACTOR, _payments_of, waiting)
    done: list[tuple[_Hint, str, str | None]] = []
    answered: dict[_Key, tuple[str, str | None]] = {}
    try:
        for hint in waiting:
            if hint.key not in answered:
                answered[hint.key] = await _outcome(backend, hint, payment_ids.get(hint.payment))
            done.append((hint, *answered[hint.key]))
    finally:
        if done:
            await backend.perform(_ACTOR, _mark, done)
    return len(waiting)


async def _outcome(backend: Backend, hint: "_Hint", payment_id: str | None) -> tuple[str, str | None]:
    try:
        return await _process(backend, hint, payment_id), None
    except ControlError as error:
        log.warning("inbound_event_failed", event_id=hint.event_id, error=error.message)
        return "failed", error.message


@dataclass(frozen=True, slots=True)
class _Hint:
    """A stored webhook, as far as it is believed: what to ask about."""

    event_id: str
    provider: str
    account_id: str
    kind: str
    external_id: str | None
    dispute_id: str | None
    payment_external_id: str | None  # of a refund
    times: int

    @property
    def payment(self) -> _Named:
        """Name the payment that it is about, unless it is about a refund."""
        return self.provider, self.account_id, str(self.external_id)

    @property
    def key(self) -> _Key:
        """What it asks about: two with the same key are answered by one question."""
        return self.provider, self.account_id, self.kind, self.external_id, self.dispute_id, self.payment_external_id


async def _waiting(uow: UnitOfWork) -> list[_Hint]:
    uow.authorize("payments:collect")
    rows = await uow.session.scalars(
        select(InboundEvent)
        .where(InboundEvent.status.in_(_WAITING), InboundEvent.received_at > uow.now - _GIVE_UP)
        # What never failed first: a hundred hopeless ones must not hold up the rest.
        .order_by(InboundEvent.status.desc(), InboundEvent.received_at)
        .limit(_BATCH)
    )
    return [
        _Hint(
            row.id,
            row.provider,
            row.account_id,
            str(row.payload.get("kind")),
            row.payload.get("external_id"),
            row.payload.get("dispute_id"),
            row.payload.get("payment_id"),
            int(row.payload.get("times", 1)),
        )
        for row in rows.all()
    ]


async def _payments_of(uow: UnitOfWork, hints: Sequence[_Hint]) -> dict[_Named, str]:
    """Find the payments that hints name, all in one statement."""
    uow.authorize("payments:collect")
    names = {hint.external_id for hint in hints if hint.kind != "refund" and hint.external_id is not None}
    if not names:
        return {}
    rows = await uow.session.execute(
        select(Payment.provider, Payment.account_id, Payment.external_id, Payment.id).where(
            Payment.external_id.in_(names)
        )
    )
    return {(provider, account_id, str(name)): payment_id for provider, account_id, name, payment_id in rows}


async def _process(backend: Backend, hint: _Hint, payment_id: str | None) -> str:
    if hint.kind not in ("payment", "dispute", "refund"):
        return "ignored"
    provider = await provider_accounts.opened(backend, hint.provider, hint.account_id)
    if hint.kind == "refund":
        return await _process_refund_hint(backend, provider, hint)
    if hint.dispute_id is not None:
        return "processed" if await ask_dispute(backend, hint.provider, hint.account_id, hint.dispute_id) else "ignored"
    if payment_id is None:
        return "ignored"
    await _process_payment(backend, provider, payment_id)
    return "processed"


async def _process_payment(
    backend: Backend, provider: PaymentProvider, payment_id: str, refund_ids: Sequence[str] = ()
) -> None:
    """Ask about a payment and all that followed it: disputes, and refunds, also those made at the provider."""
    answered = await ask(backend, payment_id)
    for dispute_id in answered.dispute_ids:
        await ask_dispute(backend, provider.slug, answered.payment.account_id, dispute_id)
    for refund_id in dict.fromkeys((*refund_ids, *answered.refund_ids)):
        told = await provider.fetch_refund(str(answered.payment.external_id), refund_id)
        await backend.perform(_ACTOR, record_found, payment_id, told)


async def _process_refund_hint(backend: Backend, provider: PaymentProvider, hint: _Hint) -> str:
    external_id = str(hint.external_id)
    known = await backend.ask(_ACTOR, _paid_by, provider.slug, hint.account_id, external_id)
    if known is not None:
        payment_id, payment_external_id = known
        told = await provider.fetch_refund(payment_external_id, external_id)
        await backend.perform(_ACTOR, record_found, payment_id, told)
        return "processed"
    found = await backend.ask(_ACTOR, _payment_by, provider.slug, hint.account_id, str(hint.payment_external_id))
    if found is None:
        return "ignored"
    await _process_payment(backend, provider, found, [external_id])  # it may not have come yet, as far as we know
    return "processed"


async def _payment_by(uow: UnitOfWork, provider: str, account_id: str, external_id: str) -> str | None:
    uow.authorize("payments:collect")
    found: str | None = await uow.session.scalar(
        select(Payment.id).where(
            Payment.provider == provider, Payment.account_id == account_id, Payment.external_id == external_id
        )
    )
    return found


async def _paid_by(uow: UnitOfWork, provider: str, account_id: str, external_id: str) -> tuple[str, str] | None:
    """Name the payment of a refund that is known, as we and as the provider do."""
    uow.authorize("payments:collect")
    rows = await uow.session.execute(
        select(Payment.id, Payment.external_id)
        .join(Refund, Refund.payment_id == Payment.id)
        .where(Payment.provider == provider, Payment.account_id == account_id, Refund.external_id == external_id)
    )
    found = rows.first()
    return (found[0], str(found[1])) if found else None


async def _mark(uow: UnitOfWork, done: Sequence[tuple[_Hint, str, str | None]]) -> None:
    uow.authorize("payments:collect")
    query = select(InboundEvent).where(InboundEvent.id.in_([hint.event_id for hint, _, _ in done]))
    rows = {row.id: row for row in await uow.session.scalars(query.order_by(InboundEvent.id).with_for_update())}
    for hint, status, error in done:
        row = rows[hint.event_id]
        if int(row.payload.get("times", 1)) == hint.times:
            row.status, row.error, row.processed_at = status, error, uow.now
        # Else it was sent again while the provider was asked: what was answered may be older than that.
