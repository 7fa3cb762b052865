"""What waits for a person when the three months end, so that every page of the console has something to do."""

from typing import Final

from sqlalchemy import select

from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import accounting, catalog, invoices, provisioning, tenants, uploads, webhooks
from scaicontrol.services.accounting.schemas import IntegrationIn
from scaicontrol.services.catalog.schemas import PriceOverrideIn
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.provisioning import Subscribed
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn

from .loading import OPERATOR, operator_actor
from .world import BOOKS, BUYERS, SIGNATURE

_DECLINED_CENTS: Final = 2501  # the sandbox declines what ends in 01


async def agree_on_a_price(backend: Backend) -> None:
    """Bert subscribes Verde at an agreed price, and its card is declined: the payment waits to be tried again."""

    async def order(uow: UnitOfWork) -> Subscribed:
        return await provisioning.subscribe(
            uow, "scaicrm.starter", tenant_id="tnt_verde", trial_days=0, unit_price_cents=_DECLINED_CENTS
        )

    await backend.perform(operator_actor("usr_bert"), order)


async def lose_an_address(backend: Backend) -> None:
    """Costa moves and has no city yet: what is due is set aside until it has."""
    body = AdminBillingProfileIn.model_validate({**BUYERS["tnt_costa"], "city": None})
    await backend.perform(OPERATOR, tenants.save_billing_profile, "tnt_costa", body)


async def ask_to_void(backend: Backend) -> None:
    """Bert wants to void what De Zwarte Kat never paid: another person decides."""
    oldest = await backend.ask(OPERATOR, _oldest_open, "tnt_zwarte_kat")
    try:
        await backend.perform(operator_actor("usr_bert"), invoices.void, oldest, "It went out of business")
    except ApprovalRequired:
        return  # its plan waits, as it should


async def move_the_ledger(backend: Backend) -> None:
    """The old ledger is not where it was: what it is told of is dead until somebody says where it went."""
    address = f"{backend.settings.public_base_url}/_dev/subscriber/hooks/ledger?status=404"
    body = WebhookEndpointIn(name="Old ledger", target_url=address, topics=["invoice.paid", "invoice.finalized"])
    await webhooks.create(backend, OPERATOR, body)


async def keep_books(backend: Backend) -> None:
    """ScaiLabs exports what it books from now on."""
    await accounting.create(backend, OPERATOR, IntegrationIn.model_validate({**BOOKS, "partner_id": "prt_operator"}))


async def give_a_price(backend: Backend) -> None:
    """Northwind pays less for the largest plan, if it ever sells it; and ScaiSign gets its picture."""
    plan = await backend.ask(OPERATOR, catalog.plan_by, "scaigrid.enterprise")
    body = PriceOverrideIn.model_validate(
        {"plan_id": plan.id, "markup_percent": "-15", "currency": plan.currency, "valid_from": backend.clock.now()}
    )
    await backend.perform(OPERATOR, catalog.add_override, "prt_northwind", body)
    await uploads.upload_icon(backend, OPERATOR, SIGNATURE.encode())


async def _oldest_open(uow: UnitOfWork, tenant_id: str) -> str:
    owed = select(Invoice.id).where(Invoice.tenant_id == tenant_id, Invoice.status == InvoiceStatus.past_due)
    return str((await uow.session.scalars(owed.order_by(Invoice.finalized_at).limit(1))).one())
