"""Subscribers and facts for them, told through the product's own unit of work."""

from datetime import timedelta
from typing import ClassVar

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn

from . import ACME, NORTHWIND, ada

URL = "https://crm.example.com/hooks"


class Told(DomainEvent):
    """An invoice was paid, as a fact of the tests."""

    topic: ClassVar[str] = "invoice.paid"
    resource: ClassVar[str] = "invoice_id"

    invoice_id: str
    tenant_id: str | None = ACME
    partner_id: str | None = NORTHWIND
    step: str = "initial"

    @property
    def lifecycle_step(self) -> str:
        return self.step


async def subscriber(
    backend: Backend, by: Actor = ada, url: str = URL, *topics: str, partner_id: str | None = None
) -> tuple[WebhookEndpoint, str]:
    """Add a subscriber; gives it and its secret."""
    wanted = WebhookEndpointIn(name="CRM", target_url=url, topics=list(topics) or ["*"], partner_id=partner_id)
    return await webhooks.create(backend, by, wanted)


async def tell(backend: Backend, *names: str, step: str = "initial", partner_id: str | None = NORTHWIND) -> None:
    """Let facts happen, one transaction each, in this order."""
    for name in names:

        async def happen(uow: UnitOfWork, name: str = name) -> None:
            uow.emit(Told(invoice_id=name, step=step, partner_id=partner_id))

        await backend.perform(ada, happen)


async def delivered(backend: Backend, clock: FrozenClock, ticks: int = 1, every: timedelta = timedelta()) -> None:
    """Relay and dispatch, some times."""
    for _ in range(ticks):
        await webhooks.relay(backend)
        await webhooks.dispatch(backend)
        clock.advance(every)


async def all_deliveries(backend: Backend) -> list[WebhookDelivery]:
    async def read(uow: UnitOfWork) -> list[WebhookDelivery]:
        rows = select(WebhookDelivery).order_by(WebhookDelivery.created_at, WebhookDelivery.id)
        return list(await uow.session.scalars(rows))

    return await backend.ask(ada, read)


async def all_attempts(backend: Backend) -> list[DeliveryAttempt]:
    async def read(uow: UnitOfWork) -> list[DeliveryAttempt]:
        return list(await uow.session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.attempted_at)))

    return await backend.ask(ada, read)
