from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Enum, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.db import IdString, JsonDocument, TenantScopedModel, list_indexes, parent_key, within_tenant
from scaicontrol.services.registry.models import Service

from .lifecycle import StepLifecycle, StepStatus, WorkflowLifecycle, WorkflowStatus
from .plan import ProvisioningAction


def _named(kind: type[Any]) -> Enum:
    return Enum(kind, native_enum=False, length=20, values_callable=lambda names: [name.value for name in names])


class ProvisioningWorkflow(Lifecycled, TenantScopedModel):
    """One action at a service for one subscription: provision, update, suspend, resume or deprovision."""

    __tablename__ = "provisioning_workflows"
    __table_args__ = (
        within_tenant(),
        parent_key("subscription_id", "subscriptions"),
        UniqueConstraint("subscription_id", "cause"),
        Index("ix_provisioning_workflows_rollback_due", "rollback_at"),
        Index("ix_provisioning_workflows_latest", "tenant_id", "service_id", "created_at"),
        Index("ix_provisioning_workflows_listed", "created_at", "id"),
        Index("ix_provisioning_workflows_feed", "tenant_id", "created_at", "id"),
        *list_indexes("status", "action", "service_id"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = WorkflowLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    subscription_id: Mapped[str] = mapped_column(IdString, index=True)
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"))
    action: Mapped[ProvisioningAction] = mapped_column(_named(ProvisioningAction))
    cause: Mapped[str] = mapped_column(String(100))  # the fact it follows from: the same fact never starts two
    status: Mapped[WorkflowStatus] = mapped_column(_named(WorkflowStatus), default=WorkflowStatus.pending)
    plan_key: Mapped[str] = mapped_column(String(160))
    quantity: Mapped[int]
    endpoint: Mapped[str | None] = mapped_column(String(500))
    credentials_path: Mapped[str | None] = mapped_column(String(255))
    credential_fields: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    forced: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    failed_step: Mapped[str | None] = mapped_column(String(40))
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_message: Mapped[str | None] = mapped_column(Text)
    rollback_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]

    service: Mapped[Service] = relationship(lazy="raise")
    steps: Mapped[list["ProvisioningStep"]] = relationship(
        lazy="raise",
        back_populates="workflow",
        order_by="ProvisioningStep.position",
        primaryjoin="ProvisioningWorkflow.id == foreign(ProvisioningStep.workflow_id)",
    )

    def __str__(self) -> str:
        return f"workflow {self.id}"

    @property
    def service_slug(self) -> str:
        return self.service.slug

    def step(self, name: str) -> "ProvisioningStep | None":
        return next((step for step in self.steps if step.name == name), None)


class ProvisioningStep(Lifecycled, TenantScopedModel):
    """
    One step of a workflow.

    `next_run_at` is when somebody must look at it again: it is due, its lease runs out, its poll or its deadline comes.
    None means there is nothing to do, so the index holds work and nothing else.
    """

    __tablename__ = "provisioning_steps"
    __table_args__ = (
        parent_key("workflow_id", "provisioning_workflows"),
        UniqueConstraint("workflow_id", "name"),
        UniqueConstraint("token_sha256"),
        Index("ix_provisioning_steps_due", "next_run_at"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = StepLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    workflow_id: Mapped[str] = mapped_column(IdString)
    name: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    status: Mapped[StepStatus] = mapped_column(_named(StepStatus), default=StepStatus.pending)
    attempts: Mapped[int] = mapped_column(default=0)
    retries: Mapped[int] = mapped_column(default=0)  # by operators
    next_run_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(60))
    deadline_at: Mapped[datetime | None]
    poll_url: Mapped[str | None] = mapped_column(Text)
    token_sha256: Mapped[str | None] = mapped_column(String(64))
    final_answer_sha256: Mapped[str | None] = mapped_column(String(64))
    extensions: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_message: Mapped[str | None] = mapped_column(Text)

    workflow: Mapped[ProvisioningWorkflow] = relationship(
        lazy="raise",
        back_populates="steps",
        primaryjoin="foreign(ProvisioningStep.workflow_id) == ProvisioningWorkflow.id",
    )

    def __str__(self) -> str:
        return f"step {self.name} of workflow {self.workflow_id}"
