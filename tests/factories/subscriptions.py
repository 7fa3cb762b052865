"""Subscriptions as tests need them: Northwind sells ScaiDrive, Acme, Globex and Initech may buy it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning, subscriptions
from scaicontrol.services.subscriptions.models import Subscription, SubscriptionPeriod

from . import ACME, GLOBEX, INITECH, NORTHWIND, SOUTHBAY, ada, alice
from .catalog import a_plan
from .partners import a_configuration, a_partner
from .registry import a_service
from .tenants import a_billing_profile, a_tenant

UNBILLED = "tnt_unbilled"
_BUYERS = ((ACME, NORTHWIND), (GLOBEX, NORTHWIND), (INITECH, SOUTHBAY))
CLOCK = Actor.system("clock")
PROVISIONING_URL = "https://scaidrive.example.com/provision"


async def market(backend: Backend, *, provisioning_url: str | None = None, **terms: Any) -> None:
    """
    Open the shop: both partners, their tenants with billing profiles, ScaiDrive, and its plans.

    `pro` is 10 euros a month, `team` 30, `year` 240 a year, `term` 10 for three months, `try` 14 days free and then
    `pro`, `tested` 20 with 14 days of trial, `once` 99 and never again, `secret` not public. `terms` are Northwind's.
    """

    async def open_shop(uow: UnitOfWork) -> None:
        add, flush = uow.session.add_all, uow.session.flush
        add([a_partner(NORTHWIND), a_partner(SOUTHBAY), a_service(provisioning_url=provisioning_url)])
        await flush()
        add([a_configuration(NORTHWIND, **terms), a_configuration(SOUTHBAY)])
        add([a_tenant(tenant_id, partner_id) for tenant_id, partner_id in (*_BUYERS, (UNBILLED, NORTHWIND))])
        await flush()
        add([a_billing_profile(tenant_id, partner_id) for tenant_id, partner_id in _BUYERS])
        add([
            a_plan("pro"),
            a_plan("team", base_price_cents=3000),
            a_plan("year", base_price_cents=24_000, billing_period="yearly"),
            a_plan("term", term_months=3),
            a_plan("try", base_price_cents=0, trial_days=14, extra={"converts_to": "scaidrive.pro"}),
            a_plan("tested", base_price_cents=2000, trial_days=14),
            a_plan("once", base_price_cents=9900, billing_period="one_time"),
            a_plan("secret", is_public=False),
        ])  # fmt: skip

    await backend.perform(ada, open_shop)


async def subscribed(
    backend: Backend, plan: str = "scaidrive.pro", *, actor: Actor = alice, **terms: Any
) -> Subscription:
    """Subscribe Acme, or whoever asks; without a provisioning address the subscription is live at once."""
    done = await backend.perform(actor, provisioning.subscribe, plan, **terms)
    return done.subscription


async def show(backend: Backend, subscription_id: str, actor: Actor = ada) -> Subscription:
    return await backend.ask(actor, subscriptions.get, subscription_id)


async def periods(backend: Backend, subscription_id: str) -> list[SubscriptionPeriod]:
    return await backend.ask(ada, subscriptions.periods_of, subscription_id)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as the outbox keeps it."""

    topic: str
    key: str
    payload: dict[str, Any]

    @property
    def step(self) -> str:
        return self.key.split(":", 3)[3]


async def facts(backend: Backend, *topics: str) -> list[Told]:
    """List the facts told so far, of some topics or of all public ones about subscriptions, oldest first."""

    async def read(uow: UnitOfWork) -> list[Told]:
        rows = select(Outbox).order_by(Outbox.id)
        ours = Outbox.event_type.startswith("subscription.") & Outbox.public
        rows = rows.where(Outbox.event_type.in_(topics) if topics else ours)
        return [Told(r.event_type, r.idempotency_key, r.payload or {}) for r in await uow.session.scalars(rows)]

    return await backend.ask(ada, read)


async def told(backend: Backend, *topics: str) -> list[str]:
    """List facts as `topic step`."""
    return [f"{fact.topic} {fact.step}" for fact in await facts(backend, *topics)]


async def nobody_pays(uow: UnitOfWork, tenant_ids: Any) -> set[str]:
    return set()


async def everybody_pays(uow: UnitOfWork, tenant_ids: Any) -> set[str]:
    return set(tenant_ids)
