from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import Exact, In, InvoicedCurrency, Moment, MomentIn, OneLine, Out
from scaicontrol.core.schemas import Price as PriceCents
from scaicontrol.media.fonts import Printed

Code = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,39}$"),
    AfterValidator(str.upper),
    Field(description="Upper and lower case are one."),
]
_EXAMPLE: JsonDict = {
    "code": "SPRING25",
    "name": "Spring offer",
    "percent": "25",
    "amount_cents": None,
    "currency": None,
    "periods": 3,
    "plan_ids": [],
    "is_stackable": False,
    "max_redemptions": 500,
    "budget_cents": None,
    "valid_from": "2026-03-01T00:00:00Z",
    "valid_to": "2026-06-01T00:00:00Z",
}


class CouponIn(In):
    """A coupon of a seller; a percentage or an amount, off the base price of so many periods, or of all."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    partner_id: Id | None = Field(default=None, description="The seller; one's own where there is only one.")
    code: Code
    name: Annotated[str, StringConstraints(min_length=1, max_length=100), OneLine, Printed] = Field(
        description="What invoices say."
    )
    percent: Annotated[Exact, Field(gt=0, le=100, decimal_places=2)] | None = None
    amount_cents: Annotated[PriceCents, Field(gt=0)] | None = None
    currency: InvoicedCurrency | None = Field(default=None, description="Of the amount, and of the budget.")
    periods: Annotated[int, Field(strict=True, ge=1, le=120)] | None = Field(
        default=None, description="How many periods are made cheaper; null for all there will be."
    )
    plan_ids: list[Id] = Field(default=[], max_length=100, description="Empty: every plan.")
    is_stackable: bool = Field(default=False, description="Whether it goes with other coupons that say so, too.")
    max_redemptions: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] | None = None
    budget_cents: Annotated[PriceCents, Field(gt=0)] | None = Field(
        default=None, description="Nobody redeems it any more once it gave so much; who has it keeps it."
    )
    valid_from: MomentIn | None = Field(default=None, description="At once, unless said otherwise.")
    valid_to: MomentIn | None = None

    @model_validator(mode="after")
    def _one_reduction(self) -> Self:
        if (self.percent is None) == (self.amount_cents is None):
            raise ValueError("Give either percent or amount_cents.")
        if (self.amount_cents is not None or self.budget_cents is not None) and self.currency is None:
            raise ValueError("An amount, and a budget, have a currency.")
        if None not in (self.valid_from, self.valid_to) and self.valid_to <= self.valid_from:  # type: ignore[operator]  # both are there
            raise ValueError("valid_to lies after valid_from.")
        return self


class CouponOut(Out):
    """A coupon with what became of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EXAMPLE,
                    "id": "cpn_01m851qp4yet0r2fk9wvt1p634",
                    "partner_id": "prt_northwind",
                    "redemptions": 12,
                    "given_cents": 30_000,
                    "ended_at": None,
                    "version": 1,
                    "created_at": "2026-02-22T10:00:00Z",
                }
            ]
        }
    )

    id: str
    partner_id: str
    code: str
    name: str
    percent: Exact | None
    amount_cents: int | None
    currency: str | None
    periods: int | None
    plan_ids: list[str]
    is_stackable: bool
    max_redemptions: int | None
    budget_cents: int | None
    valid_from: Moment
    valid_to: Moment | None
    ended_at: Moment | None
    redemptions: int
    given_cents: int = Field(description="What it took off so far, in sum of all currencies' minor units.")
    version: int
    created_at: Moment


class RedemptionOut(Out):
    """A coupon that a subscription has: what it takes off, and how many periods are left of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "cpr_01m851qp4yet0r2fk9wvt1p634",
                    "subscription_id": "sub_01m851qp4yet0r2fk9wvt1p634",
                    "tenant_id": "tnt_acme",
                    "code": "SPRING25",
                    "name": "Spring offer",
                    "percent": "25",
                    "amount_cents": None,
                    "currency": "EUR",
                    "periods": 3,
                    "taken": 1,
                    "given_cents": 250,
                    "ended_at": None,
                    "created_at": "2026-03-02T10:00:00Z",
                }
            ]
        }
    )

    id: str
    subscription_id: str
    tenant_id: str
    code: str
    name: str
    percent: Exact | None
    amount_cents: int | None
    currency: str
    periods: int | None
    taken: int = Field(description="Periods that it made cheaper so far.")
    given_cents: int
    ended_at: Moment | None
    created_at: Moment


class RedeemIn(In):
    """The code of a coupon."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "SPRING25"}]})

    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]
