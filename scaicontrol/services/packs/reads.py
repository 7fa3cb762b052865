"""What other features ask packs for, by name; no permission of their own: the calling verb has authorized."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from .models import PackSubscription, ServicePack

REMOVED: Final = "removed_from_pack"  # why a subscription ended that its pack holds no more


class PackNames(NamedTuple):
    """What a pack is called."""

    slug: str
    name: str


async def names_of(uow: UnitOfWork, pack_subscription_ids: Collection[str]) -> Mapping[str, PackNames]:
    """Give what the packs of these pack subscriptions are called, by the id of the subscription."""
    if not pack_subscription_ids:
        return {}
    rows = await uow.session.execute(
        select(PackSubscription.id, ServicePack.slug, ServicePack.name)
        .join(ServicePack, ServicePack.id == PackSubscription.pack_id)
        .where(PackSubscription.id.in_(pack_subscription_ids))
    )
    return {row.id: PackNames(row.slug, row.name) for row in rows}
