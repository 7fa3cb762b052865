"""Packs: several services sold as one, and who has them."""

from typing import Annotated

import typer

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs, provisioning
from scaicontrol.services.packs.schemas import PackDetailOut, PackSubscriptionFilter, PackSubscriptionOut
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus

from .door import command

app = typer.Typer(name="packs", no_args_is_help=True, help="Packs, and who subscribed to them.")

Pack = Annotated[str, typer.Argument(help="Its id or its slug.")]
Told = Annotated[str, typer.Option("--reason", "-r", help="Why; the tenant reads it.")]
Note = Annotated[str, typer.Option("--note", help="For the audit log, instead of the reason.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    active: Annotated[bool | None, typer.Option(help="Only packs on sale, or only those that are not.")] = None,
    page: int = 1,
) -> list[dict[str, object]]:
    """List packs with their prices and items."""
    found = await packs.page(uow, PageRequest(page, 100, "sort_order"), is_active=active)
    return [
        {
            "id": pack.id,
            "slug": pack.slug,
            "billing_period": pack.billing_period,
            "price_cents": pack.price_cents,
            "currency": pack.currency,
            "items": [item.plan_key for item in pack.items],
            "is_active": pack.is_active,
            "is_public": pack.is_public,
            "version": pack.version,
        }
        for pack in await packs.shown_packs(uow, found.items)
    ]


@command(app)
async def show(uow: UnitOfWork, pack: Pack) -> PackDetailOut:
    """Show a pack with its items, its price and how many live subscriptions it has."""
    return await packs.detail_of(uow, await packs.pack_by(uow, pack))


@command(app, changes=True)
async def remove(uow: UnitOfWork, pack: Pack) -> str:
    """Remove a pack; one that anybody ever subscribed to is taken off sale instead."""
    found = await packs.pack_by(uow, pack)
    removed = await packs.delete(uow, found.id)
    await uow.write()
    if await packs.is_kept(uow, removed.id):
        return f"{removed.slug} is off sale; who has it keeps it."
    return f"{removed.slug} is gone."


@command(app)
async def subscribers(
    uow: UnitOfWork,
    pack: Annotated[str | None, typer.Option(help="Only of this pack, by its id or slug.")] = None,
    tenant: str | None = None,
    status: SubscriptionStatus | None = None,
    page: int = 1,
) -> list[PackSubscriptionOut]:
    """List subscriptions to packs with the services in each, newest first."""
    pack_id = (await packs.pack_by(uow, pack)).id if pack else None
    wanted = checked(PackSubscriptionFilter, pack_id=pack_id, tenant_id=tenant, status=status)
    found = await packs.page_of_subscriptions(uow, PageRequest(page, 50, "-created_at"), wanted)
    return await packs.shown(uow, found.items)


@command(app, changes=True)
async def subscribe(
    uow: UnitOfWork, pack: Pack, tenant: Annotated[str, typer.Option(help="Who subscribes.")]
) -> PackSubscriptionOut:
    """Subscribe a tenant to a pack and set its services up."""
    done = await provisioning.subscribe_pack(uow, pack, tenant_id=tenant)
    return await packs.stored(uow, done.held)


@command(app, changes=True)
async def cancel(
    uow: UnitOfWork,
    pack_subscription_id: str,
    immediate: Annotated[bool, typer.Option("--immediate", help="Now, not at the end of the period.")] = False,
    reason: Told = "",
    note: Note = "",
) -> PackSubscriptionOut:
    """Cancel a pack and everything in it at the end of its period, or at once."""
    done = await packs.cancel(uow, pack_subscription_id, reason or None, immediate=immediate, note=note or None)
    return await packs.stored(uow, done)


@command(app, changes=True)
async def suspend(uow: UnitOfWork, pack_subscription_id: str, reason: Told, note: Note = "") -> PackSubscriptionOut:
    """Take the right to use everything in a pack away until it is resumed."""
    return await packs.stored(uow, await packs.suspend(uow, pack_subscription_id, reason, note=note or None))


@command(app, changes=True)
async def resume(
    uow: UnitOfWork,
    pack_subscription_id: str,
    override_arrears: Annotated[bool, typer.Option(help="Although an invoice is past due.")] = False,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; kept in the audit log.")] = "",
) -> PackSubscriptionOut:
    """Undo a scheduled cancellation of a pack, or end its suspension."""
    done = await packs.resume(uow, pack_subscription_id, override_arrears=override_arrears, reason=reason or None)
    return await packs.stored(uow, done)
