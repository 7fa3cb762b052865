"""What tenants hold: subscriptions, how they are set up, and what is due for them."""

from datetime import timedelta

from sqlalchemy import delete, select

from scaicontrol.core.ports import ServiceReply
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, provisioning, subscriptions
from scaicontrol.services.billing.models import BillingRun, QuarantineItem
from scaicontrol.services.declarations.schemas import CarryOutIn, DeclineIn
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions import Override
from scaicontrol.services.tenants.models import BillingProfile
from tests.factories import ACME, NORTHWIND, SCAIDRIVE, ada, alice, gina, petra
from tests.factories.declarations import cancelled_by_a_consumer
from tests.factories.plan_moves import announced, edited
from tests.factories.subscriptions import PROVISIONING_URL, subscribed

from .case import Case, Stage, case


@case("provisioning.subscribe")
async def _(stage: Stage) -> Case:
    await _called(stage)
    return Case({"plan": "scaidrive.tested", "quantity": 2}, alice)


async def _called(stage: Stage, *replies: ServiceReply) -> None:
    """ScaiDrive has an address, and answers so."""

    async def move(uow: UnitOfWork) -> None:
        (await uow.session.get_one(Service, SCAIDRIVE)).provisioning_url = PROVISIONING_URL

    await stage.backend.perform(ada, move)
    stage.backend.ports.services.replies[PROVISIONING_URL] = list(replies)  # type: ignore[attr-defined]  # in memory


async def failed_workflow(stage: Stage) -> str:
    """A workflow whose first call was refused for good."""
    await _called(stage, ServiceReply(400, {"message": "unknown tenant"}))
    await subscribed(stage.backend, actor=gina)
    await provisioning.run_due(stage.backend)
    workflow = await stage.backend.ask(ada, provisioning.latest, "scaidrive")
    assert workflow is not None
    assert workflow.status == "failed"
    return workflow.id


@case("provisioning.force_complete")
async def _(stage: Stage) -> Case:
    return Case({"workflow_id": await failed_workflow(stage), "reason": "Set up by hand."})


@case("provisioning.retry_step")
async def _(stage: Stage) -> Case:
    return Case({"workflow_id": await failed_workflow(stage), "step_name": "create_account"})


@case("provisioning.rollback")
async def _(stage: Stage) -> Case:
    return Case({"workflow_id": await failed_workflow(stage)})


@case("plan_moves.announce")
async def _(stage: Stage) -> Case:
    await subscribed(stage.backend)
    await edited(stage.backend)
    return Case({"plan_id": "pln_pro", "notice_days": 30, "reason": "New prices."})


@case("plan_moves.cancel")
async def _(stage: Stage) -> Case:
    await subscribed(stage.backend)
    await edited(stage.backend)
    return Case({"move_id": (await announced(stage.backend)).id, "reason": "The old prices stay."})


@case("subscriptions.cancel")
async def _(stage: Stage) -> Case:
    return Case({"subscription_id": (await subscribed(stage.backend)).id, "reason": "Too dear."}, alice)


@case("subscriptions.cancel", "at once")
async def _(stage: Stage) -> Case:
    return Case({"subscription_id": (await subscribed(stage.backend)).id, "reason": "At once.", "immediate": True})


@case("subscriptions.change_plan")
async def _(stage: Stage) -> Case:
    held = await subscribed(stage.backend)
    stage.clock.advance(timedelta(days=3))
    return Case({"subscription_id": held.id, "plan": "scaidrive.team", "quantity": 3}, alice)


@case("subscriptions.undo_change")
async def _(stage: Stage) -> Case:
    held = await subscribed(stage.backend)
    await stage.backend.perform(alice, subscriptions.change_plan, held.id, plan="scaidrive.team", when="period_end")
    return Case({"subscription_id": held.id}, alice)


@case("subscriptions.convert")
async def _(stage: Stage) -> Case:
    return Case({"subscription_id": (await subscribed(stage.backend, "scaidrive.try")).id})


@case("subscriptions.override")
async def _(stage: Stage) -> Case:
    wanted = Override(reason="Agreed by telephone.", quantity=2, unit_price_cents=750)
    return Case({"subscription_id": (await subscribed(stage.backend)).id, "wanted": wanted})


@case("subscriptions.suspend")
async def _(stage: Stage) -> Case:
    return Case({"subscription_id": (await subscribed(stage.backend)).id, "reason": "Abuse."})


@case("subscriptions.resume")
async def _(stage: Stage) -> Case:
    held = await subscribed(stage.backend)
    await stage.backend.perform(petra, subscriptions.suspend, held.id, "Abuse.")
    return Case({"subscription_id": held.id, "reason": "It was a mistake."})


@case("subscriptions.bulk")
async def _(stage: Stage) -> Case:
    ended = await subscribed(stage.backend, "scaidrive.year")
    await stage.backend.perform(petra, subscriptions.cancel, ended.id, "Ended.", immediate=True)
    first, second = await subscribed(stage.backend), await subscribed(stage.backend, "scaidrive.team", actor=gina)
    return Case({"action": "cancel_immediate", "ids": [first.id, ended.id, second.id], "reason": "They left."})


async def _run(stage: Stage) -> BillingRun:
    await subscribed(stage.backend)
    await subscribed(stage.backend, "scaidrive.team", actor=gina, quantity=2)
    return await billing.plan(stage.backend, petra, NORTHWIND, stage.clock.now())


@case("billing.plan")
async def _(stage: Stage) -> Case:
    await subscribed(stage.backend)
    return Case({"partner_id": NORTHWIND, "as_of": stage.clock.now()})


@case("billing.apply")
async def _(stage: Stage) -> Case:
    run = await _run(stage)
    return Case({"run_id": run.id, "plan_hash": run.plan_hash})


@case("billing.discard")
async def _(stage: Stage) -> Case:
    return Case({"run_id": (await _run(stage)).id})


@case("billing.resolve")
async def _(stage: Stage) -> Case:
    await subscribed(stage.backend)

    async def lose_profile(uow: UnitOfWork) -> None:
        await uow.session.execute(delete(BillingProfile).where(BillingProfile.tenant_id == ACME))

    async def waiting(uow: UnitOfWork) -> str:
        return str(await uow.session.scalar(select(QuarantineItem.id)))

    await stage.backend.perform(ada, lose_profile)
    await billing.plan(stage.backend, petra, NORTHWIND, stage.clock.now())
    item_id = await stage.backend.ask(ada, waiting)
    return Case({"item_id": item_id, "resolution": "waive", "reason": "A gift."})


@case("declarations.carry_out")
async def _(stage: Stage) -> Case:
    contract = await subscribed(stage.backend)
    made = await cancelled_by_a_consumer(stage.backend, contract.id)
    return Case({"declaration_id": made.id, "body": CarryOutIn(note="Thank you for your time with us.")})


@case("declarations.decline")
async def _(stage: Stage) -> Case:
    made = await cancelled_by_a_consumer(stage.backend, "sub_unknown")
    return Case({"declaration_id": made.id, "body": DeclineIn(note="No contract of this number is ours.")})
