from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PlainSerializer, Strict, WithJsonSchema

from scaicontrol.core.money import CENTS_MAX
from scaicontrol.core.schemas import In, Moment, Out, RowVersion

from .quotas import QuotaStanding
from .reading import RejectionCode
from .reports import PeriodType

# Sums may be larger than any single quantity, so they carry no digit limit.
Quantity = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
]
Metric = Annotated[str, Field(examples=["api_calls"])]
EXAMPLE_EVENT: dict[str, Any] = {
    "idempotency_key": "req-8f2c",
    "tenant_id": "tnt_01m851qp4yet0r2fk9wvt1p634",
    "metric_slug": "api_calls",
    "quantity": "12",
    "occurred_at": "2026-11-22T10:00:00Z",
    "dimensions": {"region": "eu-west"},
}
# Events are checked one by one, so the schema says what each field means and leaves its faults to `rejected`.
_EVENT_SCHEMA = {
    "type": "array",
    "maxItems": 1000,
    "items": {
        "title": "UsageEvent",
        "properties": {
            "idempotency_key": {"description": "Required; unique per service, 1 to 128 visible ASCII characters."},
            "tenant_id": {"description": "Required; a tenant that holds a subscription of the service."},
            "service_slug": {"description": "The caller's own service; may be left out."},
            "metric_slug": {"description": "Required; a metric the service declared."},
            "quantity": {"description": 'Required; exact, such as "1.5", at most 6 decimals, not negative.'},
            "occurred_at": {"description": "Required; RFC 3339, at most 35 days back and 5 minutes ahead."},
            "dimensions": {"description": "At most 16 names with short plain values."},
            "corrects": {"description": "The key of an event that a negative quantity takes away from."},
        },
    },
}


class BatchIn(In):
    """At most 1,000 events and 1 MiB; a bad event is rejected alone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": [EXAMPLE_EVENT]}]})

    events: Annotated[list[Any], WithJsonSchema(_EVENT_SCHEMA)]


class RejectionOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"index": 3, "code": "unknown_metric", "message": "scaidrive declares no metric 'calls'."}]
        }
    )

    index: int
    code: RejectionCode
    message: str


class IngestedOut(Out):
    """What became of a batch."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accepted": 998, "duplicates": 2, "rejected": []}]})

    accepted: int
    duplicates: int
    rejected: list[RejectionOut]


class QuotaStatusOut(Out):
    """`QuotaStatusResponse`: the service decides what follows."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tenant_id": "tnt_01m851qp4yet0r2fk9wvt1p634",
                    "service_slug": "scaidrive",
                    "metric_slug": "api_calls",
                    "entitled": True,
                    "limit": 1000,
                    "used": "812",
                    "remaining": "188",
                    "unlimited": False,
                    "percent": "81.2",
                    "status": "warning",
                    "period_start": "2026-11-03T14:20:30Z",
                    "period_end": "2026-12-03T14:20:30Z",
                    "as_of": "2026-11-22T10:00:00Z",
                }
            ]
        }
    )

    tenant_id: str
    service_slug: str
    metric_slug: Metric
    entitled: bool
    limit: int | None
    used: Quantity
    remaining: Quantity | None
    unlimited: bool
    percent: Quantity
    status: QuotaStanding
    period_start: Moment | None
    period_end: Moment | None
    as_of: Moment


class PointOut(Out):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"period_start": "2026-11-22T00:00:00Z", "quantity": "812", "events": 40}]}
    )

    period_start: Moment
    quantity: Quantity
    events: int


_USE_EXAMPLE: dict[str, Any] = {
    "service_slug": "scaidrive",
    "service_name": "ScaiDrive",
    "metric_slug": "api_calls",
    "name": "API calls",
    "unit": "call",
    "kind": "counter",
    "used": "1812",
    "limit": 2000,
    "remaining": "188",
    "percent": "90.6",
    "included": "1000",
    "billable": "812",
    "gross_cents": 41,
    "discount_cents": 1,
    "cost_cents": 40,
    "currency": "EUR",
    "plan_key": "scaidrive.pro",
    "plan_version": 1,
    "period_start": "2026-11-03T14:20:30Z",
    "period_end": "2026-12-03T14:20:30Z",
    "as_of": "2026-11-22T10:00:00Z",
    "forecast": None,
}


class ForecastOut(Out):
    """
    What a metric is likely to have come to when its period ends, and its cost before tax.

    A counter goes on as in the last seven whole days; low and high are the quietest and the busiest seven days in a row
    of the last four weeks. A gauge stays at its highest value, or becomes what it was lately.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "low": "2000", "likely": "2400", "high": "3000", "low_cents": 50, "likely_cents": 70,
                    "high_cents": 100,
                }
            ]
        }
    )  # fmt: skip

    low: Quantity
    likely: Quantity
    high: Quantity
    low_cents: int
    likely_cents: int
    high_cents: int


