"""The registry: which services exist, whether they may be sold, and whether they live."""

from .events import ServiceHealthChanged, ServiceKeyIssued, ServiceRegistered, ServiceStatusChanged, ServiceUpdated
from .lifecycle import WATCHED, HealthStatus, ServiceLifecycle, ServiceStatus
from .models import Service, ServiceEntrypoint, ServiceProbe, ServiceVersion
from .queries import by_ids, by_key, find_by_slug, get, matches, own, page, probes, service_of, versions, visible
from .schemas import (
    ApprovedOut,
    DeregistrationIn,
    HeartbeatIn,
    HeartbeatOut,
    MetricKind,
    ProbeOut,
    RegistrationIn,
    RegistrationOut,
    RejectIn,
    ServiceDetailOut,
    ServiceOut,
    ServicePatch,
    VersionOut,
)
from .service.heartbeat import Heard, heartbeat
from .service.keys import issue_key, vault_path
from .service.monitor import Look, Monitored, monitor, probe
from .service.registration import Registered, deregister, enroll, re_register, register, revise
from .service.status import admit, approve, reject, update

__all__ = [
    "WATCHED",
    "ApprovedOut",
    "DeregistrationIn",
    "HealthStatus",
    "Heard",
    "HeartbeatIn",
    "HeartbeatOut",
    "Look",
    "MetricKind",
    "Monitored",
    "ProbeOut",
    "Registered",
    "RegistrationIn",
    "RegistrationOut",
    "RejectIn",
    "Service",
    "ServiceDetailOut",
    "ServiceEntrypoint",
    "ServiceHealthChanged",
    "ServiceKeyIssued",
    "ServiceLifecycle",
    "ServiceOut",
    "ServicePatch",
    "ServiceProbe",
    "ServiceRegistered",
    "ServiceStatus",
    "ServiceStatusChanged",
    "ServiceUpdated",
    "ServiceVersion",
    "VersionOut",
    "admit",
    "approve",
    "by_ids",
    "by_key",
    "deregister",
    "enroll",
    "find_by_slug",
    "get",
    "heartbeat",
    "issue_key",
    "matches",
    "monitor",
    "own",
    "page",
    "probe",
    "probes",
    "re_register",
    "register",
    "reject",
    "revise",
    "service_of",
    "update",
    "vault_path",
    "versions",
    "visible",
]
