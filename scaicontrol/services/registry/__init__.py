"""The registry: which services exist, whether they may be sold, and whether they live."""

from .fast_reads import Metered, metered
from .launching import launch_address
from .metrics import MetricHistory, metric_histories
from .queries import (
    by_ids,
    by_key,
    called,
    entrypoint_kinds,
    find_by_slug,
    get,
    metric_change,
    metric_changes,
    offered,
    own,
    page,
    probes,
    service_of,
    shown,
    stored,
    versions,
    visible,
    visible_metric_changes,
)
from .service.heartbeat import Heard, heartbeat
from .service.keys import issue_key, vault_path
from .service.metrics import approve_metric_change, reject_metric_change
from .service.monitor import Monitored, ProbeResult, monitor, probe
from .service.registration import RegistrationAnswer, deregister, re_register, register
from .service.status import approve, reject, update

__all__ = [
    "Heard",
    "Metered",
    "MetricHistory",
    "Monitored",
    "ProbeResult",
    "RegistrationAnswer",
    "approve",
    "approve_metric_change",
    "by_ids",
    "by_key",
    "called",
    "deregister",
    "entrypoint_kinds",
    "find_by_slug",
    "get",
    "heartbeat",
    "issue_key",
    "launch_address",
    "metered",
    "metric_change",
    "metric_changes",
    "metric_histories",
    "monitor",
    "offered",
    "own",
    "page",
    "probe",
    "probes",
    "re_register",
    "register",
    "reject",
    "reject_metric_change",
    "service_of",
    "shown",
    "stored",
    "update",
    "vault_path",
    "versions",
    "visible",
    "visible_metric_changes",
]
