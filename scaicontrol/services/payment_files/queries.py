from collections.abc import Sequence

from sqlalchemy import Select, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork

from .lifecycle import OrderStatus
from .models import PaymentFile, PaymentOrder
from .schemas import PaymentOrderFilter


def visible(uow: UnitOfWork) -> Select[PaymentFile]:
    """Every read of files starts here; the session's scope decides whose."""
    uow.authorize("payment_files:read")
    return select(PaymentFile)


def visible_orders(uow: UnitOfWork) -> Select[PaymentOrder]:
    """Every read of orders starts here; the session's scope decides whose."""
    uow.authorize("payment_files:read")
    return select(PaymentOrder)


async def get(uow: UnitOfWork, file_id: str, *, lock: bool = False) -> PaymentFile:
    """
    Give one file.

    Raises NotFound.
    """
    query = visible(uow).where(PaymentFile.id == file_id)
    found: PaymentFile | None = await uow.session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    if found is None:
        raise NotFound(f"There is no payment file {file_id}.")
    return found


async def order(uow: UnitOfWork, order_id: str, *, lock: bool = False) -> PaymentOrder:
    """
    Give one order.

    Raises NotFound.
    """
    query = visible_orders(uow).where(PaymentOrder.id == order_id)
    found: PaymentOrder | None = await uow.session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    if found is None:
        raise NotFound(f"There is no payment order {order_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, partner_id: str | None = None) -> Page[PaymentFile]:
    """List files, newest first."""
    query = visible(uow)
    if partner_id is not None:
        query = query.where(PaymentFile.partner_id == partner_id)
    return await paginate(uow, query, request, {"created_at": PaymentFile.created_at})


async def orders(uow: UnitOfWork, request: PageRequest, wanted: PaymentOrderFilter | None = None) -> Page[PaymentOrder]:
    """List orders, newest first."""
    wanted = wanted or PaymentOrderFilter()
    query = visible_orders(uow)
    for name, value in wanted:
        if value is not None:
            query = query.where(getattr(PaymentOrder, name) == value)
    return await paginate(uow, query, request, {"created_at": PaymentOrder.created_at})


async def proposed(uow: UnitOfWork, partner_id: str, most: int) -> Sequence[PaymentOrder]:
    """Lock and give what waits for the next file of a seller, oldest first."""
    query = (
        visible_orders(uow)
        .where(PaymentOrder.partner_id == partner_id, PaymentOrder.status == OrderStatus.proposed)
        .order_by(PaymentOrder.created_at, PaymentOrder.id)
        .limit(most)
    )
    return (await uow.session.scalars(query.with_for_update().execution_options(populate_existing=True))).all()


async def of_file(uow: UnitOfWork, file_id: str) -> Sequence[PaymentOrder]:
    """List what was written into a file, in its order."""
    query = visible_orders(uow).where(PaymentOrder.file_id == file_id)
    return (await uow.session.scalars(query.order_by(PaymentOrder.created_at, PaymentOrder.id))).all()


async def written_orders(uow: UnitOfWork, ids: Sequence[str]) -> Sequence[PaymentOrder]:
    """Give those of these orders that stand in a file and are not decided."""
    query = visible_orders(uow).where(
        PaymentOrder.id.in_(ids),
        PaymentOrder.status == OrderStatus.written,
    )
    return (await uow.session.scalars(query)).all()
