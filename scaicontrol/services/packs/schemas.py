from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from scaicontrol.core.ids import Id
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.schemas import (
    Cents,
    Currency,
    EmptyIsNone,
    Exact,
    In,
    InvoicedCurrency,
    Moment,
    OneLine,
    Out,
    Price,
    RowVersion,
)
from scaicontrol.media.fonts import Printed
from scaicontrol.services.catalog.schemas import Features, PlanSlug
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus

from .models import DiscountType

_ITEM: dict[str, JsonValue] = {
    "plan_id": "pln_01m851qp4yet0r2fk9wvt1p634", "override_price_cents": None, "sort_order": 0,
}  # fmt: skip
_ITEM_OUT: dict[str, JsonValue] = {
    **_ITEM, "service_id": "svc_scaidrive", "service_slug": "scaidrive", "service_name": "ScaiDrive",
    "plan_key": "scaidrive.pro", "plan_name": "Pro", "item_price_cents": 1_000,
}  # fmt: skip
_PACK: dict[str, JsonValue] = {
    "slug": "office", "name": "Office", "description": "Files and contacts together.", "icon_url": None,
    "billing_period": "monthly", "base_price_cents": 2_500, "currency": "EUR", "discount_type": "fixed_price",
    "discount_percentage": None, "trial_days": 0, "features": {"items": ["One invoice"], "unit": ""},
    "is_active": True, "is_public": True, "sort_order": 10,
}  # fmt: skip
_PACK_OUT: dict[str, JsonValue] = {
    **_PACK, "id": "pck_01m851qp4yet0r2fk9wvt1p634", "items": [_ITEM_OUT], "version": 1,
    "created_at": "2026-11-22T10:00:00Z", "updated_at": "2026-11-22T10:00:00Z",
}  # fmt: skip
_CHILD: dict[str, JsonValue] = {
    "subscription_id": "sub_01m851qp4yet0r2fk9wvt1p634", "service_slug": "scaidrive", "service_name": "ScaiDrive",
    "plan_key": "scaidrive.pro", "plan_name": "Pro", "status": "active", "unit_price_cents": 2_500,
}  # fmt: skip
_HELD: dict[str, JsonValue] = {
    "id": "psb_01m851qp4yet0r2fk9wvt1p634", "tenant_id": "tnt_acme", "partner_id": "prt_northwind",
    "pack_id": "pck_01m851qp4yet0r2fk9wvt1p634", "pack_slug": "office", "pack_name": "Office",
    "billing_period": "monthly", "status": "active", "is_entitled": True, "unit_price_cents": 2_500, "currency": "EUR",
    "mrr_amount_cents": 2_500, "activated_at": "2026-01-15T09:00:00Z", "current_period_start": "2026-01-14T23:00:00Z",
    "current_period_end": "2026-02-14T23:00:00Z", "current_period_last_day": "2026-02-14",
    "available_actions": ["cancel"], "children": [_CHILD], "version": 2, "created_at": "2026-01-15T09:00:00Z",
    "updated_at": "2026-01-15T09:00:00Z",
}  # fmt: skip


def _example(**values: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


def _not_reserved(slug: str) -> str:
    if slug == "subscriptions":
        raise ValueError("'subscriptions' is no slug of a pack: its address is taken.")
    return slug


class PackItemIn(In):
    """A plan that is part of the pack; without a price of its own it counts what the plan costs."""

    model_config = _example(**_ITEM)

    plan_id: Id
    override_price_cents: Price | None = None
    sort_order: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0


class PackIn(In):
    """A whole pack with its items; `version` guards a replacement against a colleague who was faster."""

    model_config = _example(**_PACK, items=[_ITEM, {**_ITEM, "plan_id": "pln_contacts", "sort_order": 1}])

    slug: Annotated[PlanSlug, AfterValidator(_not_reserved)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=120), OneLine, Printed]
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    icon_url: Annotated[
        Annotated[str, StringConstraints(max_length=500, pattern=r"^(https://|/)[^\s]+$")] | None, EmptyIsNone
    ] = None
    billing_period: BillingPeriod
    base_price_cents: Price
    currency: InvoicedCurrency
    discount_type: DiscountType = DiscountType.fixed_price
    discount_percentage: Annotated[Exact, Field(ge=0, le=100, decimal_places=2)] | None = None
    trial_days: Annotated[int, Field(strict=True, ge=0, le=365)] = 0
    features: Features = Features()
    is_active: bool = True
    is_public: bool = True
    sort_order: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0
    items: Annotated[list[PackItemIn], Field(min_length=1, max_length=50)]
    version: RowVersion | None = None

    @model_validator(mode="after")
    def _one_way_to_a_price(self) -> Self:
        if (self.discount_type is DiscountType.percentage) != (self.discount_percentage is not None):
            raise ValueError("discount_percentage belongs to discount_type percentage, and to no other.")
        return self


