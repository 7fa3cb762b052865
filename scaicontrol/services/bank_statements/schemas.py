from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import Currency, In, Moment, Out, Price

from .lifecycle import LineKind, LineStatus, WaitsFor

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]

_BALANCE: Final[JsonDict] = {"currency": "EUR", "opening_cents": 100000, "closing_cents": 111900}
_STATEMENT: Final[JsonDict] = {
    "id": "bst_1", "partner_id": "prt_northwind", "iban": "NL91ABNA0417164300", "reference": "2026-015",
    "message": "camt.053.001.08", "from_on": "2026-01-15", "to_on": "2026-01-15", "balances": [_BALANCE], "pending": 0,
    "lines": {"booked": 1}, "file_sha256": "9f…", "imported_by": "usr_ada", "created_at": "2026-01-16T08:00:00Z",
}  # fmt: skip
_LINE: Final[JsonDict] = {
    "id": "bln_1", "partner_id": "prt_northwind", "statement_id": "bst_1", "position": 1, "part": 1,
    "kind": "incoming", "status": "waiting", "waits_for": "amount", "note": "It brings 119.00 EUR.",
    "amount_cents": 11900, "currency": "EUR", "booked_on": "2026-01-15", "value_on": "2026-01-15",
    "bank_reference": "0115-1", "end_to_end_id": None, "structured_reference": None,
    "remittance": "Invoice NW-2026-000012", "counterparty_name": "Acme B.V.",
    "counterparty_iban": "NL20INGB0001234567", "bank_code": "PMNT-RCDT-ESCT", "reverses_line_id": None,
    "decided_by": None, "decided_at": None, "created_at": "2026-01-16T08:00:00Z", "available_actions": ["book"],
}  # fmt: skip


class BankBalanceOut(Out):
    """What an account held in one currency, in minor units."""

    currency: str
    opening_cents: int
    closing_cents: int


class BankStatementOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [_STATEMENT]})

    id: str
    partner_id: str
    iban: str
    reference: str
    message: str
    from_on: date | None
    to_on: date
    balances: list[BankBalanceOut]
    pending: int = Field(description="Entries that are no money yet and were left out.")
    lines: dict[LineStatus, int] = Field(description="How many lines there are of each status.")
    file_sha256: str
    imported_by: str
    created_at: Moment


class BankLineBookingOut(Out):
    """What a line did on an invoice: money that came, or less than nothing that was taken back."""

    invoice_id: str
    tenant_id: str
    amount_cents: int
    credited_cents: int = Field(description="What of it was more than the invoice asked for, and became a credit.")
    source_id: str = Field(description="The settlement it made, or the dispute by which it went back.")


class BankLineOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    id: str
    partner_id: str
    statement_id: str
    position: int
    part: int
    kind: LineKind
    status: LineStatus
    waits_for: WaitsFor | None
    note: str | None
    amount_cents: int = Field(description="Less than nothing left the account.")
    currency: str
    booked_on: date
    value_on: date | None
    bank_reference: str | None
    end_to_end_id: str | None
    structured_reference: str | None
    remittance: str | None
    counterparty_name: str | None
    counterparty_iban: str | None
    bank_code: str | None
    reverses_line_id: str | None
    decided_by: str | None
    decided_at: Moment | None
    created_at: Moment
    available_actions: list[str]


class BankLineDetail(BankLineOut):
    """A line with what it booked."""

    bookings: list[BankLineBookingOut]

    @property
    def credited_cents(self) -> int:
        """What of it became credit."""
        return sum(each.credited_cents for each in self.bookings)


class BankImportOut(Out):
    """What a file held: its statements, and how many of them were known before."""

    statements: list[BankStatementOut]
    known: int


class BankCandidateOut(Out):
    """An invoice that a line may pay, and what speaks for it: reference, amount, iban, name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "invoice_id": "inv_1", "number": "NW-2026-000012", "tenant_id": "tnt_acme", "tenant": "Acme",
                    "status": "sent", "amount_due_cents": 12100, "currency": "EUR", "due_date": "2026-01-31",
                    "evidence": ["reference", "iban"],
                }
            ]
        }
    )  # fmt: skip

    invoice_id: str
    number: str
    tenant_id: str
    tenant: str
    status: str
    amount_due_cents: int
    currency: str
    due_date: date | None
    evidence: list[str]


class BankLineFilter(In):
    """Which lines of a list; what is left out does not narrow it."""

    statement_id: Id | None = None
    partner_id: Id | None = None
    status: LineStatus | None = None
    is_open: bool | None = Field(default=None, description="Only those that nobody has decided about, or only others.")
    kind: LineKind | None = Field(default=None, description="Only lines of this kind.")
    waits_for: WaitsFor | None = Field(default=None, description="Only lines that wait for this.")
    currency: Currency | None = None


class BankStatementFilter(In):
    """Which statements of a list."""

    partner_id: Id | None = None
    iban: str | None = Field(default=None, max_length=42, description="Only those of this account.")


class BankBookIn(In):
    """What comes beyond what is due becomes a credit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"invoice_id": "inv_1"}]})

    invoice_id: Id


class BankSplitPartIn(In):
    invoice_id: Id
    amount_cents: Price = Field(ge=1, description="Minor units of the line's currency.")


