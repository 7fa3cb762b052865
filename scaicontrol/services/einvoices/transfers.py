"""How an open document is paid by bank transfer: what a payer types into their bank, or lets a phone read."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stdnum import iso11649 as creditor_reference

from scaicontrol.core.money import exponent

from .building import payment_of
from .document import PaymentInstructions


@dataclass(frozen=True, slots=True)
class Transfer:
    """The seller's account, the amount that is open and the reference by which the money finds its document."""

    account_holder: str
    iban: str
    bic: str
    reference: str
    amount_cents: int
    currency: str
    epc_payload: str


def open_transfer(invoice: Mapping[str, Any]) -> Transfer | None:
    """
    Say how what is open of an issued invoice is transferred, by the account its document was sealed with.

    None where nothing is open, the seller has no account, or a card or mandate pays: nobody shall pay twice.
    """
    seller, due = invoice["seller_snapshot"], invoice["amount_due_cents"]
    if invoice["document_type"] != "invoice" or invoice["status"] in {"draft", "void"} or due <= 0 or not seller:
        return None
    payment, currency = payment_of(dict(invoice), seller), invoice["currency"]
    if not payment.iban:
        return None
    payload = epc_payload(payment, Decimal(due).scaleb(-exponent(currency)), currency)
    return Transfer(payment.account_holder, payment.iban, payment.bic, payment.reference, due, currency, payload)


def epc_payload(payment: PaymentInstructions, amount: Decimal, currency: str) -> str:
    """
    Write the QR text of a SEPA credit transfer (EPC069-12, version 002), or nothing when it cannot be one.

    It takes euros between 0.01 and 999,999,999.99 to an IBAN, and at most 70 characters of name. A creditor reference
    of ISO 11649 (`RF…`) is carried apart from free text, so that banks check it; never both.
    """
    if currency != "EUR" or not payment.iban or not 0 < amount < 10**9:
        return ""
    lines = ["BCD", "002", "1", "SCT", payment.bic, payment.account_holder[:70], payment.iban, f"EUR{amount:.2f}"]
    if creditor_reference.is_valid(payment.reference):
        return "\n".join([*lines, "", str(creditor_reference.compact(payment.reference))])
    return "\n".join([*lines, "", "", payment.reference[:140]])


def grouped(iban: str) -> str:
    """Write an IBAN as people read it, in groups of four."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
