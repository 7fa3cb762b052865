from typing import Annotated

from fastapi import Query

from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs, provisioning
from scaicontrol.services.packs.schemas import (
    PackDetailOut,
    PackIn,
    PackOut,
    PackSubscribeIn,
    PackSubscriptionOut,
)
from scaicontrol.services.subscriptions.schemas import CancelIn

from .door import Many, One, Paged, Paging, Router

router = Router("/service-packs", tags=["service-packs"])
admin = Router("/admin/packs", tags=["admin-packs"])


@router.get("", response_model=Many[PackOut], permission="packs:read", summary="List the packs on sale")
async def on_sale(uow: UnitOfWork) -> list[PackOut]:
    """With their items and the price the caller's partner gives."""
    return await packs.shown_packs(uow, await packs.on_sale(uow))


@router.get(
    "/subscriptions",
    response_model=Paged[PackSubscriptionOut],
    permission="subscriptions:read",
    summary="List our subscriptions to packs",
)
async def subscriptions(uow: UnitOfWork, paging: Paging) -> Page[PackSubscriptionOut]:
    """The newest first, each with the services in it."""
    page = await packs.page_of_subscriptions(uow, paging)
    by_id = {shown.id: shown for shown in await packs.shown(uow, page.items)}
    return page.shown(lambda held: by_id[held.id])


@router.get("/{slug}", response_model=One[PackOut], permission="packs:read", summary="Show a pack")
async def show(uow: UnitOfWork, slug: str) -> PackOut:
    """By its slug or its id."""
    return (await packs.shown_packs(uow, [await packs.pack_by(uow, slug)]))[0]


@router.post(
    "/{slug}/subscribe",
    response_model=One[PackSubscriptionOut],
    status_code=201,
    permission="subscriptions:subscribe",
    keyed=True,
    summary="Subscribe to a pack",
)
async def subscribe(uow: UnitOfWork, slug: str, body: PackSubscribeIn | None = None) -> PackSubscriptionOut:
    """Every service of it is set up by a workflow of its own; it may be used once all of them are."""
    method = body.payment_method_id if body else None
    done = await provisioning.subscribe_pack(uow, slug, payment_method_id=method)
    return await packs.stored(uow, done.held)


@router.post(
    "/subscriptions/{pack_subscription_id}/cancel",
    response_model=One[PackSubscriptionOut],
    permission="subscriptions:cancel",
    keyed=True,
    summary="Cancel a pack at the end of its period; a trial at once",
)
async def cancel(uow: UnitOfWork, pack_subscription_id: str, body: CancelIn | None = None) -> PackSubscriptionOut:
    """Everything in it ends with it."""
    return await packs.stored(uow, await packs.cancel(uow, pack_subscription_id, body.reason if body else None))


@admin.get("", response_model=Paged[PackOut], permission="packs:administer", summary="List packs")
async def list_packs(
    uow: UnitOfWork, paging: Paging, is_active: Annotated[bool | None, Query()] = None
) -> Page[PackOut]:
    uow.authorize("packs:administer")
    page = await packs.page(uow, paging, is_active=is_active)
    by_id = {pack.id: pack for pack in await packs.shown_packs(uow, page.items)}
    return page.shown(lambda pack: by_id[pack.id])


@admin.post(
    "",
    response_model=One[PackDetailOut],
    status_code=201,
    permission="packs:manage",
    keyed=True,
    summary="Create a pack",
)
async def create_pack(uow: UnitOfWork, body: PackIn) -> PackDetailOut:
    """Its items are plans of different services, of the pack's own billing period and currency."""
    return await packs.stored_pack(uow, await packs.create(uow, body))


@admin.get("/{pack_id}", response_model=One[PackDetailOut], permission="packs:administer", summary="Show a pack")
async def show_pack(uow: UnitOfWork, pack_id: str) -> PackDetailOut:
    """With how many live subscriptions of it there are."""
    uow.authorize("packs:administer")
    return await packs.detail_of(uow, await packs.get(uow, pack_id))


@admin.put("/{pack_id}", response_model=One[PackDetailOut], permission="packs:manage", summary="Replace a pack")
async def replace_pack(uow: UnitOfWork, pack_id: str, body: PackIn) -> PackDetailOut:
    """
    Slug, billing period and currency stay.

    Who has it keeps its price, and gets other items with its next period.
    """
    return await packs.stored_pack(uow, await packs.update(uow, pack_id, body))


@admin.delete(
    "/{pack_id}",
    response_model=One[PackOut],
    permission="packs:manage",
    summary="Remove a pack, or take it off sale",
)
async def remove_pack(uow: UnitOfWork, pack_id: str) -> PackOut:
    """One that anybody ever subscribed to is taken off sale; who has it keeps it."""
    shown = (await packs.shown_packs(uow, [await packs.get(uow, pack_id)]))[0]
    removed = await packs.delete(uow, pack_id)
    return shown.model_copy(update={"is_active": False, "version": removed.version})  # gone or off sale
