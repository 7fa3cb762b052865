from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from scaicontrol.core.schemas import In, JsonObject, Moment, MomentIn, OneLine, Out, Patch
from scaicontrol.media.fonts import Printed

from .lifecycle import HealthStatus, MetricChangeStatus, ServiceStatus

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
MetricSlug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120), OneLine, Printed]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=500)]
Version = Annotated[str, StringConstraints(max_length=64)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Seconds = Annotated[int, Field(ge=5, le=3600, description="Seconds between heartbeats.")]


class MetricKind(StrEnum):
    counter = "counter"
    gauge = "gauge"


class EntryType(StrEnum):
    web = "web"
    admin = "admin"
    api = "api"
    docs = "docs"
    desktop = "desktop"


class MetricIn(In):
    """Something a service measures: counters add up over a period, of gauges the highest value counts."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"slug": "api_calls", "name": "API calls", "unit": "call", "kind": "counter"}]}
    )

    slug: MetricSlug
    name: Name
    unit: Annotated[str, StringConstraints(max_length=40), OneLine, Printed]
    kind: MetricKind


class DeclaredEntrypointIn(In):
    """A launch link a service brings along (contract §8.4)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"label": "Open", "url_template": "https://drive.example.com/{tenant_slug}", "entry_type": "web"}
            ]
        }
    )

    label: Name
    url_template: Address
    entry_type: EntryType
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    icon_url: Address | None = None
    required_scope: Annotated[str, StringConstraints(max_length=60)] | None = None
    sort_order: Annotated[int, Field(ge=0, le=10_000)] = 0
    is_active: bool = True


class RegistrationIn(In):
    """What a service says about itself (`RegistrationRequest`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "scaidrive",
                    "name": "ScaiDrive",
                    "version": "2.4.0",
                    "description": "Files for teams",
                    "base_url": "https://drive.example.com",
                    "health_check_url": "https://drive.example.com/health",
                    "provisioning_url": "https://drive.example.com/scaicontrol/provision",
                    "capabilities": ["provisioning", "metering"],
                    "metrics": [{"slug": "storage_gb", "name": "Storage", "unit": "GB", "kind": "gauge"}],
                    "heartbeat_interval_seconds": 30,
                }
            ]
        }
    )

    slug: Slug
    name: Name
    version: Version = ""
    description: Annotated[str, StringConstraints(max_length=4000)] = ""
    app_id: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None, description="The client id of the caller's token; may be left out."
    )
    base_url: Address | None = None
    health_check_url: Address | None = None
    provisioning_url: Address | None = None
    deprovisioning_url: Address | None = None
    capabilities: list[Annotated[str, StringConstraints(max_length=64)]] = Field(default=[], max_length=50)
    metrics: list[MetricIn] = Field(default=[], max_length=100)
    entrypoints: list[DeclaredEntrypointIn] = Field(default=[], max_length=20)
    heartbeat_interval_seconds: Seconds = 30


_METRIC_DIFFERENCE: JsonDict = {
    "metric_slug": "api_calls",
    "before": {"kind": "counter", "unit": "call"},
    "after": {"kind": "gauge", "unit": "call"},
    "priced_by": ["pro"],
}
_METRIC_CHANGE: JsonDict = {
    "id": "mch_01m851qp4yet0r2fk9wvt1p634",
    "service_id": "svc_01m851qp4yet0r2fk9wvt1p634",
    "status": "pending",
    "differences": [_METRIC_DIFFERENCE],
    "decided_at": None,
    "decided_by": None,
    "reason": None,
    "created_at": "2026-11-22T10:00:00Z",
}


class MetricMeaningOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "counter", "unit": "call"}]})

    kind: MetricKind
    unit: str


class MetricDifferenceOut(Out):
    """What one priced metric means and would mean; `after` null is a metric that is left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [_METRIC_DIFFERENCE]})

    metric_slug: str
    before: MetricMeaningOut
    after: MetricMeaningOut | None
    priced_by: list[str] = Field(description="The slugs of the plans that price it, in any version.")


class MetricChangeOut(Out):
    """A change of priced metrics that a service asked for; until it is approved nothing of it holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [_METRIC_CHANGE]})

    id: str
    service_id: str
    status: MetricChangeStatus
    differences: list[MetricDifferenceOut]
    decided_at: Moment | None
    decided_by: str | None
    reason: str | None
    created_at: Moment


class DecideIn(In):
    """An operator's word on a change; the service is told the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Agreed for version 3"}]})

    reason: Reason | None = None


