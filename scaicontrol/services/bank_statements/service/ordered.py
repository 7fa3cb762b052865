"""What left by order of a payment file: the statement that names an order settles it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payment_files
from scaicontrol.services.payment_files.schemas import OrderSettleIn

from .. import queries
from ..lifecycle import LineKind
from ..models import BankLine
from .booking import midnight

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Paid:
    order_id: str
    reference: str
    paid_at: datetime


async def settle_ordered(backend: Backend, actor: Actor, statement_ids: Collection[str]) -> None:
    """Settle orders whose transfer these statements tell of; one that is refused stays written, for a person."""
    by_order = replace(backend, execution=None)
    for paid in await backend.ask(actor, _paid, statement_ids):
        body = OrderSettleIn(reference=paid.reference, paid_at=paid.paid_at)
        try:
            await by_order.perform(actor, payment_files.settle, paid.order_id, body)
        except ControlError as error:
            log.warning("payment_order_not_settled", order_id=paid.order_id, error=error.message)


async def _paid(uow: UnitOfWork, statement_ids: Collection[str]) -> list[_Paid]:
    """Name what left with the name of an order, in exactly its amount, from an account of its seller."""
    query = queries.visible_lines(uow).where(
        BankLine.statement_id.in_(statement_ids),
        BankLine.kind == LineKind.outgoing,
        BankLine.end_to_end_id.startswith("por-"),
    )
    lines = {str(line.end_to_end_id).replace("-", "_"): line for line in await uow.session.scalars(query)}
    found = []
    for order in await payment_files.written_orders(uow, sorted(lines)):
        line = lines[order.id]
        if (line.partner_id, -line.amount_cents, line.currency) == (
            order.partner_id, order.amount_cents, order.currency,
        ):  # fmt: skip
            statement = await queries.get(uow, line.statement_id)
            reference = f"{statement.reference}/{line.position}"
            found.append(_Paid(order.id, reference, await midnight(uow, line)))
    return found
