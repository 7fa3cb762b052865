from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, Moment, MomentIn, OneLine, Out, Price

from .lifecycle import OrderStatus

Message = Annotated[str, StringConstraints(pattern=r"^pain\.001\.001\.(03|09)$")]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=255), OneLine]


class PaymentOrderIn(In):
    """Whom a credit is paid back to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credit_id": "crd_01m851qp4yet0r2fk9wvt1p634",
                    "payee_name": "Acme B.V.",
                    "payee_iban": "NL20INGB0001234567",
                }
            ]
        }
    )

    credit_id: Id
    payee_name: Annotated[str, StringConstraints(min_length=1, max_length=70), OneLine]
    payee_iban: Annotated[str, StringConstraints(min_length=5, max_length=42)]
    amount_cents: Price | None = Field(default=None, ge=1, description="Default: all that remains.")
    remittance: Annotated[str, StringConstraints(min_length=1, max_length=140), OneLine] | None = Field(
        default=None, description="What the payee reads; default: the credit and its document."
    )


class PaymentFileIn(In):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"partner_id": "prt_northwind", "message": "pain.001.001.09"}]}
    )

    partner_id: Id
    message: Message = Field(default="pain.001.001.09", description="As the bank wants it.")
    execute_on: date | None = Field(default=None, description="Default: today, where the seller is.")


class OrderSettleIn(In):
    """That the money left: the bank's reference, and when."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reference": "2026-015/3", "paid_at": "2026-02-03T10:00:00Z"}]}
    )

    reference: Reason
    paid_at: MomentIn | None = Field(default=None, description="Default: now.")


class OrderReasonIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "AC04: the account is closed."}]})

    reason: Reason


class PaymentOrderFilter(In):
    """Which orders of a list; what is left out does not narrow it."""

    partner_id: Id | None = None
    tenant_id: Id | None = None
    credit_id: Id | None = None
    file_id: Id | None = None
    status: OrderStatus | None = None


class PaymentOrderOut(Out):
    id: str
    tenant_id: str
    partner_id: str
    credit_id: str
    file_id: str | None
    status: OrderStatus
    amount_cents: int
    currency: str
    payee_name: str
    payee_iban: str
    remittance: str
    end_to_end_id: str = Field(examples=["por-01m851qp4yet0r2fk9wvt1p634"])
    note: str | None
    closed_at: Moment | None
    version: int
    created_at: Moment


class PaymentFileOut(Out):
    id: str
    partner_id: str
    message: str
    payer_name: str
    payer_iban: str
    execute_on: date
    orders: int
    total_cents: int
    sha256: str
    sent_at: Moment | None
    version: int
    created_at: Moment
