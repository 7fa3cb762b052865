"""What the books hear about: sealed documents and the money that moved for them, as plain values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from scaicontrol.core.money import exponent, half_up


class Kind(StrEnum):
    invoice = "invoice"
    credit_note = "credit_note"
    void = "void"  # a document that should never have been: the contrary of what it was
    payment = "payment"
    refund = "refund"
    credit = "credit"  # of a tenant's balance: applied to an invoice, or given back there
    reversal = "reversal"  # money that came and was taken back
    wallet = "wallet"  # what an invoice took of a wallet; less than nothing where it was given back there
    loss = "loss"  # of the seller's; less than nothing where it was made good
    withheld = "withheld"  # by a provider while a dispute is open; less than nothing when it is released
    dispute_fee = "dispute_fee"


def key_of(kind: Kind, document_id: str) -> str:
    """Name what is to be booked: a document that is void is there twice, once as it was and once as its contrary."""
    return f"{document_id}:{kind}" if kind is Kind.void else document_id


DOCUMENTS = frozenset({Kind.invoice, Kind.credit_note})
MONEY = frozenset({Kind.payment, Kind.refund, Kind.reversal})
SETTLEMENTS = MONEY | {Kind.credit, Kind.wallet, Kind.loss}
DISPUTES = frozenset({Kind.withheld, Kind.dispute_fee})
MOVEMENTS = SETTLEMENTS | DISPUTES


@dataclass(frozen=True, slots=True)
class JournalInputLine:
    """A position: net and VAT in minor units with the sign they are stored with; `kind` chooses the revenue account."""

    kind: str
    category: str
    rate: Decimal
    net_cents: int
    tax_cents: int
    ledger_code: str | None = None


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A stored file of a document; its bytes were held against their digest when they were read."""

    kind: str  # pdf, xml, zugferd
    format: str
    version: int
    sha256: str
    body: bytes


@dataclass(frozen=True, slots=True)
class DocumentProof:
    """What proves a document: its place in the series, its canonical JSON, its files, and it as UBL."""

    fiscal_year: int
    serial: int
    canonical_digest: str
    previous_digest: str
    canonical: bytes
    files: tuple[ArchivedFile, ...] = ()
    ubl: bytes = b""


@dataclass(frozen=True, slots=True)
class JournalInput:
    """
    One thing to book. Amounts are minor units, negative on a credit note and positive on a movement.

    `id` is that of its row, and of a void document `key_of`, so that it is not mistaken for the document as it was.

    `number` of a movement is that of the document it settles; `method` says how the money moved. `base_currency` is
    that of the books, and `exchange_rate` how much of the document's one unit of it was worth; None where it is not
    known.
    """

    kind: Kind
    id: str
    partner_id: str
    tenant_id: str
    number: str
    booked_on: date
    currency: str
    exponent: int
    total_cents: int
    country: str = ""
    name: str = ""
    lines: tuple[JournalInputLine, ...] = ()
    method: str = ""
    unapplied_cents: int = 0  # what of a movement stands on, or leaves, the tenant's credit; as stored
    base_currency: str = ""
    exchange_rate: Decimal | None = None
    sealed: DocumentProof | None = None

    @property
    def order(self) -> tuple[str, date, str, str]:
        """Where it stands in every export, whatever order it was read in."""
        return (self.kind, self.booked_on, self.number, self.id)

    def amount(self, cents: int) -> Decimal:
        return Decimal(cents).scaleb(-self.exponent)

    @property
    def is_foreign(self) -> bool:
        return self.base_currency not in ("", self.currency)

    def in_base(self, amount: Decimal) -> Decimal:
        """Convert an amount to the currency of the books, rounded once, a half away from zero."""
        if self.exchange_rate is None:
            raise ValueError(f"{self.number} was booked although no exchange rate is known.")
        places = exponent(self.base_currency)
        return Decimal(half_up((amount / self.exchange_rate).scaleb(places))).scaleb(-places)
