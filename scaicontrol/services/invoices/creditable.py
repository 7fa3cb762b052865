"""What may still be given back of invoice lines, as plain values, for whoever plans credit notes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from . import crediting
from .crediting import Amounts
from .models import Invoice


@dataclass(frozen=True, slots=True)
class VatShare:
    """A VAT group of an invoice: what it holds, and what its credit notes have given back of it."""

    category: str
    rate: Decimal
    net_cents: int
    tax_cents: int
    given_net_cents: int = 0
    given_tax_cents: int = 0

    def after(self, net_cents: int, tax_cents: int) -> "VatShare":
        """Count what one more note gives back."""
        given = self.given_net_cents + net_cents, self.given_tax_cents + tax_cents
        return replace(self, given_net_cents=given[0], given_tax_cents=given[1])


@dataclass(frozen=True, slots=True)
class Creditable:
    """A line of a finalized invoice, and how much of it is left to give back, net."""

    invoice_id: str
    number: str
    line_id: str
    charge_id: str | None
    left_cents: int
    share: VatShare


def tax_of(share: VatShare, net_cents: int) -> int:
    """Give the VAT that goes back with the next net cents of a group, as the credit note will carry it."""
    return crediting.tax_given_back(
        share.rate,
        Amounts(share.net_cents, share.tax_cents),
        Amounts(share.given_net_cents, share.given_tax_cents),
        net_cents,
    )


def lines_of(invoice: Invoice, notes: Iterable[Invoice]) -> list[Creditable]:
    """Hold an invoice against its credit notes; both with their lines."""
    lines = crediting.charged_lines(invoice)
    held = crediting.balance(lines, notes)
    shares: dict[crediting.Key, VatShare] = {}
    for key in held.vat_groups():
        whole, given = held.group(key), held.group_given(key)
        shares[key] = VatShare(*key, whole.net_cents, whole.tax_cents, given.net_cents, given.tax_cents)
    return [
        Creditable(
            invoice.id,
            invoice.number or "",
            line.id,
            line.billing_charge_id,
            held.rest_of(line).net_cents,
            shares[crediting.key_of(line)],
        )
        for line in lines
    ]
