"""Tenants that hold a service, and what they used of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import usage
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription, SubscriptionPeriod

from . import ACME, NORTHWIND, SCAIDRIVE, ada, scaidrive
from .catalog import store_plan
from .registry import store_service

# The period of the tests begins and ends in the middle of an hour, as periods do.
STARTED = datetime(2026, 1, 3, 14, 20, 30, tzinfo=UTC)
ENDS = datetime(2026, 2, 3, 14, 20, 30, tzinfo=UTC)


async def store_holder(
    backend: Backend,
    tenant_id: str = ACME,
    partner_id: str = NORTHWIND,
    *,
    service_id: str = SCAIDRIVE,
    plan_id: str = "pln_pro",
    start: datetime = STARTED,
    end: datetime = ENDS,
    usage_is_charged: bool = False,
    **fields: Any,
) -> Subscription:
    """Let a tenant hold a subscription with one period; its plan and service must be stored."""

    async def store(uow: UnitOfWork) -> Subscription:
        subscription = Subscription(
            **{
                "id": new_id("sub"),
                "tenant_id": tenant_id,
                "partner_id": partner_id,
                "service_id": service_id,
                "plan_id": plan_id,
                "status": SubscriptionStatus.active,
                "quantity": 1,
                "unit_price_cents": 1000,
                "currency": "EUR",
                "anchor_day": start.day,
                "activated_at": start,
                "current_period_start": start,
                "current_period_end": end,
            }
            | fields
        )
        uow.session.add(subscription)
        await uow.session.flush()
        uow.session.add(
            SubscriptionPeriod(
                id=new_id("per"),
                tenant_id=tenant_id,
                partner_id=partner_id,
                subscription_id=subscription.id,
                period_start=start,
                period_end=end,
                first_day=start.date(),
                usage_from=start,
                usage_until=end,
                plan_id=plan_id,
                quantity=1,
                unit_price_cents=1000,
                currency="EUR",
                days=31,
                full_days=31,
                base_due_at=None,
                usage_due_at=None if usage_is_charged else end,
            )
        )
        return subscription

    return await backend.perform(ada, store)


async def store_world(backend: Backend, **plan: Any) -> Subscription:
    """Register ScaiDrive, price `pro`, and let Acme hold it."""
    await store_service(backend)
    await store_plan(backend, **plan)
    return await store_holder(backend)


def an_event(key: str = "e1", quantity: Any = "1", at: datetime | str | None = None, **fields: Any) -> dict[str, Any]:
    """Write an event as a service sends it: one API call of Acme, on 10 January unless told."""
    moment = at or STARTED + timedelta(days=7)
    return {
        "idempotency_key": key,
        "tenant_id": ACME,
        "metric_slug": "api_calls",
        "quantity": quantity,
        "occurred_at": moment if isinstance(moment, str) else moment.isoformat(),
    } | fields


async def send(backend: Backend, *events: Any) -> usage.Ingested:
    """Let ScaiDrive report a batch."""
    return await usage.submit(backend, scaidrive, list(events))
