from datetime import datetime
from typing import ClassVar

from pydantic import Field

from scaicontrol.core.events import DomainEvent


class ProvisioningCompleted(DomainEvent):
    """A workflow did all it had to, or an operator said so."""

    topic: ClassVar[str] = "provisioning.completed"
    resource: ClassVar[str] = "workflow_id"

    workflow_id: str
    action: str
    subscription_id: str
    tenant_id: str
    partner_id: str
    service_slug: str
    plan_key: str
    forced: bool
    duration_seconds: int
    completed_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return "terminal"


class ProvisioningFailed(DomainEvent):
    """A workflow could not go on; told again when it was rolled back."""

    topic: ClassVar[str] = "provisioning.failed"
    resource: ClassVar[str] = "workflow_id"

    failures: int = Field(exclude=True)
    workflow_id: str
    action: str
    subscription_id: str
    tenant_id: str
    partner_id: str
    service_slug: str
    plan_key: str
    failed_step: str
    error_code: str
    error_message: str
    rolled_back: bool
    failed_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return str(self.failures)
