"""Deeds about what sellers' banks are told to pay back."""

from scaicontrol.core.backend import Backend
from scaicontrol.services import payment_files
from scaicontrol.services.payment_files.schemas import OrderReasonIn
from tests.factories import NORTHWIND, petra
from tests.factories.bank_statements import ACME_IBAN
from tests.factories.payment_files import in_a_file, owed_back, proposed

from .deed import WHY, Deed
from .doors import Cli, Console, Rest

_ORDERS, _FILES = "/admin/payment-orders/{order_id}", "/admin/payment-files/{file_id}"
_PAYEE = {"payee_name": "Acme B.V.", "payee_iban": ACME_IBAN}


async def _a_credit(backend: Backend) -> str:
    return (await owed_back(backend)).id


async def _a_held_credit(backend: Backend) -> str:
    return (await proposed(backend)).credit_id


async def _a_seller(backend: Backend) -> str:
    await proposed(backend)
    return NORTHWIND


async def _a_seller_without(_: Backend) -> str:
    return NORTHWIND


async def _an_order(backend: Backend) -> str:
    return (await in_a_file(backend)).id


async def _a_proposal(backend: Backend) -> str:
    return (await proposed(backend)).id


async def _withdrawn(backend: Backend) -> str:
    order_id = await _an_order(backend)
    await backend.perform(petra, payment_files.withdraw, order_id, OrderReasonIn(reason="By mistake."))
    return order_id


async def _a_file(backend: Backend) -> str:
    return str((await in_a_file(backend)).file_id)


async def _a_file_that_is_off(backend: Backend) -> str:
    return str((await backend.ask(petra, payment_files.order, await _withdrawn(backend))).file_id)


async def _nowhere(_: Backend) -> str:
    return "por_nowhere"


PAYMENT_FILES = (
    Deed(
        "payment_files.propose", "payment_files:manage", _a_credit,
        {"no such credit": _nowhere, "held": _a_held_credit},
        (
            Rest("POST /admin/payment-orders", {"credit_id": "{id}", **_PAYEE}),
            Cli("admin payment-files propose", ("{id}", "--name", "Acme B.V.", "--iban", ACME_IBAN)),
            Console("payment-order", "propose", {"credit_id": "{id}", **_PAYEE}),
        ),
    ),
    Deed(
        "payment_files.write", "payment_files:manage", _a_seller, {"nothing proposed": _a_seller_without},
        (
            Rest("POST /admin/payment-files", {"partner_id": "{id}"}), Cli("admin payment-files write"),
            Console("payment-file", "write", {"partner": "{id}", "message": "pain.001.001.09"}),
        ),
    ),
    Deed(
        "payment_files.mark_sent", "payment_files:manage", _a_file, {"withdrawn": _a_file_that_is_off},
        (
            Rest(f"POST {_FILES}/mark-sent"), Cli("admin payment-files mark-sent"),
            Console("payment-file", "mark_sent"),
        ),
    ),
    Deed(
        "payment_files.settle", "payment_files:manage", _an_order,
        {"no such order": _nowhere, "in no file": _a_proposal},
        (
            Rest(f"POST {_ORDERS}/settle", {"reference": "ABN 9"}),
            Cli("admin payment-files settle", ("{id}", "--reference", "ABN 9")),
            Console("payment-order", "settle", {"reference": "ABN 9"}),
        ),
    ),
    Deed(
        "payment_files.reject", "payment_files:manage", _an_order,
        {"no such order": _nowhere, "in no file": _a_proposal},
        (
            Rest(f"POST {_ORDERS}/reject", WHY), Cli("admin payment-files reject", ("{id}", "--reason", WHY["reason"])),
            Console("payment-order", "reject", WHY),
        ),
    ),
    Deed(
        "payment_files.withdraw", "payment_files:manage", _an_order,
        {"no such order": _nowhere, "withdrawn": _withdrawn},
        (
            Rest(f"POST {_ORDERS}/withdraw", WHY),
            Cli("admin payment-files withdraw", ("{id}", "--reason", WHY["reason"])),
            Console("payment-order", "withdraw", WHY),
        ),
    ),
)  # fmt: skip
