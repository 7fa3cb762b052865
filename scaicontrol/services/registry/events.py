from datetime import datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent, rfc3339


class ServiceFact(DomainEvent):
    """What every fact about a service says; `config_version` tells one change from the next."""

    resource: ClassVar[str] = "service_id"
    public: ClassVar[bool] = False

    service_id: str
    service_slug: str
    config_version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.config_version}"


class ServiceRegistered(ServiceFact):
    """A service asked to be part of the platform, for the first time or again."""

    topic: ClassVar[str] = "service.registered"

    app_id: str
    status: str
    auto_approved: bool


class ServiceUpdated(ServiceFact):
    """A service or an operator changed what the registry says about it."""

    topic: ClassVar[str] = "service.updated"

    changed_fields: list[str]


class ServiceStatusChanged(ServiceFact):
    """The service may be sold from now on, or may not any more."""

    topic: ClassVar[str] = "service.status_changed"

    previous_status: str
    status: str
    reason: str | None = None


class MetricChangeProposed(ServiceFact):
    """A service wants priced metrics to mean something else; nothing changes until an operator decides."""

    topic: ClassVar[str] = "service.metric_change_proposed"

    change_id: str
    differences: list[str]


class MetricChangeDecided(ServiceFact):
    """Priced metrics mean something else from now on, or stay what they are."""

    topic: ClassVar[str] = "service.metric_change_decided"

    change_id: str
    status: str
    differences: list[str]
    reason: str | None = None


class ServiceKeyIssued(DomainEvent):
    """A metering key became valid; the key itself is told to its service only."""

    topic: ClassVar[str] = "service.key_issued"
    resource: ClassVar[str] = "service_id"
    public: ClassVar[bool] = False

    service_id: str
    service_slug: str
    key_sha256: str

    @property
    def lifecycle_step(self) -> str:
        return self.key_sha256[:16]


class ServiceHealthChanged(DomainEvent):
    """A service fell silent, or is back."""

    topic: ClassVar[str] = "service.health_changed"
    resource: ClassVar[str] = "service_id"

    service_id: str
    service_slug: str
    previous_health_status: str
    health_status: str
    consecutive_misses: int
    last_heartbeat_at: datetime | None
    last_probe_status: int | None
    changed_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return rfc3339(self.changed_at)
