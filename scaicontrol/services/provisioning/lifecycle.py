from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class WorkflowStatus(StrEnum):
    pending = "pending"
    running = "running"
    completed = "completed"
    failed = "failed"
    rolling_back = "rolling_back"
    rolled_back = "rolled_back"
    rollback_failed = "rollback_failed"
    cancelled = "cancelled"


class StepStatus(StrEnum):
    pending = "pending"
    running = "running"
    waiting_callback = "waiting_callback"
    waiting_poll = "waiting_poll"
    completed = "completed"
    skipped = "skipped"
    failed = "failed"
    compensating = "compensating"
    compensated = "compensated"
    compensation_failed = "compensation_failed"


OPEN_STEPS = (StepStatus.pending, StepStatus.running, StepStatus.waiting_callback, StepStatus.waiting_poll)
DONE_STEPS = (StepStatus.completed, StepStatus.skipped)
BUSY = (WorkflowStatus.running, WorkflowStatus.rolling_back)
STUCK = (WorkflowStatus.failed, WorkflowStatus.rollback_failed)


class WorkflowLifecycle(Lifecycle):
    """Contract §12.2. A pending workflow waits for an earlier one of the same subscription."""

    is_ = States.from_enum(
        WorkflowStatus,
        initial=WorkflowStatus.pending,
        final=[WorkflowStatus.completed, WorkflowStatus.rolled_back, WorkflowStatus.cancelled],
        use_enum_instance=True,
    )

    start = is_.pending.to(is_.running)
    cancel = is_.pending.to(is_.cancelled)
    complete = is_.running.to(is_.completed)
    fail = is_.running.to(is_.failed)
    retry_step = is_.failed.to(is_.running)
    rollback = is_.failed.to(is_.rolling_back) | is_.rollback_failed.to(is_.rolling_back)
    force_complete = is_.failed.to(is_.completed) | is_.rollback_failed.to(is_.completed)
    finish_rollback = is_.rolling_back.to(is_.rolled_back)
    fail_rollback = is_.rolling_back.to(is_.rollback_failed)


class StepLifecycle(Lifecycle):
    """Contract §12.2, and a second try of a compensation, without which no rollback could be repeated."""

    is_ = States.from_enum(
        StepStatus,
        initial=StepStatus.pending,
        final=[StepStatus.skipped, StepStatus.compensated],
        use_enum_instance=True,
    )

    begin = is_.pending.to(is_.running)
    await_callback = is_.running.to(is_.waiting_callback)
    await_poll = is_.running.to(is_.waiting_poll)
    complete = (
        is_.running.to(is_.completed) | is_.waiting_callback.to(is_.completed) | is_.waiting_poll.to(is_.completed)
    )
    fail = is_.running.to(is_.failed) | is_.waiting_callback.to(is_.failed) | is_.waiting_poll.to(is_.failed)
    skip = (
        is_.pending.to(is_.skipped)
        | is_.running.to(is_.skipped)
        | is_.waiting_callback.to(is_.skipped)
        | is_.waiting_poll.to(is_.skipped)
    )
    retry = is_.failed.to(is_.pending)
    compensate = is_.completed.to(is_.compensating) | is_.compensation_failed.to(is_.compensating)
    finish_compensation = is_.compensating.to(is_.compensated)
    fail_compensation = is_.compensating.to(is_.compensation_failed)
