from typing import Any

from pydantic import ConfigDict, Field

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, Moment, Out, Price


class PaymentOut(Out):
    id: str = Field(examples=["pay_01m851qp4yet0r2fk9wvt1p634"])
    tenant_id: str
    partner_id: str
    invoice_id: str
    payment_method_id: str | None
    provider: str = Field(examples=["sandbox"])
    external_id: str | None
    amount_cents: int
    currency: str
    status: str = Field(examples=["succeeded"])
    attempt: int
    failure_code: str | None
    failure_message: str | None
    unapplied_cents: int
    refunded_cents: int
    redirect_url: str | None
    next_retry_at: Moment | None
    succeeded_at: Moment | None
    disputed_at: Moment | None
    created_at: Moment


class RefundOut(Out):
    id: str
    payment_id: str
    credit_note_id: str
    amount_cents: int
    status: str
    external_id: str | None
    failure_message: str | None
    created_at: Moment


class PaymentMethodOut(Out):
    id: str = Field(examples=["pmt_01m851qp4yet0r2fk9wvt1p634"])
    provider: str
    type: str
    label: str = Field(examples=["Sandbox card ···· 4242"])
    last4: str | None
    expires_month: int | None
    expires_year: int | None
    country_code: str | None
    is_default: bool
    status: str
    created_at: Moment


class ProviderOut(Out):
    slug: str = Field(examples=["sandbox"])
    display_name: str
    capabilities: list[str]


class SetupIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"return_url": "https://portal.example.com/billing"}]})

    return_url: str = Field(max_length=1000)


class SetupOut(Out):
    reference: str
    client_secret: str | None
    redirect_url: str | None
    instructions: str | None


class ConfirmIn(In):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"reference": "sbs_1"}]})

    make_default: bool = True


class MethodIn(In):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"provider": "sandbox", "reference": "sbs_1", "make_default": True}]}
    )

    provider: str = Field(max_length=40)
    reference: str = Field(max_length=200)
    make_default: bool = True


class PayIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"payment_method_id": "pmt_01m851qp4yet0r2fk9wvt1p634"}]})

    payment_method_id: Id | None = None
    provider: str | None = Field(default=None, max_length=40)
    return_url: str | None = Field(default=None, max_length=1000)


class RefundIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"amount_cents": 500, "reason": "Outage"}]})

    amount_cents: Price | None = Field(default=None, ge=1)
    reason: str = Field(min_length=1, max_length=2000)


class RefundedOut(Out):
    refund: RefundOut
    refunds: list[RefundOut] = Field(description="One for each payment that is taken back, newest first.")
    credit_note_id: str
    credit_note_number: str | None


class RemovedOut(Out):
    removed: bool = True


class ReceivedOut(Out):
    received: bool = True


class PublicConfigOut(Out):
    config: dict[str, Any]
