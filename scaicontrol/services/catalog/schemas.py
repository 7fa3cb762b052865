from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.schemas import Exact, In, InvoicedCurrency, JsonObject, Moment, MomentIn, OneLine, Out, RowVersion
from scaicontrol.core.schemas import Price as PriceCents
from scaicontrol.media.fonts import Printed

from .brackets import PriceModel

PlanSlug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
MetricSlug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Label = Annotated[str, StringConstraints(max_length=40), OneLine, Printed]
Amount = Annotated[Exact, Field(ge=0)]


class Features(In):
    """What a plan offers, in words, and the unit it is counted in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": ["1 TB of storage"], "unit": "user"}]})

    items: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(default=[], max_length=50)
    unit: Label = ""


class UsagePriceIn(In):
    """One bracket of a metric: from `tier_start`, inclusive, to `tier_end`, exclusive; null = open."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "metric_slug": "api_calls",
                    "tier_start": "0",
                    "tier_end": "10000",
                    "unit_price_cents": 5,
                    "unit_divisor": 1000,
                    "unit_label": "call",
                }
            ]
        }
    )

    metric_slug: MetricSlug
    tier_start: Amount = Decimal(0)
    tier_end: Amount | None = None
    unit_price_cents: PriceCents
    unit_divisor: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)] = 1
    unit_label: Label = ""
    price_model: PriceModel = Field(
        default=PriceModel.graduated,
        description="How the brackets of the metric are read; all of one metric alike. `graduated`: each prices the "
        "units in it. `volume`: the one that the whole quantity falls into prices all of it. `package`: as graduated, "
        "in whole packages of `unit_divisor` units.",
    )
    flat_price_cents: PriceCents = Field(default=0, description="Charged once where the bracket is used.")


class UsagePriceOut(Out):
    model_config = ConfigDict(json_schema_extra=UsagePriceIn.model_config["json_schema_extra"])

    metric_slug: str
    tier_start: Exact
    tier_end: Exact | None
    unit_price_cents: int
    unit_divisor: int
    unit_label: str
    price_model: PriceModel
    flat_price_cents: int


_PLAN_EXAMPLE: dict[str, Any] = {
    "service_id": "svc_01m851qp4yet0r2fk9wvt1p634",
    "slug": "pro",
    "name": "Pro",
    "description": "For teams",
    "tier": "pro",
    "billing_period": "monthly",
    "base_price_cents": 1000,
    "currency": "EUR",
    "features": {"items": ["1 TB of storage"], "unit": "user"},
    "quotas": {"storage_gb": 1000},
    "is_active": True,
    "is_public": True,
    "trial_days": 0,
    "term_months": None,
    "setup_price_cents": 0,
    "minimum_use_cents": 0,
    "cost_multiplier": "1",
    "sort_order": 10,
    "metadata": {},
}


class PlanIn(In):
    """A whole plan; `version` guards a replacement against a colleague who was faster."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_PLAN_EXAMPLE,
                    "usage_pricing": [
                        {"metric_slug": "storage_gb", "tier_start": "0", "tier_end": None, "unit_price_cents": 2}
                    ],
                }
            ]
        }
    )

    service_id: Id
    slug: PlanSlug
    name: Annotated[str, StringConstraints(min_length=1, max_length=120), OneLine, Printed]
    description: Annotated[str, StringConstraints(max_length=4000)] = ""
    tier: Label = ""
    billing_period: BillingPeriod
    base_price_cents: PriceCents
    currency: InvoicedCurrency
    features: Features = Features()
    quotas: dict[MetricSlug, Annotated[int, Field(strict=True, ge=0, le=10**15)]] = Field(default={}, max_length=100)
    is_active: bool = True
    is_public: bool = True
    trial_days: Annotated[int, Field(strict=True, ge=0, le=365)] = 0
    term_months: Annotated[int, Field(strict=True, ge=1, le=120)] | None = None
    setup_price_cents: PriceCents = Field(default=0, description="Charged once, with the first paid period.")
    minimum_use_cents: PriceCents = Field(
        default=0, description="What the use of a whole period is charged at least; the rest is added when it closes."
    )
    cost_multiplier: Annotated[Exact, Field(gt=0, le=1000, decimal_places=4)] = Decimal(1)
    sort_order: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0
    metadata: JsonObject = Field(default={}, max_length=50)
    usage_pricing: list[UsagePriceIn] = Field(default=[], max_length=500)
    version: RowVersion | None = None


class PlanOut(Out):
    """A plan with its usage prices; `plan_key` is the stable reference."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_PLAN_EXAMPLE,
                    "id": "pln_01m851qp4yet0r2fk9wvt1p634",
                    "plan_key": "scaidrive.pro",
                    "mrr_amount_cents": 1000,
                    "usage_pricing": [],
                    "plan_version": 1,
                    "version": 1,
                    "created_at": "2026-11-22T10:00:00Z",
                    "updated_at": "2026-11-22T10:00:00Z",
                }
            ]
        }
    )

    id: str
    service_id: str
    plan_key: str = Field(validation_alias="key")
    slug: str
    name: str
    description: str
    tier: str
    billing_period: BillingPeriod
    base_price_cents: int
    currency: str
    mrr_amount_cents: int
    features: dict[str, Any]
    quotas: dict[str, int]
    is_active: bool
    is_public: bool
    trial_days: int
    term_months: int | None
    setup_price_cents: int
    minimum_use_cents: int
    cost_multiplier: Exact
    sort_order: int
    metadata: dict[str, Any] = Field(validation_alias="extra")
    usage_pricing: list[UsagePriceOut] = Field(validation_alias="usage_prices")
    plan_version: int = Field(description="The version of its terms that new subscriptions get.")
    version: int
    created_at: Moment
    updated_at: Moment


