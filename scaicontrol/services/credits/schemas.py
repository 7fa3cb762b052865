from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import Currency, In, Moment, Out, Price, Text

from .models import CreditSource, CreditUseKind, ReceivableSource


class CreditUseOut(Out):
    """One use; positive takes, negative gives back what the use `reverses_id` had taken."""

    id: str
    kind: CreditUseKind
    amount_cents: int
    invoice_id: str | None
    refund_id: str | None
    reverses_id: str | None
    reference: str | None
    recorded_by: str
    created_at: Moment


class CreditOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "crd_01m851qp4yet0r2fk9wvt1p634",
                    "tenant_id": "tnt_acme",
                    "currency": "EUR",
                    "source": "overpayment",
                    "amount_cents": 100,
                    "remaining_cents": 100,
                    "is_kept": False,
                }
            ]
        }
    )

    id: str
    tenant_id: str
    partner_id: str
    currency: str
    source: CreditSource
    source_id: str
    invoice_id: str = Field(description="The credit note, or the invoice that was paid beyond what was due.")
    amount_cents: int
    remaining_cents: int
    is_kept: bool
    order_id: str | None = Field(description="The open payment order that it is held for; it is used for nothing else.")
    version: int
    created_at: Moment


class CreditDetail(CreditOut):
    """A credit with everything that became of it, and what may be done with it now."""

    uses: list[CreditUseOut]
    available_actions: list[str]


class CreditFilter(In):
    """Which credits of a list; what is left out does not narrow it."""

    tenant_id: Id | None = None
    partner_id: Id | None = None
    invoice_id: Id | None = Field(default=None, description="The credit note or overpaid invoice it came from.")
    currency: Currency | None = None
    source: CreditSource | None = Field(default=None, description="What it came from.")
    is_open: bool | None = Field(default=None, description="Whether anything of it remains.")


class CreditBalance(Out):
    """What a tenant has with its seller in one currency; `kept_cents` is the part not applied by itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"currency": "EUR", "available_cents": 2000, "kept_cents": 0}]}
    )

    currency: str
    available_cents: int
    kept_cents: int


class KeepIn(In):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"is_kept": True, "reason": "The customer wants it for the yearly invoice"}]}
    )

    is_kept: bool
    reason: Text


class SettledWith(StrEnum):
    money = "money"  # that came for its invoice
    credit = "credit"  # of the tenant
    write_off = "write_off"  # the seller bears it


_RECEIVABLE: JsonDict = {
    "id": "rcv_01m851qp4yet0r2fk9wvt1p634",
    "tenant_id": "tnt_acme",
    "currency": "EUR",
    "source": "taken_back",
    "amount_cents": 100,
    "remaining_cents": 100,
}


class ReceivableOut(Out):
    """What a tenant owes beside its documents: money of the seller's that it has twice, or without a document."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECEIVABLE]})

    id: str
    tenant_id: str
    partner_id: str
    currency: str
    source: ReceivableSource
    source_id: str = Field(description="The reversal or refund that left it.")
    invoice_id: str = Field(description="The invoice; money that is recorded for it settles this, too.")
    amount_cents: int
    remaining_cents: int
    written_off_cents: int = Field(description="What the seller bears; money that still comes takes its place.")
    version: int
    created_at: Moment


class ReceivableFilter(In):
    """Which receivables of a list; what is left out does not narrow it."""

    tenant_id: Id | None = None
    invoice_id: Id | None = None
    is_open: bool | None = Field(default=None, description="Whether anything of it remains.")


def _no_money(way: SettledWith) -> SettledWith:
    if way is SettledWith.money:
        raise ValueError("money that came is recorded for the invoice: mark it as paid, and it settles this, too")
    return way


class ReceivableSettleIn(In):
    """With credit of the tenant, oldest first, or as a loss; money is recorded for its invoice (`mark-paid`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"way": "credit", "reason": "Agreed by phone."}, {"way": "write_off", "reason": "A trifle."}]
        }
    )

    way: Annotated[SettledWith, AfterValidator(_no_money)]
    amount_cents: Price | None = Field(default=None, ge=1, description="Default: all that remains.")
    reason: Annotated[Text, StringConstraints(min_length=1, max_length=255)]
