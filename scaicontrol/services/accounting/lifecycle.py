from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class SyncStatus(StrEnum):
    pending = "pending"
    synced = "synced"
    failed = "failed"
    skipped = "skipped"


class SyncLifecycle(Lifecycle):
    """An item of a sync (contract §22). `force` is how a person has something exported again."""

    is_ = States.from_enum(SyncStatus, initial=SyncStatus.pending, use_enum_instance=True)
    sync = is_.pending.to(is_.synced)
    fail = is_.pending.to(is_.failed)
    skip = is_.pending.to(is_.skipped)
    retry = is_.failed.to(is_.pending)
    force = is_.synced.to(is_.pending) | is_.skipped.to(is_.pending) | is_.failed.to(is_.pending)
