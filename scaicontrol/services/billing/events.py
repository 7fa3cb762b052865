from typing import ClassVar

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.schemas import Moment


class RunPlanned(DomainEvent):
    topic: ClassVar[str] = "billing_run.planned"
    resource: ClassVar[str] = "run_id"
    public: ClassVar[bool] = False

    run_id: str
    partner_id: str
    as_of: Moment
    plan_hash: str
    documents: int
    quarantined: int


class RunApplied(DomainEvent):
    topic: ClassVar[str] = "billing_run.applied"
    resource: ClassVar[str] = "run_id"
    public: ClassVar[bool] = False

    run_id: str
    partner_id: str
    version: int
    applied: int
    quarantined: int
    left_as_drafts: int = 0

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class RunDiscarded(DomainEvent):
    topic: ClassVar[str] = "billing_run.discarded"
    resource: ClassVar[str] = "run_id"
    public: ClassVar[bool] = False

    run_id: str
    partner_id: str


class QuarantineResolved(DomainEvent):
    topic: ClassVar[str] = "quarantine.resolved"
    resource: ClassVar[str] = "quarantine_id"
    public: ClassVar[bool] = False

    quarantine_id: str
    partner_id: str
    tenant_id: str
    resolution: str
    draft_to_retry: str | None = None
