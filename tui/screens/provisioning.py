"""Provisioning: workflows, their steps, and trying one again."""

from collections.abc import Sequence
from functools import partial

from scaicontrol.core.actor import Actor
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning
from scaicontrol.services.provisioning.lifecycle import StepStatus, WorkflowStatus
from scaicontrol.services.provisioning.models import ProvisioningWorkflow

from ..columns import TableColumn
from ..verbs import REASON, KeyChoice, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen

VERBS = (
    VerbKey(
        "r",
        "retry_step",
        "provisioning:manage",
        "The step runs again with a fresh count of attempts, and the workflow goes on after it.",
        lambda door, row, given: door.perform(provisioning.retry_step, row.id, given.choice),
    ),
    VerbKey(
        "u",
        "rollback",
        "provisioning:manage",
        "What was set up is taken down again, the last step first.",
        lambda door, row, _: door.perform(provisioning.rollback, row.id),
        grave=True,
    ),
    VerbKey(
        "f",
        "force_complete",
        "provisioning:manage",
        "Open steps are skipped, and a subscription that waited for it is activated: for what was set up by hand.",
        lambda door, row, given: door.perform(provisioning.force_complete, row.id, given.text),
        asks=REASON,
        grave=True,
        shown=False,
    ),
)


def _row(actor: Actor, found: ProvisioningWorkflow) -> Row:
    failed = [step for step in found.steps if step.status is StepStatus.failed]
    why = found.error_message or found.error_code or ""
    where = (found.failed_step or "").replace("_", " ")
    return Row(
        found.id,
        f"workflow {found.id} ({found.action} {found.plan_key})",
        str(found.status),
        (
            f"{found.action} {found.plan_key}",
            state(str(found.status)),
            found.tenant_id,
            where or "–",
            why or "–",
            minute(found.created_at),
        ),
        frozenset(provisioning.offered(actor, found)),
        {"retry_step": tuple(KeyChoice(step.name, step.name.replace("_", " ")) for step in failed)},
        about=f"subscriptions {found.subscription_id}",
        words=f"{found.subscription_id} {found.service_slug}",
    )


class WorkflowScreen(ReadScreen, verbs=VERBS):
    """One workflow with its steps: what each met, and what is tried next."""

    console = "provisioning-workflow"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await provisioning.get(uow, row_id)
        said = fields(
            ("state", state(str(found.status))),
            ("id", found.id),
            ("service", found.service_slug),
            ("plan", f"{found.plan_key} × {found.quantity}"),
            ("tenant", found.tenant_id),
            ("subscription", f"{found.subscription_id}  (i)"),
            ("failed at", (found.failed_step or "").replace("_", " ") or None),
            ("why", found.error_message or found.error_code),
            ("rolled back", minute(found.rollback_at)),
            ("begun", minute(found.created_at)),
        )
        steps = table(
            ("Step", "State", "Tries", "Next", "Why"),
            (
                (
                    step.name.replace("_", " "),
                    state(str(step.status)),
                    step.attempts,
                    minute(step.next_run_at),
                    step.error_message or step.error_code or "–",
                )
                for step in found.steps
            ),
            right=(2,),
            none="It has no steps.",
        )
        return _row(uow.actor, found), [("Workflow", said), ("Steps", steps), *await story(uow, row_id)]


class ProvisioningScreen(ListScreen, verbs=VERBS):
    called = "provisioning"
    console = "provisioning-workflow"
    detail = WorkflowScreen
    states = (*WorkflowStatus, "stuck")
    columns = (
        TableColumn("What", 24),
        TableColumn("State", 17),
        TableColumn("Tenant", 14),
        TableColumn("Failed at", 16, wide=True),
        TableColumn("Why", 15, grows=True),
        TableColumn("Begun", 16, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        is_stuck = wanted.state == "stuck"
        page = await provisioning.page(uow, request, status=None if is_stuck else wanted.state, is_stuck=is_stuck)
        return page.shown(partial(_row, uow.actor))
