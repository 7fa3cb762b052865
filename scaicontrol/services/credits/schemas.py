from pydantic import ConfigDict, Field

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import Currency, In, Moment, Out, Text

from .models import CreditSource, CreditUseKind


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
