from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, computed_field, model_validator

from scaicontrol.core.errors import Invalid
from scaicontrol.core.ids import Id
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.schemas import Cents, Count, Currency, In, Moment, Out, Price

from .lifecycle import SubscriptionStatus

Reason = Annotated[str, Field(min_length=1, max_length=1000)]
Note = Annotated[str, Field(min_length=1, max_length=1000, description="For the audit log; the tenant never reads it.")]
TrialDays = Annotated[int, Field(ge=0, le=730)]
ChangeMoment = Literal["now", "period_end"]
CouponCode = Annotated[str, Field(min_length=1, max_length=40, description="The code of a coupon.")]
BulkAction = Literal["cancel", "cancel_immediate", "suspend", "resume"]
BulkIds = Annotated[list[Id], Field(min_length=1, max_length=500)]
PlanRef = Annotated[str, Field(min_length=1, max_length=160, description="`<service slug>.<plan slug>`.")]
_ID = "sub_01m851qp4yet0r2fk9wvt1p634"

_SUBSCRIPTION: dict[str, Any] = {
    "id": _ID, "tenant_id": "tnt_acme", "partner_id": "prt_northwind",
    "service_id": "svc_scaidrive", "service_slug": "scaidrive", "service_name": "ScaiDrive",
    "plan_id": "pln_01m851qp4yet0r2fk9wvt1p634", "plan_key": "scaidrive.pro", "plan_name": "Pro", "plan_version": 1,
    "billing_period": "monthly", "status": "active", "is_entitled": True, "quantity": 5,
    "unit_price_cents": 1_900, "currency": "EUR", "mrr_amount_cents": 9_500,
    "activated_at": "2026-01-15T09:00:00Z",
    "current_period_start": "2026-01-14T23:00:00Z", "current_period_end": "2026-02-14T23:00:00Z",
    "current_period_last_day": "2026-02-14",
    "available_actions": ["change_plan", "cancel"],
    "version": 2, "created_at": "2026-01-15T09:00:00Z", "updated_at": "2026-01-15T09:00:00Z",
}  # fmt: skip
_PLAN: dict[str, Any] = {
    "id": "pln_01m851qp4yet0r2fk9wvt1p634", "slug": "pro", "name": "Pro", "tier": "pro", "billing_period": "monthly",
    "features": {"items": ["Versioning"], "unit": "seat"}, "quotas": {"storage_gb": 500},
}  # fmt: skip
_MOVED = {
    "when": "now", "restarts": False, "starts_on": None, "price_from": "2026-02-14T23:00:00Z", "remaining_days": 20,
    "credit_cents": 6_129, "charge_cents": 15_806, "rest_cents": 0, "rest_goes_to": None,
}  # fmt: skip
_ENTITLED = {
    "entitled": True, "state": "active", "plan_key": "scaidrive.pro", "quotas": {"storage_gb": 500},
    "features": _PLAN["features"], "valid_until": "2026-02-15T09:00:00Z", "refresh_after_seconds": 300,
}  # fmt: skip
_OF_SERVICE = {
    "subscription_id": _ID, "pack_subscription_id": None, "state": "active", "plan_key": "scaidrive.pro",
    "quantity": 5, "current_period_end": "2026-02-15T09:00:00Z", "trial_ends_at": None,
}  # fmt: skip
_TOLD = {"occurred_at": "2026-01-15T09:00:00Z", "action": "subscription.activated"}


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class PlanChoice(In):
    """A plan by its id or by its key, not by both."""

    plan_id: Id | None = None
    plan_key: PlanRef | None = None

    @property
    def plan(self) -> str | None:
        return self.plan_id or self.plan_key

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.plan_id and self.plan_key:
            raise ValueError("name the plan by plan_id or by plan_key, not by both")
        return self


class PlanNamed(PlanChoice):
    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.plan is None:
            raise ValueError("name a plan by plan_id or plan_key")
        return self

    @property
    def chosen(self) -> str:
        return self.plan_id or self.plan_key or ""


class SubscribeIn(PlanNamed):
    """Subscribe to a plan."""

    model_config = _example(plan_key="scaidrive.pro", quantity=5, external_reference="PO-4711")

    quantity: Count = 1
    payment_method_id: Id | None = None
    external_reference: str | None = Field(default=None, max_length=100)
    coupon: CouponCode | None = None


