from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, Moment, Out

from .lifecycle import PlanMoveStatus

NoticeDays = Annotated[
    int,
    Field(
        strict=True, ge=0, le=730, description="Whole days; the notice ends at a midnight of the seller's time zone."
    ),
]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_PLAN = "pln_01m851qp4yet0r2fk9wvt1p634"
_MOVED: JsonDict = {
    "subscription_id": "sub_01m851qp4yet0r2fk9wvt1p634",
    "tenant_id": "tnt_acme",
    "partner_id": "prt_northwind",
    "plan_version": 1,
    "quantity": 2,
    "currency": "EUR",
    "unit_price_cents": 1000,
    "new_unit_price_cents": 1200,
    "monthly_cents": 2000,
    "new_monthly_cents": 2400,
    "effective_at": "2027-01-03T14:20:30Z",
}
_PLANNED: JsonDict = {
    "plan_id": _PLAN,
    "plan_key": "scaidrive.pro",
    "plan_version": 2,
    "notice_days": 30,
    "notice_ends_at": "2026-12-23T00:00:00Z",
    "subscriptions": [_MOVED],
    "left_out": [],
    "monthly_cents": {"EUR": 2000},
    "new_monthly_cents": {"EUR": 2400},
    "plan_hash": "0" * 64,
}
_MOVE: JsonDict = {
    "id": "mov_01m851qp4yet0r2fk9wvt1p634",
    "plan_id": _PLAN,
    "plan_version": 2,
    "partner_id": None,
    "status": "announced",
    "notice_days": 30,
    "notice_ends_at": "2026-12-23T00:00:00Z",
    "subscriptions": 1,
    "reason": "New prices from 2027",
    "announced_by": "usr_ada",
    "cancelled_at": None,
    "available_actions": ["cancel"],
    "version": 1,
    "created_at": "2026-11-22T10:00:00Z",
}


class MovePreviewIn(In):
    """Whom to move to the version that is sold now, and how long before they are told."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"notice_days": 30}]})

    notice_days: NoticeDays
    partner_id: Id | None = Field(default=None, description="Only tenants of this partner.")


class MoveIn(MovePreviewIn):
    """A move as it was previewed: with a `plan_hash` only exactly that."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"notice_days": 30, "reason": "New prices from 2027"}]})

    reason: Reason
    plan_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class CancelMoveIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The old prices stay"}]})

    reason: Reason


class MovedSubscriptionOut(Out):
    """What one subscriber pays before and after, per unit and period and per month, and from when."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MOVED]})

    subscription_id: str
    tenant_id: str
    partner_id: str
    plan_version: int
    quantity: int
    currency: str
    unit_price_cents: int
    new_unit_price_cents: int
    monthly_cents: int
    new_monthly_cents: int
    effective_at: Moment


class LeftOutOut(Out):
    """A subscriber of an earlier version that a move does not touch, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"subscription_id": "sub_01m851qp4yet0r2fk9wvt1p634", "reason": "it belongs to a pack"}]
        }
    )

    subscription_id: str
    reason: str


class PlannedMoveOut(Out):
    """Who would be moved and what it changes; monthly sums by currency. Send `plan_hash` to announce exactly this."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLANNED]})

    plan_id: str
    plan_key: str
    plan_version: int
    notice_days: int
    notice_ends_at: Moment
    subscriptions: list[MovedSubscriptionOut]
    left_out: list[LeftOutOut]
    monthly_cents: dict[str, int]
    new_monthly_cents: dict[str, int]
    plan_hash: str


class PlanMoveOut(Out):
    """A move that was announced; it can be cancelled for whoever has not taken the version yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MOVE]})

    id: str
    plan_id: str
    plan_version: int
    partner_id: str | None
    status: PlanMoveStatus
    notice_days: int
    notice_ends_at: Moment
    subscriptions: int
    reason: str
    announced_by: str
    cancelled_at: Moment | None
    available_actions: list[str]
    version: int
    created_at: Moment
