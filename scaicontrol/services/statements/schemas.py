from datetime import date

from pydantic import ConfigDict, Field

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import (
    Currency,
    DayIn,
    In,
    Moment,
    Out,
)


class StatementIn(In):
    """Which account; an operator names the tenant, a tenant has its own."""

    first: DayIn = Field(description="The first day.")
    last: DayIn = Field(description="The last day, included.")
    tenant_id: Id | None = None
    currency: Currency | None = Field(default=None, description="Default: the seller's currency.")


class StatementEntry(Out):
    """A line of an account; `kind` is invoice, credit_note, payment, refund, reversal, write_off or wallet."""

    date: date
    document: str
    kind: str
    reference: str | None
    debit_cents: int | None
    credit_cents: int | None
    balance_cents: int


class Aging(Out):
    """What is open, by days overdue."""

    not_due_cents: int = 0
    days_1_30_cents: int = 0
    days_31_60_cents: int = 0
    days_61_90_cents: int = 0
    days_over_90_cents: int = 0


class Statement(Out):
    """A tenant's account over some days, both included; a positive balance is owed by the tenant."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tenant_id": "tnt_acme",
                    "currency": "EUR",
                    "first_day": "2026-01-01",
                    "last_day": "2026-03-31",
                    "opening_cents": 0,
                    "closing_cents": 6897,
                    "entries": [],
                    "aging": {"not_due_cents": 6897},
                }
            ]
        }
    )

    tenant_id: str
    currency: str
    first_day: date
    last_day: date
    opening_cents: int
    closing_cents: int
    entries: list[StatementEntry]
    aging: Aging


class ReminderIn(In):
    """Without a level the reminder after the last one that was made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"level": 1}]})

    level: int | None = Field(default=None, ge=1, le=3)


class AccountDocumentOut(Out):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "pap_1", "kind": "payment_reminder", "invoice_id": "inv_1", "level": 1}]}
    )

    id: str
    kind: str
    invoice_id: str | None
    level: int | None
    currency: str
    to_day: date
    language: str
    filename: str
    sha256: str
    bytes: int
    template_id: str | None
    template_version: int | None
    made_at: Moment


class Reminded(Out):
    """What a reminder comes to; a rehearsal has made none yet."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"invoice_id": "inv_1", "level": 1, "paper": {"id": "pap_1"}}]}
    )

    invoice_id: str
    level: int
    paper: AccountDocumentOut | None
