from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class PlanStatus(StrEnum):
    draft = "draft"
    pending_approval = "pending_approval"
    approved = "approved"
    rejected = "rejected"
    applying = "applying"
    applied = "applied"
    failed = "failed"
    expired = "expired"


class ChangePlanLifecycle(Lifecycle):
    """A change plan (contract §28.3)."""

    is_ = States.from_enum(
        PlanStatus,
        initial=PlanStatus.draft,
        final=[PlanStatus.rejected, PlanStatus.applied, PlanStatus.failed, PlanStatus.expired],
        use_enum_instance=True,
    )
    request = is_.draft.to(is_.pending_approval)
    approve = is_.pending_approval.to(is_.approved)
    reject = is_.pending_approval.to(is_.rejected)
    start = is_.draft.to(is_.applying) | is_.approved.to(is_.applying)
    finish = is_.applying.to(is_.applied)
    fail = is_.applying.to(is_.failed)
    expire = is_.draft.to(is_.expired) | is_.pending_approval.to(is_.expired) | is_.approved.to(is_.expired)


WAITING = (PlanStatus.draft, PlanStatus.pending_approval, PlanStatus.approved)
