"""Subscriptions by what names one of them exactly, as somebody may have typed it."""

from typing import NamedTuple

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from ..models import Subscription


class NamedRow(NamedTuple):
    """A subscription, and whose it is."""

    tenant_id: str
    subscription_id: str


async def named(uow: UnitOfWork, partner_id: str, typed: str) -> list[NamedRow]:
    """
    Give the subscriptions of a seller that have this id or external reference, to the letter.

    Databases may take `ref-1` for `REF-1`. No permission of its own: the calling verb has authorized.
    """
    its = Subscription
    is_it = (its.external_reference == typed) | (its.id == typed)
    query = (
        select(its.tenant_id, its.id, its.external_reference)
        .where(its.partner_id == partner_id, is_it)
        .order_by(its.id)
    )
    found = await uow.session.execute(query)
    return [NamedRow(tenant_id, its_id) for tenant_id, its_id, reference in found if typed in (its_id, reference)]
