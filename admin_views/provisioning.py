from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning, tenants
from scaicontrol.services.provisioning import ProvisioningAction
from scaicontrol.services.provisioning.lifecycle import StepStatus, WorkflowStatus
from scaicontrol.services.provisioning.models import ProvisioningStep, ProvisioningWorkflow
from scaicontrol.services.provisioning.schemas import ForceCompleteIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, named_column
from .language import gettext
from .menu import MenuGroup
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton

Given = Mapping[str, str]
_WIDE, _HIGH, _APART, _BELOW = 168, 48, 44, 20  # a box of the graph, and the room between boxes


async def retry_step(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    step = given.get("step_name", "")
    await backend.perform(actor, provisioning.retry_step, pk, step)
    return gettext("%(step)s runs again.", step=formatting.titled(step))


async def rollback(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    await backend.perform(actor, provisioning.rollback, pk)
    return gettext("What was done is being undone, the last step first.")


async def force_complete(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = ForceCompleteIn.model_validate({"reason": given.get("reason", "")})
    await backend.perform(actor, provisioning.force_complete, pk, body.reason)
    return gettext("The workflow counts as completed; open steps are skipped.")


@dataclass(frozen=True, slots=True)
class Box:
    """A step in the drawing of a workflow: its place, and the lines that come from what it needs."""

    step: ProvisioningStep
    x: int
    y: int
    lines: Sequence[tuple[int, int]]  # the points they leave from

    width: int = _WIDE
    height: int = _HIGH


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    """A workflow with its steps as a graph, and what it is for."""

    workflow: ProvisioningWorkflow
    boxes: Sequence[Box]
    tenant: str
    timeline: Timeline
    allowed: Sequence[str]

    @property
    def width(self) -> int:
        return max((box.x for box in self.boxes), default=0) + _WIDE

    @property
    def height(self) -> int:
        return max((box.y for box in self.boxes), default=0) + _HIGH

    @property
    def failed(self) -> Sequence[str]:
        return [step.name for step in self.workflow.steps if step.status is StepStatus.failed]


def drawn(workflow: ProvisioningWorkflow) -> Sequence[Box]:
    """Place the steps: each right of all it needs, those of one column below each other."""
    needs = provisioning.needs_of(workflow.action)
    columns: dict[str, int] = {}
    taken: dict[int, int] = {}
    boxes: dict[str, Box] = {}
    for step in workflow.steps:
        before = needs.get(step.name, ())
        column = columns[step.name] = max((columns[name] + 1 for name in before if name in columns), default=0)
        row = taken[column] = taken.get(column, -1) + 1
        lines = [(boxes[name].x + _WIDE, boxes[name].y + _HIGH // 2) for name in before if name in boxes]
        boxes[step.name] = Box(step, column * (_WIDE + _APART), row * (_HIGH + _BELOW), lines)
    return list(boxes.values())


class WorkflowView(ControlView, model=ProvisioningWorkflow):
    name, name_plural, icon = "Workflow", "Provisioning", "workflows"
    category, rank = MenuGroup.operations, 40
    about = "What services are asked to set up, change and take down, step by step."
    prefix = "wfl"
    permission = "provisioning:manage"
    details_template = "console/workflow.html"
    grows = True
    searched = (ProvisioningWorkflow.id, ProvisioningWorkflow.subscription_id, ProvisioningWorkflow.tenant_id)
    search_hint = "id, subscription or tenant"
    columns = (
        ListColumn("What", lambda row: f"{formatting.spoken(row.action)} {row.plan_key}", None, "link"),
        ListColumn("Status", lambda row: row.status, ProvisioningWorkflow.status, "status"),
        named_column("Tenant", "tenant", "tenant_id", ProvisioningWorkflow.tenant_id),
        ListColumn("Failed at", lambda row: formatting.spoken(row.failed_step)),
        ListColumn("Why", lambda row: row.error_message or formatting.NOTHING),
        ListColumn("Begun", lambda row: formatting.moment(row.created_at), ProvisioningWorkflow.created_at),
        ListColumn("Completed", lambda row: formatting.moment(row.completed_at), ProvisioningWorkflow.completed_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: ProvisioningWorkflow.status == value, list(WorkflowStatus)),
        ListFilter("action", "Action", lambda value: ProvisioningWorkflow.action == value, list(ProvisioningAction)),
        ListFilter("service", "Service", lambda value: ProvisioningWorkflow.service_id == value, kind="service"),
        ListFilter("tenant", "Tenant", lambda value: ProvisioningWorkflow.tenant_id == value, kind="tenant"),
    )
    verbs = (
        VerbButton(
            "retry_step",
            "Retry a step",
            "provisioning:manage",
            "The step runs again with a fresh count of attempts, and the workflow goes on after it.",
            retry_step,
            [Field("step_name", "Step", "choice", choices=lambda detail: detail.failed)],
        ),
        VerbButton(
            "rollback",
            "Roll back",
            "provisioning:manage",
            "What was set up is taken down again, the last step first.",
            rollback,
            danger=True,
        ),
        VerbButton(
            "force_complete",
            "Complete by force",
            "provisioning:manage",
            "Open steps are skipped, and a subscription that waited for it is activated: for what was set up by hand.",
            force_complete,
            [Field("reason", "Reason", "long", hint="Kept in the audit log.")],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[ProvisioningWorkflow]:
        uow.authorize(self.permission)
        return provisioning.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> WorkflowPage:
        uow.authorize(self.permission)
        workflow = await provisioning.get(uow, pk)
        names = await tenants.names(uow, [workflow.tenant_id])
        return WorkflowPage(
            workflow=workflow,
            boxes=drawn(workflow),
            tenant=names.get(workflow.tenant_id, workflow.tenant_id),
            timeline=await timeline_of(uow, pk),
            allowed=provisioning.offered(uow.actor, workflow),
        )

    def title_of(self, detail: WorkflowPage) -> str:
        return gettext(
            "%(action)s %(plan_key)s for %(tenant)s",
            action=formatting.titled(detail.workflow.action),
            plan_key=detail.workflow.plan_key,
            tenant=detail.tenant,
        )

    def actions_of(self, detail: WorkflowPage) -> Sequence[str]:
        return detail.allowed


VIEWS = (WorkflowView,)
