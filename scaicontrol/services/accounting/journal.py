"""
Documents into bookings: pure double entry, documents × mapping → rows.

For every document the sum over its bookings is exact to the minor unit: what the debtor is charged is the total, what
is credited to revenue the net amount, what is credited to VAT the tax. A negative amount swaps the sides, so that
every booking is positive.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from scaicontrol.core.errors import Reason

from .journal_input import DISPUTES, MONEY, MOVEMENTS, JournalInput, JournalInputLine, Kind
from .schemas import LedgerMapping, VatCode


@dataclass(frozen=True, slots=True)
class Booking:
    """One row: a positive amount from the credited to the debited account."""

    booked_on: date
    number: str
    debit: str
    credit: str
    amount: Decimal
    currency: str
    vat_code: str
    text: str
    tenant_id: str
    exchange_rate: Decimal | None = None
    base_amount: Decimal | None = None
    base_currency: str = ""

    @classmethod
    def of(cls, document: JournalInput, account: str, counter: str, cents: int, vat_code: str = "") -> "Booking":
        """Debit `account` by `cents`; less than nothing credits it."""
        debit, credit = (account, counter) if cents > 0 else (counter, account)
        amount = document.amount(abs(cents))
        foreign = (
            (document.exchange_rate, document.in_base(amount), document.base_currency) if document.is_foreign else ()
        )
        return cls(
            document.booked_on, document.number, debit, credit, amount, document.currency, vat_code, text_of(document),
            document.tenant_id, *foreign,
        )  # fmt: skip


_WORDS = {
    Kind.void: "Void ",
    Kind.payment: "Payment ",
    Kind.refund: "Refund ",
    Kind.credit: "Credit ",
    Kind.reversal: "Reversed payment ",
    Kind.wallet: "Wallet ",
    Kind.loss: "Loss ",
    Kind.withheld: "Dispute ",
    Kind.dispute_fee: "Dispute fee ",
}


def text_of(document: JournalInput) -> str:
    return f"{_WORDS.get(document.kind, '')}{document.number} {document.name}".strip()


def problems(document: JournalInput, mapping: LedgerMapping) -> list[Reason]:
    """Name everything that the mapping does not say and this document needs; nothing when it can be booked."""
    found = []
    if document.kind not in DISPUTES and debtor_of(document, mapping) is None:
        found.append(Reason("no_debtor_account", "The mapping has no debtor_account.", "mapping.debtor_account"))
    if document.kind in MONEY | DISPUTES and payment_account(document, mapping) is None:
        text = f"The mapping has no payment account for {document.method or 'payments'}, and no default."
        found.append(Reason("no_payment_account", text, "mapping.payment_accounts"))
    if (name := _OWN_ACCOUNTS.get(document.kind)) and getattr(mapping, name) is None:
        text = f"The mapping has no {name}, which {text_of(document)} needs."
        found.append(Reason(f"no_{name}", text, f"mapping.{name}"))
    if document.is_foreign and document.exchange_rate is None:
        text = (
            f"No exchange rate of {document.currency} to {document.base_currency} is known for {document.booked_on} or "
            "the week before; add or import it with `scaicontrol admin exchange-rates`."
        )
        found.append(Reason("exchange_rate_missing", text, "currency"))
    for line in document.lines:
        if revenue_account(line, mapping) is None:
            text = f"The mapping has no revenue account for lines of the kind {line.kind}, and no default."
            found.append(Reason("no_revenue_account", text, "mapping.revenue_accounts"))
        code = vat_code(document, line, mapping)
        said = f"{line.category} {line.rate.normalize():f} % in {document.country or 'no country'}"
        if code is None:
            found.append(Reason("no_vat_code", f"The mapping has no VAT code for {said}.", "mapping.vat_codes"))
        elif line.tax_cents and code.account is None:
            text = f"The VAT code {code.code} for {said} has no account to book VAT on."
            found.append(Reason("no_vat_account", text, "mapping.vat_codes"))
    return list(dict.fromkeys(found))


# What is booked on an account of its own, and which field of the mapping names it.
_OWN_ACCOUNTS: Final = {
    Kind.wallet: "wallet_account",
    Kind.loss: "loss_account",
    Kind.withheld: "disputed_account",
    Kind.dispute_fee: "dispute_fee_account",
}


def debtor_of(document: JournalInput, mapping: LedgerMapping) -> str | None:
    return mapping.debtor_accounts.get(document.tenant_id, mapping.debtor_account)


def payment_account(document: JournalInput, mapping: LedgerMapping) -> str | None:
    return mapping.payment_accounts.get(document.method, mapping.payment_accounts.get("default"))


def revenue_account(line: JournalInputLine, mapping: LedgerMapping) -> str | None:
    return line.ledger_code or mapping.revenue_accounts.get(line.kind, mapping.revenue_accounts.get("default"))


def vat_code(document: JournalInput, line: JournalInputLine, mapping: LedgerMapping) -> VatCode | None:
    """Find the code for (category, rate, buyer's country); who names more of them wins, the rate before the country."""
    fitting = [
        code
        for code in mapping.vat_codes
        if code.category == line.category
        and code.rate in (None, line.rate)
        and code.country in (None, document.country)
    ]
    return max(fitting, key=lambda code: (code.rate is not None, code.country is not None), default=None)


def bookings(document: JournalInput, mapping: LedgerMapping) -> list[Booking]:
    """
    Book net amounts and VAT apart, one row per account and VAT code; the caller has seen that there are no `problems`.

    An invoice charges the debtor, a payment relieves it, a refund or reversal charges it again; what a payment brought
    beyond what was due goes on to the credit account, and comes back from there when it is used. A loss relieves the
    debtor at the seller's cost, a wallet by what was paid in or given before. What a provider withholds for a dispute,
    and its fee, come from where payments go.
    """
    if document.kind in MOVEMENTS:
        return [Booking.of(document, row.own, row.account, row.cents) for row in gross_bookings(document, mapping)]
    debtor = _known(debtor_of(document, mapping))
    sums: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for line in document.lines:
        code = _code(document, line, mapping)
        sums["net", _known(revenue_account(line, mapping)), code.code] += line.net_cents
        if line.tax_cents:
            sums["tax", _known(code.account), code.code] += line.tax_cents
    return [
        Booking.of(document, debtor, account, cents, code)
        for (_, account, code), cents in sorted(sums.items())
        if cents
    ]


@dataclass(frozen=True, slots=True)
class GrossBooking:
    """A net amount with its VAT, as ledgers book it that work the VAT out of the code themselves."""

    own: str  # debited by `cents`: the debtor, or what a dispute has of its own
    account: str
    vat_code: str
    cents: int


def gross_bookings(document: JournalInput, mapping: LedgerMapping) -> list[GrossBooking]:
    """Sum net and VAT per revenue account and VAT code; signs as stored. Movements have no VAT code."""
    if document.kind in MOVEMENTS:
        return list(_movements(document, mapping))
    debtor = _known(debtor_of(document, mapping))
    sums: defaultdict[tuple[str, str, Decimal], int] = defaultdict(int)
    for line in document.lines:
        key = (_known(revenue_account(line, mapping)), _code(document, line, mapping).code, line.rate)
        sums[key] += line.net_cents + line.tax_cents
    return [GrossBooking(debtor, account, code, cents) for (account, code, _), cents in sorted(sums.items()) if cents]


def _movements(document: JournalInput, mapping: LedgerMapping) -> Iterator[GrossBooking]:
    """Give what a movement debits the debtor, or an account of a dispute, by; less than nothing credits it."""
    own = getattr(mapping, _OWN_ACCOUNTS[document.kind]) if document.kind in _OWN_ACCOUNTS else None
    if document.kind in DISPUTES:
        yield GrossBooking(_known(own), _known(payment_account(document, mapping)), "", document.total_cents)
        return
    debtor = _known(debtor_of(document, mapping))
    if document.kind in (Kind.loss, Kind.wallet):
        yield GrossBooking(debtor, _known(own), "", -document.total_cents)
    elif document.kind in MONEY and document.total_cents:
        cents = -document.total_cents if document.kind is Kind.payment else document.total_cents
        yield GrossBooking(debtor, _known(payment_account(document, mapping)), "", cents)
    credit = mapping.credit_account
    if document.unapplied_cents and credit not in (None, debtor):
        yield GrossBooking(debtor, _known(credit), "", document.unapplied_cents)


def _code(document: JournalInput, line: JournalInputLine, mapping: LedgerMapping) -> VatCode:
    code = vat_code(document, line, mapping)
    if code is None:
        raise ValueError(f"{document.number} was booked although its VAT code is unknown.")
    return code


def _known(account: str | None) -> str:
    if account is None:
        raise ValueError("A document was booked although an account is unknown.")
    return account


def in_order(documents: Sequence[JournalInput]) -> Iterator[JournalInput]:
    """Give documents in the one order that every export has."""
    return iter(sorted(documents, key=lambda each: each.order))
