from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PlainSerializer, WithJsonSchema

from scaicontrol.core.schemas import In, Moment, Out

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
    "metric_slug": "api_calls",
    "name": "API calls",
    "unit": "call",
    "kind": "counter",
    "used": "812",
    "limit": 1000,
    "percent": "81.2",
    "cost_cents": 40,
    "currency": "EUR",
    "period_start": "2026-11-03T14:20:30Z",
    "period_end": "2026-12-03T14:20:30Z",
}


class MetricUseOut(Out):
    """One metric in the current period, and what it costs so far before tax."""

    model_config = ConfigDict(json_schema_extra={"examples": [_USE_EXAMPLE]})

    service_slug: str
    metric_slug: Metric
    name: str
    unit: str
    kind: str
    used: Quantity
    limit: int | None
    percent: Quantity
    cost_cents: int
    currency: str
    period_start: Moment | None
    period_end: Moment | None


class MetricDetailOut(MetricUseOut):
    """One metric with its days (UTC) of the current period."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_USE_EXAMPLE, "series": []}]})

    series: list[PointOut]


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
