from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class BankStatementImported(DomainEvent):
    """A statement of a seller's account was stored with all its lines; what they book follows line by line."""

    topic: ClassVar[str] = "bank_statement.imported"
    resource: ClassVar[str] = "statement_id"
    public: ClassVar[bool] = False

    statement_id: str
    partner_id: str
    iban: str
    reference: str
    lines: int


class BankCsvMappingKept(DomainEvent):
    """It was said how CSV files of an account are read."""

    topic: ClassVar[str] = "bank_csv_mapping.kept"
    resource: ClassVar[str] = "mapping_id"
    public: ClassVar[bool] = False

    mapping_id: str
    partner_id: str
    iban: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class BankLineFact(DomainEvent):
    resource: ClassVar[str] = "line_id"
    public: ClassVar[bool] = False

    line_id: str
    statement_id: str
    partner_id: str
    amount_cents: int
    currency: str


class BankLineBooked(BankLineFact):
    """
    Money that a statement tells of was booked on a tenant's invoices, or what had been booked was taken back.

    `amount_cents` is that tenant's part of the line: of one that is split over several tenants each is told of its own.
    """

    topic: ClassVar[str] = "bank_line.booked"

    tenant_id: str
    invoice_ids: list[str]

    @property
    def lifecycle_step(self) -> str:
        return self.tenant_id


class BankLineSetAside(BankLineFact):
    """A line waits for a person."""

    topic: ClassVar[str] = "bank_line.set_aside"

    waits_for: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class BankLineIgnored(BankLineFact):
    """A person said that a line needs no booking, and why."""

    topic: ClassVar[str] = "bank_line.ignored"

    reason: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"
