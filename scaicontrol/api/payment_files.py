"""Payment files: what sellers' banks are told to pay back."""

from typing import Annotated

from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payment_files
from scaicontrol.services.payment_files.models import PaymentFile, PaymentOrder
from scaicontrol.services.payment_files.schemas import (
    OrderReasonIn,
    OrderSettleIn,
    PaymentFileIn,
    PaymentFileOut,
    PaymentOrderFilter,
    PaymentOrderIn,
    PaymentOrderOut,
)

from .door import One, Paged, Paging, Router, narrowing

WantedOrders = Annotated[PaymentOrderFilter, narrowing(PaymentOrderFilter)]

files = Router("/admin/payment-files", tags=["admin-payment-files"])
orders = Router("/admin/payment-orders", tags=["admin-payment-files"])


@files.get("", response_model=Paged[PaymentFileOut], permission="payment_files:read", summary="List payment files")
async def index(uow: UnitOfWork, paging: Paging, partner_id: str | None = None) -> Page[PaymentFile]:
    """Newest first."""
    return await payment_files.page(uow, paging, partner_id)


@files.post(
    "",
    response_model=One[PaymentFileOut],
    status_code=201,
    permission="payment_files:manage",
    keyed=True,
    summary="Write a payment file",
)
async def write(backend: Backend, actor: Actor, body: PaymentFileIn) -> PaymentFile:
    """All that is proposed of a seller, as pain.001; nothing moves until its bank has the file."""
    return await payment_files.write(backend, actor, body)


@files.get(
    "/{file_id}", response_model=One[PaymentFileOut], permission="payment_files:read", summary="Read a payment file"
)
async def read(uow: UnitOfWork, file_id: str) -> PaymentFile:
    return await payment_files.get(uow, file_id)


@files.get(
    "/{file_id}/download", response_class=Response, permission="payment_files:read", summary="Download a payment file"
)
async def download(backend: Backend, actor: Actor, file_id: str) -> Response:
    """The bytes that were written, held against their hash."""
    file = await payment_files.download(backend, actor, file_id)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
    return Response(file.body, media_type="application/xml", headers=headers)


@files.post(
    "/{file_id}/mark-sent",
    response_model=One[PaymentFileOut],
    permission="payment_files:manage",
    summary="Say that the bank has a payment file",
)
async def mark_sent(uow: UnitOfWork, file_id: str) -> PaymentFile:
    """From then on none of its orders is withdrawn."""
    return await payment_files.mark_sent(uow, file_id)


@orders.get("", response_model=Paged[PaymentOrderOut], permission="payment_files:read", summary="List payment orders")
async def order_index(uow: UnitOfWork, paging: Paging, wanted: WantedOrders) -> Page[PaymentOrder]:
    """Newest first."""
    return await payment_files.orders(uow, paging, wanted)


@orders.post(
    "",
    response_model=One[PaymentOrderOut],
    status_code=201,
    permission="payment_files:manage",
    keyed=True,
    summary="Propose a credit to be paid back by transfer",
)
async def propose(uow: UnitOfWork, body: PaymentOrderIn) -> PaymentOrder:
    """It stands in the next file of its seller; the credit is held for it."""
    return await payment_files.propose(uow, body)


@orders.get(
    "/{order_id}", response_model=One[PaymentOrderOut], permission="payment_files:read", summary="Read a payment order"
)
async def read_order(uow: UnitOfWork, order_id: str) -> PaymentOrder:
    return await payment_files.order(uow, order_id)


@orders.post(
    "/{order_id}/settle",
    response_model=One[PaymentOrderOut],
    permission="payment_files:manage",
    keyed=True,
    summary="Say that the money of an order left",
)
async def settle(uow: UnitOfWork, order_id: str, body: OrderSettleIn) -> PaymentOrder:
    """The credit is used; a bank statement that names the order does this by itself."""
    return await payment_files.settle(uow, order_id, body)


@orders.post(
    "/{order_id}/reject",
    response_model=One[PaymentOrderOut],
    permission="payment_files:manage",
    summary="Say that the bank did not carry an order out",
)
async def reject(uow: UnitOfWork, order_id: str, body: OrderReasonIn) -> PaymentOrder:
    """Its credit is free again."""
    return await payment_files.reject(uow, order_id, body)


@orders.post(
    "/{order_id}/withdraw",
    response_model=One[PaymentOrderOut],
    permission="payment_files:manage",
    summary="Withdraw an order that the bank does not have",
)
async def withdraw(uow: UnitOfWork, order_id: str, body: OrderReasonIn) -> PaymentOrder:
    """Its credit is free again; a file that it stands in is not to be sent."""
    return await payment_files.withdraw(uow, order_id, body)