class AnySubscribeIn(PlanNamed):
    """Subscribe to a plan; operators name the tenant and may agree on trial days and a price."""

    quantity: Count = 1
    payment_method_id: Id | None = None
    external_reference: str | None = Field(default=None, max_length=100)
    tenant_id: Id | None = None
    trial_days: TrialDays | None = None
    unit_price_cents: Price | None = None


class SubscriptionCreateIn(PlanNamed):
    """Subscribe a tenant, as an operator."""

    model_config = _example(tenant_id="tnt_acme", plan_key="scaidrive.enterprise", unit_price_cents=90_000)

    tenant_id: Id
    quantity: Count = 1
    trial_days: TrialDays | None = None
    unit_price_cents: Price | None = None
    external_reference: str | None = Field(default=None, max_length=100)
    coupon: CouponCode | None = None


class TermsIn(PlanChoice):
    """Another plan, another quantity, or both."""

    quantity: Count | None = None
    when: ChangeMoment | None = Field(default=None, description="By default now; see the description of the route.")

    def require_any(self) -> None:
        if self.plan is None and self.quantity is None:
            raise Invalid("Name a plan, a quantity, or both.")


class ChangePlanIn(TermsIn):
    """Change plan, quantity or both; `preview` changes nothing, its `plan_hash` applies exactly what it showed."""

    model_config = _example(plan_key="scaidrive.enterprise", quantity=5, preview=True)

    preview: bool = False
    plan_hash: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class CancelIn(In):
    model_config = _example(reason="We merged two teams.")

    reason: Reason | None = None


class AdminCancelIn(In):
    """Cancel at the period's end, or at once."""

    model_config = _example(immediate=False, reason="Asked for by phone.")

    immediate: bool = False
    reason: Reason | None = None
    note: Note | None = None


class AdminResumeIn(In):
    """Undo a scheduled cancellation or end a suspension; arrears are overridden with a reason only."""

    model_config = _example(override_arrears=True, reason="Paid by bank transfer, not booked yet.")

    override_arrears: bool = False
    reason: Reason | None = None


class SuspendIn(In):
    model_config = _example(reason="We look into a report of abuse.", note="Ticket 4711, decided by legal.")

    reason: Reason
    note: Note | None = None


class OverrideIn(In):
    """Set plan, quantity, price or state (within the map), as an operator."""

    model_config = _example(plan_id="pln_01m851qp4yet0r2fk9wvt1p634", reason="Agreed in the yearly review.")

    plan_id: Id | None = None
    status: SubscriptionStatus | None = None
    quantity: Count | None = None
    unit_price_cents: Price | None = None
    reason: Reason


class SubscriptionFilter(In):
    """Which subscriptions of a list; what is left out does not narrow it."""

    status: SubscriptionStatus | None = None
    tenant_id: Id | None = None
    partner_id: Id | None = None
    service_slug: str | None = Field(default=None, max_length=100)
    plan_id: Id | None = None
    q: str | None = Field(
        default=None, max_length=100, description="Beginning of an id, a tenant's id or an external reference."
    )


class BulkIn(In):
    """Do one thing to up to 500 subscriptions, each by itself."""

    model_config = _example(action="suspend", ids=[_ID], reason="Dunning day 21.")

    action: BulkAction
    ids: BulkIds
    reason: Reason | None = None


class BulkFailureOut(Out):
    model_config = _example(id="sub_gone", error="No subscription sub_gone.")
    id: str
    error: str


class BulkOut(Out):
    model_config = _example(succeeded=[_ID], failed=[{"id": "sub_gone", "error": "No subscription sub_gone."}])

    succeeded: list[str]
    failed: list[BulkFailureOut]