class BankSplitIn(In):
    """Parts that make up all of the line; each is booked on its invoice."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"parts": [{"invoice_id": "inv_1", "amount_cents": 100}, {"invoice_id": "inv_2", "amount_cents": 50}]}
            ]
        }
    )

    parts: list[BankSplitPartIn] = Field(min_length=2, max_length=100)


class BankCreditIn(In):
    """It stands as credit of the tenant, told of by the newest of its paid invoices that was not written off."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tenant_id": "tnt_acme"}]})

    tenant_id: Id


class BankIgnoreIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Capital paid in by the owner"}]})

    reason: Reason


class BankReverseIn(In):
    """Which line's money went back; without it the one that was found at import."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"line_id": "bln_1"}]})

    line_id: Id | None = None


Column = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Words = Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(max_length=20)]


class CsvColumns(In):
    """
    Where a bank writes what: the name in the heading, or without one the number of the column from 1.

    The amount stands in `amount`, with its sign or with a word in `side`, or apart in `credit` and `debit`.
    """

    booked_on: Column
    value_on: Column | None = None
    amount: Column | None = None
    side: Column | None = Field(default=None, description="Says whether money came or went.")
    credit: Column | None = None
    debit: Column | None = None
    balance: Column | None = Field(default=None, description="What the account held after the row.")
    currency: Column | None = None
    account: Column | None = Field(default=None, description="The account's IBAN, held against the one it is for.")
    remittance: list[Column] = Field(default_factory=list, max_length=20, description="Joined with a space.")
    structured_reference: Column | None = None
    bank_reference: Column | None = None
    end_to_end_id: Column | None = None
    counterparty_name: Column | None = None
    counterparty_iban: Column | None = None
    code: Column | None = Field(default=None, description="What kind of entry it is, in the bank's words.")

    @model_validator(mode="after")
    def _one_way(self) -> "CsvColumns":
        if (self.amount is None) == (self.credit is None and self.debit is None):
            raise ValueError("name either the column amount or the columns credit and debit")
        if self.amount is None and (self.credit is None or self.debit is None or self.side is not None):
            raise ValueError("credit and debit are named together, and without side")
        return self

    def named(self) -> Iterator[str]:
        """Give every column that is named, once."""
        said = self.model_dump(exclude_none=True)
        texts = said.pop("remittance")
        return iter(dict.fromkeys([*said.values(), *texts]))


_CSV_MAPPING: Final[JsonDict] = {
    "encoding": "cp1252", "delimiter": ";", "decimal": ",", "date_format": "DD.MM.YYYY", "currency": "EUR",
    "columns": {
        "booked_on": "Buchungstag", "amount": "Betrag", "balance": "Saldo", "remittance": ["Verwendungszweck"],
        "counterparty_name": "Name", "counterparty_iban": "IBAN", "code": "Buchungstext",
    },
    "returned_words": ["RUECKLASTSCHRIFT"], "charge_words": ["ENTGELT"],
}  # fmt: skip


class CsvMappingIn(In):
    """
    How one bank writes CSV: one file is one statement, with whatever rows it has.

    Words are held against the cell as they stand. Where a code says that money was taken back, name its words: an
    entry that no word knows and that took money is spending, which asks nobody.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_CSV_MAPPING]})

    encoding: Literal["utf-8", "cp1252", "iso-8859-15"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ";"
    decimal: Literal[",", "."] = ","
    date_format: Literal[
        "YYYY-MM-DD", "YYYYMMDD", "DD.MM.YYYY", "DD.MM.YY", "DD/MM/YYYY", "DD-MM-YYYY", "MM/DD/YYYY"
    ] = "YYYY-MM-DD"
    skip_lines: int = Field(default=0, ge=0, le=100, description="Lines before the heading.")
    has_heading: bool = True
    currency: Currency = Field(description="Of rows that do not say it.")
    columns: CsvColumns
    debit_words: Words = Field(default_factory=list, description="In `side`: money went.")
    credit_words: Words = Field(default_factory=list, description="In `side`: money came.")
    reversal_words: Words = Field(default_factory=list, description="In `code`: the bank undid an entry.")
    returned_words: Words = Field(default_factory=list, description="In `code`: the other bank sent or took back.")
    charge_words: Words = Field(default_factory=list, description="In `code`: what the bank takes for itself.")

    @model_validator(mode="after")
    def _words_have_a_column(self) -> "CsvMappingIn":
        if (self.columns.side is None) != (not self.debit_words and not self.credit_words):
            raise ValueError("name the column side together with debit_words and credit_words")
        if self.columns.code is None and (self.reversal_words or self.returned_words or self.charge_words):
            raise ValueError("name the column code whose words these are")
        return self


class CsvMappingOut(Out):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "bcm_1", "iban": "NL91ABNA0417164300", "mapping": _CSV_MAPPING}]}
    )

    id: str
    partner_id: str
    iban: str
    mapping: CsvMappingIn = Field(description="As it was kept, defaults filled in.")
    version: int
    updated_at: Moment


class CsvLineOut(Out):
    """A row as it is read."""

    kind: LineKind
    amount_cents: int
    currency: str
    booked_on: date
    value_on: date | None
    bank_reference: str | None
    end_to_end_id: str | None
    structured_reference: str | None
    remittance: str | None
    counterparty_name: str | None
    counterparty_iban: str | None
    bank_code: str | None


class CsvPreviewOut(Out):
    """How a file is read: its first rows, or the sentence that refuses it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"total": 0, "lines": [], "problem": "The heading has no column 'Saldo'; it has Datum."}]
        }
    )

    total: int
    lines: list[CsvLineOut]
    problem: str | None