class RegistrationOut(Out):
    """`RegistrationResponse`; the key is shown this once and never again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_id": "svc_01m851qp4yet0r2fk9wvt1p634",
                    "slug": "scaidrive",
                    "status": "active",
                    "health_status": "healthy",
                    "heartbeat_interval_seconds": 30,
                    "auto_approved": True,
                    "service_key": None,
                    "metric_change": None,
                }
            ]
        }
    )

    service_id: str
    slug: str
    status: ServiceStatus
    health_status: HealthStatus
    heartbeat_interval_seconds: int
    auto_approved: bool
    service_key: str | None = None
    metric_change: MetricChangeOut | None = Field(
        default=None,
        description="What priced metrics were to mean and do not: it waits for an operator, or was rejected.",
    )


class HeartbeatIn(In):
    """A sign of life (`HeartbeatRequest`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"slug": "scaidrive", "status": "ok", "version": "2.4.0", "uptime_seconds": 86400}]
        }
    )

    slug: Slug
    status: Annotated[str, StringConstraints(max_length=40)] = "ok"
    version: Version = ""
    uptime_seconds: Annotated[int, Field(ge=0, le=10**10)] = 0
    active_tenants: Annotated[int, Field(ge=0, le=10**9)] | None = None
    cpu_percent: Annotated[float, Field(ge=0, le=100_000)] | None = None
    memory_mb: Annotated[float, Field(ge=0)] | None = None
    metrics: JsonObject = Field(default={}, max_length=50)
    checked_at: MomentIn | None = None


class HeartbeatOut(Out):
    """`HeartbeatResponse`; a new `config_version` means that the registry knows something the service may not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ok": True,
                    "status": "active",
                    "health_status": "healthy",
                    "next_heartbeat_in_seconds": 30,
                    "config_version": 3,
                }
            ]
        }
    )

    ok: bool = True
    status: ServiceStatus
    health_status: HealthStatus
    next_heartbeat_in_seconds: int
    config_version: int


class DeregistrationIn(In):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"slug": "scaidrive", "reason": "Replaced by ScaiDrive 3"}]}
    )

    slug: Slug
    reason: Reason


class RejectIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Unknown operator"}]})

    reason: Reason


class ServicePatch(Patch):
    """What an operator may change; `reason` goes to the audit log."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "deprecated", "reason": "Replaced by ScaiDrive 3"}]}
    )

    name: Name | None = None
    description: Annotated[str, StringConstraints(max_length=4000)] | None = None
    category: Annotated[str, StringConstraints(max_length=64)] | None = None
    icon_url: Address | None = None
    heartbeat_interval_seconds: Seconds | None = None
    status: ServiceStatus | None = None
    reason: Reason | None = None


class ServiceVersionOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"version": "2.4.0", "first_seen_at": "2026-11-22T10:00:00Z", "changed_fields": ["capabilities"]}
            ]
        }
    )

    version: str
    first_seen_at: Moment
    changed_fields: list[str]


class ProbeOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "probed_at": "2026-11-22T10:00:00Z",
                    "status_code": 200,
                    "is_healthy": True,
                    "latency_ms": 12,
                    "error": None,
                }
            ]
        }
    )

    probed_at: Moment
    status_code: int
    is_healthy: bool
    latency_ms: int
    error: str | None


_SERVICE_EXAMPLE: dict[str, Any] = {
    "id": "svc_01m851qp4yet0r2fk9wvt1p634",
    "slug": "scaidrive",
    "name": "ScaiDrive",
    "version": "2.4.0",
    "description": "Files for teams",
    "category": "storage",
    "icon_url": None,
    "app_id": "scaidrive",
    "base_url": "https://drive.example.com",
    "health_check_url": "https://drive.example.com/health",
    "provisioning_url": "https://drive.example.com/scaicontrol/provision",
    "deprovisioning_url": None,
    "capabilities": ["provisioning", "metering"],
    "metrics": [{"slug": "storage_gb", "name": "Storage", "unit": "GB", "kind": "gauge"}],
    "status": "active",
    "health_status": "healthy",
    "heartbeat_interval_seconds": 30,
    "last_heartbeat_at": "2026-11-22T10:00:00Z",
    "consecutive_misses": 0,
    "last_reported": {"status": "ok", "version": "2.4.0"},
    "last_probe_at": None,
    "last_probe_status": None,
    "last_probe_ms": None,
    "approved_at": "2026-11-01T10:00:00Z",
    "approved_by": "usr_01m851qp4yet0r2fk9wvt1p634",
    "rejected_reason": None,
    "config_version": 3,
    "available_actions": ["deprecate", "deregister", "suspend"],
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-22T10:00:00Z",
}


class ServiceOut(Out):
    """A service as operators see it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SERVICE_EXAMPLE]})

    id: str
    slug: str
    name: str
    version: str
    description: str
    category: str
    icon_url: str | None
    app_id: str
    base_url: str | None
    health_check_url: str | None
    provisioning_url: str | None
    deprovisioning_url: str | None
    capabilities: list[str]
    metrics: list[dict[str, str]]
    status: ServiceStatus
    health_status: HealthStatus
    heartbeat_interval_seconds: int
    last_heartbeat_at: Moment | None
    consecutive_misses: int
    last_reported: dict[str, Any] | None
    last_probe_at: Moment | None
    last_probe_status: int | None
    last_probe_ms: int | None
    approved_at: Moment | None
    approved_by: str | None
    rejected_reason: str | None
    config_version: int
    available_actions: list[str]
    created_at: Moment
    updated_at: Moment


class ServiceDetailOut(ServiceOut):
    """A service with its releases and the latest looks at its health address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SERVICE_EXAMPLE, "versions": [], "probes": []}]})

    versions: list[ServiceVersionOut]
    probes: list[ProbeOut]


class ApprovedOut(ServiceOut):
    """An approved service; the key is shown this once and never again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SERVICE_EXAMPLE, "service_key": "sck_" + "a" * 43}]})

    service_key: str | None = None