_VERSION_EXAMPLE: JsonDict = {
    "plan_id": "pln_01m851qp4yet0r2fk9wvt1p634",
    "number": 2,
    "base_price_cents": 1200,
    "cost_multiplier": "1",
    "quotas": {"storage_gb": 1000},
    "trial_days": 0,
    "term_months": None,
    "setup_price_cents": 0,
    "minimum_use_cents": 0,
    "usage_pricing": [],
    "sold_at": "2026-11-22T10:00:00Z",
    "created_at": "2026-11-22T09:00:00Z",
}


class PlanVersionOut(Out):
    """The terms of a plan from one edit to the next; `sold_at` seals them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VERSION_EXAMPLE]})

    plan_id: str
    number: int
    base_price_cents: int
    cost_multiplier: Exact
    quotas: dict[str, int]
    trial_days: int
    term_months: int | None
    setup_price_cents: int
    minimum_use_cents: int
    usage_pricing: list[UsagePriceOut] = Field(validation_alias="usage_prices")
    sold_at: Moment | None
    created_at: Moment


class OfferOut(Out):
    """A service on sale; `plans_from_cents` is its cheapest plan as an amount per month."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "svc_01m851qp4yet0r2fk9wvt1p634",
                    "slug": "scaidrive",
                    "name": "ScaiDrive",
                    "description": "Files for teams",
                    "icon_url": None,
                    "category": "storage",
                    "health_status": "healthy",
                    "plans_from_cents": 500,
                    "currency": "EUR",
                }
            ]
        }
    )

    id: str
    slug: str
    name: str
    description: str
    icon_url: str | None
    category: str
    health_status: str
    plans_from_cents: int
    currency: str


class OfferedPlanOut(PlanOut):
    """A plan with the price the caller's partner gives it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_PLAN_EXAMPLE,
                    "id": "pln_01m851qp4yet0r2fk9wvt1p634",
                    "plan_key": "scaidrive.pro",
                    "mrr_amount_cents": 1000,
                    "usage_pricing": [],
                    "plan_version": 1,
                    "version": 1,
                    "effective_price_cents": 900,
                    "effective_currency": "EUR",
                    "created_at": "2026-11-22T10:00:00Z",
                    "updated_at": "2026-11-22T10:00:00Z",
                }
            ]
        }
    )

    effective_price_cents: int
    effective_currency: str


class OfferedServiceOut(Out):
    """A service on sale with what it measures, how it is opened, and its plans."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "svc_01m851qp4yet0r2fk9wvt1p634",
                    "slug": "scaidrive",
                    "name": "ScaiDrive",
                    "description": "Files for teams",
                    "icon_url": None,
                    "category": "storage",
                    "health_status": "healthy",
                    "metrics": [{"slug": "storage_gb", "name": "Storage", "unit": "GB", "kind": "gauge"}],
                    "entrypoint_kinds": ["web"],
                    "plans": [],
                }
            ]
        }
    )

    id: str
    slug: str
    name: str
    description: str
    icon_url: str | None
    category: str
    health_status: str
    metrics: list[dict[str, str]]
    entrypoint_kinds: list[str]
    plans: list[OfferedPlanOut]


class PriceOverrideIn(In):
    """A partner's own price: an amount, or a markup in per cent (negative = discount), not both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plan_id": "pln_01m851qp4yet0r2fk9wvt1p634",
                    "price_cents": 900,
                    "currency": "EUR",
                    "valid_from": "2026-12-01T00:00:00Z",
                }
            ]
        }
    )

    plan_id: Id
    price_cents: PriceCents | None = None
    markup_percent: Annotated[Exact, Field(ge=-100, le=1000, decimal_places=3)] | None = None
    currency: InvoicedCurrency
    valid_from: MomentIn
    valid_to: MomentIn | None = None
    version: RowVersion | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.price_cents is None) == (self.markup_percent is None):
            raise ValueError("Give either price_cents or markup_percent.")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to lies after valid_from.")
        return self


class OverrideOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "ovr_01m851qp4yet0r2fk9wvt1p634",
                    "partner_id": "prt_northwind",
                    "plan_id": "pln_01m851qp4yet0r2fk9wvt1p634",
                    "price_cents": 900,
                    "markup_percent": None,
                    "currency": "EUR",
                    "valid_from": "2026-12-01T00:00:00Z",
                    "valid_to": None,
                    "version": 1,
                    "created_at": "2026-11-22T10:00:00Z",
                    "updated_at": "2026-11-22T10:00:00Z",
                }
            ]
        }
    )

    id: str
    partner_id: str
    plan_id: str
    price_cents: int | None
    markup_percent: Exact | None
    currency: str
    valid_from: Moment
    valid_to: Moment | None
    version: int
    created_at: Moment
    updated_at: Moment
