from typing import Any, ClassVar

from scaicontrol.core.events import DomainEvent


class _PlanFact(DomainEvent):
    """Facts about plans stay inside; what a plan changed is told by the verb it ran."""

    resource: ClassVar[str] = "change_plan_id"
    public: ClassVar[bool] = False

    change_plan_id: str
    partner_id: str | None
    tenant_id: str | None
    action: str


class ApprovalRequested(_PlanFact):
    topic: ClassVar[str] = "change_plan.approval_requested"

    policy_rule: str
    created_by: str


class PlanApproved(_PlanFact):
    topic: ClassVar[str] = "change_plan.approved"


class PlanRejected(_PlanFact):
    topic: ClassVar[str] = "change_plan.rejected"


class PlanApplied(_PlanFact):
    topic: ClassVar[str] = "change_plan.applied"


class PlanFailed(_PlanFact):
    topic: ClassVar[str] = "change_plan.failed"

    error: str


class PlatformSettingsChanged(DomainEvent):
    topic: ClassVar[str] = "platform.settings_changed"
    resource: ClassVar[str] = "key"
    public: ClassVar[bool] = False

    key: str
    version: int
    previous: dict[str, Any]

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"