class MetricUseOut(Out):
    """One metric in one period, and what it costs before tax, as the billing run would charge it now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_USE_EXAMPLE]})

    service_slug: str
    service_name: str
    metric_slug: Metric
    name: str
    unit: str
    kind: str
    used: Quantity
    limit: int | None
    remaining: Quantity | None
    percent: Quantity
    included: Quantity = Field(description="How much of it costs nothing.")
    billable: Quantity
    gross_cents: int = Field(description="What is billable, at the price of its first charged bracket.")
    discount_cents: int = Field(description="What the brackets after the first take off.")
    cost_cents: int = Field(description="Gross less discount: what would be charged.")
    currency: str
    plan_key: str
    plan_version: int
    period_start: Moment | None
    period_end: Moment | None
    as_of: Moment
    forecast: ForecastOut | None


class MetricDetailOut(MetricUseOut):
    """One metric with the days (UTC) of its period."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_USE_EXAMPLE, "series": []}]})

    series: list[PointOut]


class UsePeriodOut(Out):
    """A stretch of use that is charged as a whole; a plan bought once has no end."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "start": "2026-11-03T14:20:30Z", "end": "2026-12-03T14:20:30Z", "plan_key": "scaidrive.pro",
                    "plan_version": 1, "currency": "EUR",
                }
            ]
        }
    )  # fmt: skip

    start: Moment
    end: Moment | None
    plan_key: str
    plan_version: int
    currency: str


Percent = Annotated[int, Strict(), Field(ge=1, le=99)]


class BudgetIn(In):
    """What the use of a service should cost in a period, before tax; one is told when all of it is reached."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount_cents": 5000, "percents": [50, 80], "on_forecast": True}]}
    )

    amount_cents: Annotated[int, Strict(), Field(ge=1, le=CENTS_MAX)] = Field(
        description="In the currency that the service is charged in."
    )
    percents: list[Percent] = Field(default=[80], max_length=10, description="Parts of it to be told of, too.")
    on_forecast: bool = Field(default=True, description="Tell also when more than all of it is expected.")
    version: RowVersion | None = Field(default=None, description="Of the budget that was looked at.")


class BudgetOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "bgt_01m851qp4yet0r2fk9wvt1p634", "amount_cents": 5000, "currency": "EUR",
                    "percents": [50, 80], "on_forecast": True, "version": 1,
                }
            ]
        }
    )  # fmt: skip

    id: str
    amount_cents: int
    currency: str
    percents: list[int]
    on_forecast: bool
    version: int


class SeriesOut(Out):
    """The use of one metric over time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_slug": "scaidrive",
                    "metric_slug": "api_calls",
                    "kind": "counter",
                    "period_type": "day",
                    "points": [],
                }
            ]
        }
    )

    service_slug: str
    metric_slug: Metric
    kind: str
    period_type: PeriodType
    points: list[PointOut]


class PlatformUseOut(Out):
    """One metric over all tenants the caller may see, in the current hour, day or month."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_slug": "scaidrive",
                    "metric_slug": "api_calls",
                    "kind": "counter",
                    "period_type": "day",
                    "period_start": "2026-11-22T00:00:00Z",
                    "quantity": "81200",
                    "events": 4000,
                    "active_tenants": 12,
                }
            ]
        }
    )

    service_slug: str
    metric_slug: Metric
    kind: str
    period_type: PeriodType
    period_start: Moment
    quantity: Quantity
    events: int
    active_tenants: int