class SubscriptionOut(Out):
    """A subscription with its plan's key and what may be done with it now."""

    model_config = _example(**_SUBSCRIPTION)

    id: str
    tenant_id: str
    partner_id: str
    service_id: str
    service_slug: str
    service_name: str
    plan_id: str
    plan_key: str
    plan_name: str
    plan_version: int = Field(description="The version of the plan it began under, whose terms it keeps.")
    billing_period: BillingPeriod
    pack_subscription_id: str | None = None
    status: SubscriptionStatus
    is_entitled: bool
    quantity: int
    unit_price_cents: Cents | None = None
    next_unit_price_cents: Cents | None = None
    pending_plan_key: str | None = None
    pending_quantity: int | None = None
    pending_unit_price_cents: Cents | None = None
    next_plan_version: int | None = Field(default=None, description="Announced, for `next_plan_version_at`.")
    next_plan_version_at: Moment | None = None
    next_version_price_cents: Cents | None = None  # null where the price stays
    currency: Currency
    mrr_amount_cents: Cents
    activated_at: Moment | None = None
    current_period_start: Moment | None = None
    current_period_end: Moment | None = None
    current_period_last_day: date | None = None  # in the seller's time zone
    term_ends_at: Moment | None = None
    trial_ends_at: Moment | None = None
    past_due_since: Moment | None = None
    suspended_at: Moment | None = None
    suspended_reason: str | None = None
    pending_cancellation_at: Moment | None = None
    cancelled_at: Moment | None = None
    cancellation_reason: str | None = None
    external_reference: str | None = None
    endpoint: str | None = None
    available_actions: list[str]
    version: int
    created_at: Moment
    updated_at: Moment


class SubscribedOut(SubscriptionOut):
    """A new subscription and the workflow that provisions it."""

    model_config = _example(**_SUBSCRIPTION, workflow_id="wfl_01m851qp4yet0r2fk9wvt1p634")

    workflow_id: str


class PlanFeaturesOut(Out):
    """What a plan offers, in words, and the unit it is counted in."""

    model_config = _example(items=["Versioning"], unit="seat")
    items: list[str] = Field(default_factory=list)
    unit: str = ""


class PlanSummaryOut(Out):
    """A plan as its subscriber has it: named as it is now, with what its version includes."""

    model_config = _example(**_PLAN)

    id: str
    slug: str
    name: str
    tier: str
    billing_period: BillingPeriod
    features: PlanFeaturesOut
    quotas: dict[str, int]


class TimelineEntryOut(Out):
    model_config = _example(**_TOLD)

    occurred_at: Moment
    action: str
    actor_id: str | None = None
    reason: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class SubscriptionDetailOut(SubscriptionOut):
    """A subscription with its plan and its story, newest first."""

    model_config = _example(**_SUBSCRIPTION, plan=_PLAN, timeline=[_TOLD])

    plan: PlanSummaryOut
    timeline: list[TimelineEntryOut] = Field(default_factory=list)


class PlannedChangeOut(Out):
    """What a change would do, net; `rest_cents` is what its own charge leaves of the credit. `plan_hash` applies it."""

    model_config = _example(
        subscription_id=_ID,
        plan_id="pln_01m851qp4yet0r2fk9wvt1p634",
        plan_version=1,
        plan_key="scaidrive.enterprise",
        previous_plan_key="scaidrive.pro",
        quantity=5,
        previous_quantity=5,
        currency="EUR",
        unit_price_cents=4_900,
        previous_unit_price_cents=1_900,
        **_MOVED,
        plan_hash="0" * 64,
    )

    subscription_id: str
    plan_id: str
    plan_version: int
    plan_key: str
    previous_plan_key: str
    quantity: int
    previous_quantity: int
    currency: Currency
    unit_price_cents: Cents
    previous_unit_price_cents: Cents
    when: ChangeMoment
    restarts: bool
    starts_on: date | None
    price_from: Moment | None
    remaining_days: int
    credit_cents: Cents
    charge_cents: Cents
    rest_cents: Cents
    rest_goes_to: Literal["credit_note"] | None
    plan_hash: str

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented way to add a field that is computed
    @property
    def due_now_cents(self) -> int:
        return self.charge_cents - self.credit_cents


class ServiceSubscriptionOut(Out):
    """What a service may know of its tenant's subscription."""

    model_config = _example(**_OF_SERVICE)

    subscription_id: str = Field(validation_alias="id")
    pack_subscription_id: str | None
    state: str = Field(validation_alias="status")
    plan_key: str
    quantity: int
    current_period_end: Moment | None
    trial_ends_at: Moment | None


class EntitlementsOut(Out):
    """What a tenant may use now; ask again after `refresh_after_seconds`, and not later than `valid_until`."""

    model_config = _example(**_ENTITLED)

    entitled: bool
    state: str | None
    plan_key: str | None
    features: dict[str, Any]
    quotas: dict[str, int]
    valid_until: Moment | None
    refresh_after_seconds: int


class BillingStatusOut(Out):
    model_config = _example(has_billing_profile=True, standing="good", currency="EUR")

    has_billing_profile: bool
    standing: Literal["good", "past_due", "suspended"]
    currency: Currency | None
