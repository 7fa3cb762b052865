"""Credits of Acme that Northwind's bank is told to pay back."""

from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.services import credits, payment_files
from scaicontrol.services.credits.models import Credit
from scaicontrol.services.credits.schemas import KeepIn
from scaicontrol.services.payment_files.models import PaymentFile, PaymentOrder
from scaicontrol.services.payment_files.schemas import PaymentFileIn, PaymentOrderIn
from tests.factories import NORTHWIND, petra
from tests.factories.bank_statements import ACME_IBAN
from tests.factories.credits import credited, open_credits, transferred
from tests.factories.invoices import a_line, sent


async def owed_back(backend: Backend, net: int = 1000) -> Credit:
    """What a credit note left of an invoice that was paid by transfer."""
    found = await open_credits(backend)
    known = {each.id for each in found}
    for each in found:
        if not each.is_kept and each.order_id is None:  # or the next invoice would take it
            await backend.perform(petra, credits.keep, each.id, KeepIn(is_kept=True, reason="For another test."))
    invoice = await sent(backend, a_line(net))
    await transferred(backend, invoice)
    await credited(backend, invoice)
    (credit,) = [each for each in await open_credits(backend) if each.id not in known]
    return credit


def order_body(credit_id: str, **more: Any) -> PaymentOrderIn:
    return PaymentOrderIn(**{"credit_id": credit_id, "payee_name": "Acme B.V.", "payee_iban": ACME_IBAN, **more})


async def proposed(backend: Backend, **more: Any) -> PaymentOrder:
    credit = await owed_back(backend)
    return await backend.perform(petra, payment_files.propose, order_body(credit.id, **more))


async def written(backend: Backend, **more: Any) -> PaymentFile:
    return await payment_files.write(backend, petra, PaymentFileIn(partner_id=NORTHWIND, **more))


async def in_a_file(backend: Backend, **more: Any) -> PaymentOrder:
    order = await proposed(backend, **more)
    await written(backend)
    return await backend.ask(petra, payment_files.order, order.id)
