"""Packs as tests need them: `office` is ScaiDrive pro (10 euros) and ScaiCRM contacts (20), together for 25 a month."""

from datetime import datetime
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs, provisioning
from scaicontrol.services.packs.models import PackSubscription, ServicePack
from scaicontrol.services.packs.schemas import PackIn
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads.children import children_of

from . import ada, alice
from .catalog import a_plan
from .registry import a_service
from .subscriptions import market

SCAICRM = "svc_scaicrm"
CRM_URL = "https://scaicrm.example.com/provision"


def office(**fields: Any) -> PackIn:
    """Describe the pack `office`."""
    said: dict[str, Any] = {
        "slug": "office",
        "name": "Office",
        "description": "Files and contacts together.",
        "billing_period": "monthly",
        "base_price_cents": 2500,
        "currency": "EUR",
        "items": [{"plan_id": "pln_pro"}, {"plan_id": "pln_contacts", "sort_order": 1}],
    }
    return PackIn.model_validate(said | fields)


async def shop(backend: Backend, *, crm_url: str | None = None, drive_url: str | None = None, **terms: Any) -> None:
    """Open the shop of `market` and let ScaiCRM be sold beside ScaiDrive."""
    await market(backend, provisioning_url=drive_url, **terms)
    await beside(backend, crm_url)


async def beside(backend: Backend, crm_url: str | None = None) -> None:
    """Let ScaiCRM be sold beside ScaiDrive in a shop that is open."""

    async def add(uow: UnitOfWork) -> None:
        uow.session.add(a_service("scaicrm", name="ScaiCRM", provisioning_url=crm_url))
        await uow.session.flush()
        uow.session.add_all([
            a_plan("contacts", service_id=SCAICRM, base_price_cents=2000, name="Contacts"),
            a_plan("campaigns", service_id=SCAICRM, base_price_cents=5000, name="Campaigns"),
        ])  # fmt: skip

    await backend.perform(ada, add)


async def sold(backend: Backend, **fields: Any) -> ServicePack:
    """Put `office` into the catalogue of an open shop."""
    return await backend.perform(ada, packs.create, office(**fields))


async def packed(backend: Backend, pack: str = "office", *, actor: Actor = alice, **terms: Any) -> PackSubscription:
    """Subscribe Acme, or whoever asks, to a pack; without provisioning addresses it is live at once."""
    return (await backend.perform(actor, provisioning.subscribe_pack, pack, **terms)).held


async def held(backend: Backend, pack_subscription_id: str) -> PackSubscription:
    return await backend.ask(ada, packs.get_subscription, pack_subscription_id)


def ends(row: PackSubscription) -> datetime:
    """Say when the current period of a pack subscription ends."""
    assert row.current_period_end is not None
    return row.current_period_end


async def children(backend: Backend, pack_subscription_id: str) -> list[Subscription]:
    return list(await backend.ask(ada, children_of, [pack_subscription_id]))
