"""What is proposed becomes a file for the bank; the rows are first, the file can be made from them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final, TypedDict

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.periods import civil_date
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners

from .. import queries
from ..credit_transfers import pain001
from ..events import PaymentFileSent, PaymentFileWritten
from ..lifecycle import OrderLifecycle, OrderStatus
from ..models import PaymentFile, PaymentOrder
from ..schemas import PaymentFileIn
from ..sepa import sepa_iban, sepa_text

_WRITTEN: Final = "payment_file"
_MOST: Final = 5_000  # orders of one file; the others stand in the next
_AHEAD: Final = timedelta(days=60)
MEDIA_TYPE: Final = "application/xml"


@dataclass(frozen=True, slots=True)
class PaymentFileBody:
    name: str
    body: bytes


@verb
async def write(backend: Backend, actor: Actor, body: PaymentFileIn) -> PaymentFile:
    """
    Write all that is proposed of a seller into one file for its bank; nothing moves until the bank has it.

    Raises NotFound, and Refused where nothing is proposed, where the seller has no account, and for a day that is over
    or further away than sixty days.
    """
    actor.require("payment_files:manage")
    if known := backend.reached(_WRITTEN):
        return await backend.ask(actor, queries.get, known)
    written = await backend.perform(actor, _write, backend, body)
    await download(backend, actor, written.id)
    return written


async def _write(uow: UnitOfWork, backend: Backend, body: PaymentFileIn) -> PaymentFile:
    uow.authorize("payment_files:manage")
    terms = await partners.configuration(uow, body.partner_id)
    seller = partners.seller_snapshot(terms)
    if not seller.get("iban"):
        raise Refused(f"Partner {body.partner_id} has no IBAN to pay from; set one in its configuration.")
    today = civil_date(uow.now, terms.timezone)
    execute_on = body.execute_on or today
    if not today <= execute_on <= today + _AHEAD:
        raise Refused(f"A bank cannot pay on {execute_on}: name a day from {today} to {today + _AHEAD}.")
    orders = await queries.proposed(uow, body.partner_id, _MOST)
    if not orders:
        raise Refused(f"Nothing of partner {body.partner_id} is proposed to be paid; propose a credit first.")
    file = PaymentFile(
        id=new_id("pfl"),
        partner_id=body.partner_id,
        message=body.message,
        payer_name=sepa_text(seller.get("account_holder") or seller.get("legal_name") or "", 70) or "-",
        payer_iban=sepa_iban(str(seller["iban"]), "iban"),
        payer_bic=seller.get("bic") or None,
        execute_on=execute_on,
        orders=len(orders),
        total_cents=sum(order.amount_cents for order in orders),
        sha256="",
        version=1,
    )
    uow.session.add(file)
    await uow.session.flush()  # the message says when the row was made
    file.sha256 = sha256(pain001(file, orders)).hexdigest()
    for order in orders:
        order.advance(OrderLifecycle.write)
        order.file_id, order.version = file.id, order.version + 1
    uow.emit(PaymentFileWritten(**_common(file)), after={"sha256": file.sha256, "execute_on": str(execute_on)})
    await uow.session.flush()
    await backend.keep(uow, _WRITTEN, file.id)
    return file


async def download(backend: Backend, actor: Actor, file_id: str) -> PaymentFileBody:
    """
    Give a file as it was written, and keep it in the store where it is not there yet.

    Raises NotFound, Refused where the store holds another file or the rows no longer give the one that was written,
    and where an order of it was withdrawn before it was sent.
    """
    actor.require("payment_files:read")
    file, orders = await backend.ask(actor, _with_orders, file_id)
    if file.sent_at is None and any(order.status == OrderStatus.withdrawn for order in orders):
        raise Refused(f"{file} is not to be sent: an order of it was withdrawn. Propose the others anew.")
    objects = backend.ports.objects
    try:
        body = await objects.get(file.object_key)
    except NotFound:
        body = pain001(file, orders)
        if sha256(body).hexdigest() == file.sha256:
            await objects.put(file.object_key, body, MEDIA_TYPE)
    if sha256(body).hexdigest() != file.sha256:
        raise Refused(f"{file} is not what was written: its bytes do not have the hash {file.sha256}. Do not send it.")
    return PaymentFileBody(f"{file.id}.xml", body)


async def _with_orders(uow: UnitOfWork, file_id: str) -> tuple[PaymentFile, Sequence[PaymentOrder]]:
    return await queries.get(uow, file_id), await queries.of_file(uow, file_id)


@verb
async def mark_sent(uow: UnitOfWork, file_id: str) -> PaymentFile:
    """
    Write that the bank has a file; from then on its orders are settled or rejected, and none is withdrawn.

    Raises NotFound, Refused where an order of it was withdrawn.
    """
    uow.authorize("payment_files:manage")
    file = await queries.get(uow, file_id, lock=True)
    if file.sent_at is not None:
        return file
    if any(order.status == OrderStatus.withdrawn for order in await queries.of_file(uow, file_id)):
        raise Refused(f"Cannot mark {file} sent: an order of it was withdrawn.")
    file.sent_at, file.version = uow.now, file.version + 1
    uow.emit(PaymentFileSent(**_common(file)), after={"sent_at": file.sent_at.isoformat()})
    return file


class _FileFacts(TypedDict):
    """What every fact of a file says."""

    file_id: str
    partner_id: str
    orders: int
    total_cents: int


def _common(file: PaymentFile) -> _FileFacts:
    return {
        "file_id": file.id,
        "partner_id": file.partner_id,
        "orders": file.orders,
        "total_cents": file.total_cents,
    }