class PackItemOut(Out):
    """An item with what it counts at the caller's price; `plan_key` is the stable reference."""

    model_config = _example(**_ITEM_OUT)

    plan_id: str
    service_id: str
    service_slug: str
    service_name: str
    plan_key: str
    plan_name: str
    override_price_cents: int | None
    item_price_cents: int = Field(description="What it costs by itself: its own price, or that of its plan.")
    sort_order: int


class PackOut(Out):
    """A pack with its items."""

    model_config = _example(**_PACK_OUT, price_cents=2_500, items_price_cents=3_000, mrr_amount_cents=2_500)

    id: str
    slug: str
    name: str
    description: str
    icon_url: str | None
    billing_period: BillingPeriod
    base_price_cents: int
    currency: Currency
    discount_type: DiscountType
    discount_percentage: Exact | None
    price_cents: Cents = Field(description="What one period costs whoever subscribes now, without VAT.")
    items_price_cents: Cents = Field(description="What its items would cost one by one.")
    mrr_amount_cents: Cents
    trial_days: int
    features: Features
    is_active: bool
    is_public: bool
    sort_order: int
    items: list[PackItemOut]
    version: int
    created_at: Moment
    updated_at: Moment


class PackDetailOut(PackOut):
    """A pack with how many live subscriptions of it there are."""

    model_config = _example(
        **_PACK_OUT, price_cents=2_500, items_price_cents=3_000, mrr_amount_cents=2_500, live_subscriptions=3
    )

    live_subscriptions: int


class PackSubscribeIn(In):
    model_config = _example(payment_method_id="pmt_01m851qp4yet0r2fk9wvt1p634")

    payment_method_id: Id | None = None


class PackChildOut(Out):
    """One service of a pack subscription; `unit_price_cents` is its share of the pack's price."""

    model_config = _example(**_CHILD)

    subscription_id: str = Field(validation_alias="id")
    service_slug: str
    service_name: str
    plan_key: str
    plan_name: str
    status: SubscriptionStatus
    unit_price_cents: Cents | None


class PackSubscriptionOut(Out):
    """A subscription to a pack with its services and what may be done with it now."""

    model_config = _example(**_HELD)

    id: str
    tenant_id: str
    partner_id: str
    pack_id: str
    pack_slug: str
    pack_name: str
    billing_period: BillingPeriod
    status: SubscriptionStatus
    is_entitled: bool
    unit_price_cents: Cents
    currency: Currency
    mrr_amount_cents: Cents
    activated_at: Moment | None = None
    current_period_start: Moment | None = None
    current_period_end: Moment | None = None
    current_period_last_day: date | None = None  # in the seller's time zone
    trial_ends_at: Moment | None = None
    past_due_since: Moment | None = None
    suspended_at: Moment | None = None
    suspended_reason: str | None = None
    pending_cancellation_at: Moment | None = None
    cancelled_at: Moment | None = None
    cancellation_reason: str | None = None
    available_actions: list[str]
    children: list[PackChildOut]
    version: int
    created_at: Moment
    updated_at: Moment


class PackSubscriptionFilter(In):
    """Which pack subscriptions of a list; what is left out does not narrow it."""

    status: SubscriptionStatus | None = None
    tenant_id: Id | None = None
    pack_id: Id | None = None
