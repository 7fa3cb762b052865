from datetime import datetime
from typing import Any, ClassVar, TypedDict

from sqlalchemy import Enum, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import SelfDescribed

from .lifecycle import HealthStatus, MetricChangeLifecycle, MetricChangeStatus, ServiceLifecycle, ServiceStatus


class MetricMeaning(TypedDict):
    """What a number of a metric means."""

    kind: str
    unit: str


class MetricDifference(TypedDict):
    """What one priced metric means and would mean (None: it goes), and the plans that price it."""

    metric_slug: str
    before: MetricMeaning
    after: MetricMeaning | None
    priced_by: list[str]


def _named(kind: type[Any]) -> Enum:
    return Enum(kind, native_enum=False, length=20, values_callable=lambda names: [name.value for name in names])


class Service(Lifecycled, SelfDescribed, Model):
    """A subscribable service: who it is, whether it may be sold (`status`), whether it lives (`health_status`)."""

    __tablename__ = "service_registry"
    __table_args__ = (
        UniqueConstraint("slug"),
        Index("ix_service_registry_monitor", "status", "next_monitor_at"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = ServiceLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[str] = mapped_column(String(64), default="")
    category: Mapped[str] = mapped_column(String(64), default="")
    icon_url: Mapped[str | None] = mapped_column(String(500))
    app_id: Mapped[str] = mapped_column(String(100), index=True)

    base_url: Mapped[str | None] = mapped_column(String(500))
    health_check_url: Mapped[str | None] = mapped_column(String(500))
    provisioning_url: Mapped[str | None] = mapped_column(String(500))
    deprovisioning_url: Mapped[str | None] = mapped_column(String(500))
    capabilities: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    metrics: Mapped[list[dict[str, str]]] = mapped_column(JsonDocument, default=list)
    # Before this moment some metric had another kind or unit, or is gone since: `MetricVersion` says which.
    metrics_changed_at: Mapped[datetime | None]

    status: Mapped[ServiceStatus] = mapped_column(_named(ServiceStatus), default=ServiceStatus.pending)
    health_status: Mapped[HealthStatus] = mapped_column(_named(HealthStatus), default=HealthStatus.healthy)
    heartbeat_interval_seconds: Mapped[int] = mapped_column(default=30)
    last_heartbeat_at: Mapped[datetime | None]
    consecutive_misses: Mapped[int] = mapped_column(default=0)
    last_reported: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    last_probe_at: Mapped[datetime | None]
    last_probe_status: Mapped[int | None]
    last_probe_ms: Mapped[int | None]
    next_monitor_at: Mapped[datetime | None]

    key_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(100))
    rejected_reason: Mapped[str | None] = mapped_column(Text)
    # Grows with every change of what the service was told about itself; `version` is the service's own release.
    config_version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"service {self.slug}"

    @property
    def is_sellable(self) -> bool:
        """Only an active service is listed and takes new subscriptions."""
        return self.status is ServiceStatus.active

    @property
    def silent_since(self) -> datetime:
        """The moment from which its silence counts: the last heartbeat, else the approval."""
        return self.last_heartbeat_at or self.approved_at or self.created_at

    def metric(self, slug: str) -> dict[str, str] | None:
        """Give the declaration of a metric: slug, name, unit, and kind `counter` or `gauge`."""
        return next((metric for metric in self.metrics if metric["slug"] == slug), None)


class ServiceVersion(SelfDescribed, Model):
    """A release of a service as it was first announced, and which of its metadata came with it."""

    __tablename__ = "service_versions"
    __table_args__ = (Index("ix_service_versions_history", "service_id", "first_seen_at"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"))
    version: Mapped[str] = mapped_column(String(64))
    first_seen_at: Mapped[datetime]
    changed_fields: Mapped[list[str]] = mapped_column(JsonDocument, default=list)


class MetricVersion(SelfDescribed, Model):
    """What a metric was from one moment to the next: use is counted by the one that held when it happened."""

    __tablename__ = "metric_versions"

    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"), primary_key=True)
    metric_slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    unit: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    holds_from: Mapped[datetime]
    holds_until: Mapped[datetime | None]  # empty for what is declared now


class MetricChange(Lifecycled, SelfDescribed, Model):
    """
    A change of priced metrics that a service asked for by registering: an operator decides.

    `proposed` are all metrics as the service wants them, `differences` those that wait, with the plans that price them.
    """

    __tablename__ = "metric_changes"
    __table_args__ = (Index("ix_metric_changes_history", "service_id", "created_at"),)
    lifecycle: ClassVar[type[Lifecycle]] = MetricChangeLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"))
    status: Mapped[MetricChangeStatus] = mapped_column(_named(MetricChangeStatus), default=MetricChangeStatus.pending)
    proposed: Mapped[list[dict[str, str]]] = mapped_column(JsonDocument, default=list)
    differences: Mapped[list[MetricDifference]] = mapped_column(JsonDocument, default=list)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(500))

    def __str__(self) -> str:
        return f"metric change {self.id}"


class ServiceProbe(Model):
    """What one look at a service's health address gave; kept for a week."""

    __tablename__ = "service_probes"
    __table_args__ = (Index("ix_service_probes_history", "service_id", "probed_at"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"))
    probed_at: Mapped[datetime] = mapped_column(index=True)
    status_code: Mapped[int]
    is_healthy: Mapped[bool]
    latency_ms: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(500))


class ServiceEntrypoint(SelfDescribed, Model):
    """A launch link of a service; one that the service declared itself is replaced when it registers again."""

    __tablename__ = "service_entrypoints"
    __table_args__ = (Index("ix_service_entrypoints_shown", "service_id", "sort_order"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"))
    label: Mapped[str] = mapped_column(String(120))
    url_template: Mapped[str] = mapped_column(String(500))
    entry_type: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(String(500), default="")
    icon_url: Mapped[str | None] = mapped_column(String(500))
    required_scope: Mapped[str | None] = mapped_column(String(60))
    sort_order: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_declared: Mapped[bool] = mapped_column(default=False)
