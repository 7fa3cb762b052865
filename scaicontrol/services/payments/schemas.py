from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, Moment, MomentIn, Out, Price, Text, Word
from scaicontrol.services.credits.schemas import CreditDetail

from .lifecycle import DisputeState, MismatchDecision, PaymentState


class PaymentOut(Out):
    id: str = Field(examples=["pay_01m851qp4yet0r2fk9wvt1p634"])
    tenant_id: str
    partner_id: str
    invoice_id: str
    payment_method_id: str | None
    provider: str = Field(examples=["sandbox"])
    account_id: str = Field(description="Through which account; `installation` is the installation's own.")
    external_id: str | None
    amount_cents: int
    currency: str
    status: str = Field(examples=["succeeded"])
    attempt: int
    failure_code: str | None
    failure_message: str | None
    received_cents: int = Field(description="What the provider took.")
    unapplied_cents: int = Field(description="What settled nothing when it came; it became a credit.")
    refunded_cents: int
    promised_cents: int = Field(description="Promised to refunds that are not carried out yet.")
    returned_cents: int = Field(description="What went back because the payment failed after all.")
    lost_cents: int = Field(description="What disputes have taken back.")
    disputed_cents: int = Field(description="What open disputes are about.")
    reported_cents: int | None = Field(description="What the provider says and could not be booked.")
    reported_currency: str | None
    mismatch_decision: MismatchDecision | None = Field(description="What a person said counts; none yet: it waits.")
    redirect_url: str | None
    next_retry_at: Moment | None
    succeeded_at: Moment | None
    disputed_at: Moment | None
    created_at: Moment


class PaymentFilter(In):
    """Which payments of a list; what is left out does not narrow it."""

    status: PaymentState | None = None
    tenant_id: Id | None = None
    invoice_id: Id | None = None
    is_mismatched: bool | None = Field(default=None, description="Whether a person has to decide what counts.")
    is_uncollected: bool | None = Field(default=None, description="Whether it was the last to fail and is owed.")
    q: Word | None = Field(default=None, description="How its id, or the provider's name for it, begins.")


class DisputeFilter(In):
    """Which disputes of a list; what is left out does not narrow it."""

    status: DisputeState | None = Field(default=None, description="`opened` waits for somebody.")
    tenant_id: Id | None = None
    invoice_id: Id | None = None
    payment_id: Id | None = Field(default=None, description="The payment, or the money recorded by hand.")


class MismatchIn(In):
    """What counts where the provider says another amount or currency than could be booked, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"decision": "accept", "reason": "Captured in part, as agreed by mail."},
                {"decision": "accept", "amount_cents": 1120, "reason": "12.10 USD at the rate of its settlement."},
                {"decision": "keep", "reason": "The provider corrected its report."},
            ]
        }
    )

    decision: MismatchDecision
    amount_cents: Price | None = Field(
        default=None, ge=0, description="Accepting another currency: what it came to in the payment's own."
    )
    reason: Annotated[Text, StringConstraints(min_length=1, max_length=500)]


_DISPUTE: JsonDict = {
    "invoice_id": "inv_01m851qp4yet0r2fk9wvt1p634",
    "reason": "The debtor's bank returned the direct debit (MD06).",
    "reference": "RTRN-2026-0042",
    "outcome": "lost",
    "fee_cents": 350,
}


class DisputeIn(In):
    """What a bank statement tells of money that is asked back, or has gone back where an outcome is given."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DISPUTE]})

    invoice_id: Id
    payment_id: Id | None = Field(
        default=None, description="Which payment, or money recorded by hand, of the invoice; default: its only one."
    )
    amount_cents: Price | None = Field(default=None, ge=1, description="Default: all that the payment still holds.")
    reason: Annotated[Text, StringConstraints(min_length=1, max_length=200)]
    reference: Annotated[Word, StringConstraints(min_length=1, max_length=200)] = Field(
        description="The bank's own; the same one records once."
    )
    fee_cents: Price = Field(default=0, ge=0, description="What the bank charges for it, in the payment's currency.")
    opened_at: MomentIn | None = Field(default=None, description="Default: now.")
    evidence_due_at: MomentIn | None = None
    outcome: Literal["won", "lost", "withdrawn"] | None = None


class DisputeCloseIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "won", "fee_cents": 0}]})

    outcome: Literal["won", "lost", "withdrawn"]
    fee_cents: Price | None = Field(default=None, ge=0, description="What it cost in all; default: as recorded.")


class DisputeOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "dsp_1", "status": "opened", **_DISPUTE}]})

    id: str
    tenant_id: str
    partner_id: str
    payment_id: str | None
    invoice_id: str
    source_id: str = Field(description="The payment, or the money that was recorded by hand.")
    provider: str
    external_id: str
    status: DisputeState
    amount_cents: int
    currency: str
    reason: str | None
    withheld_cents: int
    lost_cents: int
    fee_cents: int
    outcome: str | None = Field(description="Of a lost one: `reopen` or `write_off`.")
    opened_at: Moment
    evidence_due_at: Moment | None
    closed_at: Moment | None
    version: int


class RefundOut(Out):
    id: str
    payment_id: str
    credit_id: str | None
    credit_note_id: str | None = Field(description="None where no sale was corrected.")
    amount_cents: int
    status: str
    external_id: str | None
    failure_message: str | None
    released_at: Moment | None = Field(description="When it was given up: the credit it held is free again.")
    went_after_all: bool = Field(default=False, description="It was given up, and went after all.")
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
    mandate_reference: str | None = Field(description="Of a SEPA direct debit: the mandate its debits name.")
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
    refunds: list[RefundOut] = Field(
        description="One for each credit and each payment that is taken back, newest payment first."
    )
    credit_note_id: str | None = Field(description="The note that was written; none where earlier ones gave it all.")
    credit_note_number: str | None


class PayBackWay(StrEnum):
    card = "card"
    transfer = "transfer"


class PayBackIn(In):
    """Through the provider that took the money, or outside any: then with its reference and the day it left."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"way": "card", "amount_cents": 100},
                {"way": "transfer", "reference": "ABN 4711", "paid_at": "2026-02-03T10:00:00Z"},
            ]
        }
    )

    way: PayBackWay
    amount_cents: Price | None = Field(default=None, ge=1, description="Default: all that remains.")
    reference: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    paid_at: MomentIn | None = Field(default=None, description="Default: now.")

    @model_validator(mode="after")
    def _reference_of_a_transfer(self) -> Self:
        if (self.way is PayBackWay.transfer) != (self.reference is not None):
            raise ValueError("a transfer has a reference, and only a transfer has one")
        if self.paid_at is not None and self.way is not PayBackWay.transfer:
            raise ValueError("only a transfer says when it was paid; the provider says it of a card")
        return self


class PaidBackOut(Out):
    """What was paid back of a credit; by card one refund for each payment that is taken back, newest first."""

    credit: CreditDetail
    refunds: list[RefundOut]


class RemovedOut(Out):
    removed: bool = True


class ReceivedOut(Out):
    received: bool = True


class PublicConfigOut(Out):
    config: dict[str, Any]
