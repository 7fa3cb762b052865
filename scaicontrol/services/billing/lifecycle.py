from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class RunStatus(StrEnum):
    computing = "computing"
    planned = "planned"
    applying = "applying"
    applied = "applied"
    partially_applied = "partially_applied"
    failed = "failed"
    discarded = "discarded"
    stale = "stale"


class RunLifecycle(Lifecycle):
    """Billing runs (contract §17)."""

    is_ = States.from_enum(
        RunStatus,
        initial=RunStatus.computing,
        final=[RunStatus.applied, RunStatus.discarded, RunStatus.stale],
        use_enum_instance=True,
    )
    plan = is_.computing.to(is_.planned)
    abort = is_.computing.to(is_.failed)
    apply = is_.planned.to(is_.applying) | is_.partially_applied.to(is_.applying) | is_.failed.to(is_.applying)
    complete = is_.applying.to(is_.applied)
    complete_partially = is_.applying.to(is_.partially_applied)
    fail = is_.applying.to(is_.failed)
    discard = is_.planned.to(is_.discarded)
    outdate = is_.planned.to(is_.stale)
