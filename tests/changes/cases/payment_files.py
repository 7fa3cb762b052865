"""What sellers' banks are told to pay back."""

from scaicontrol.services.payment_files.schemas import OrderReasonIn, OrderSettleIn, PaymentFileIn
from tests.factories import NORTHWIND, petra
from tests.factories.payment_files import in_a_file, order_body, owed_back, proposed

from .case import Case, Stage, case


@case("payment_files.propose")
async def _(stage: Stage) -> Case:
    return Case({"body": order_body((await owed_back(stage.backend)).id)}, petra)


@case("payment_files.write")
async def _(stage: Stage) -> Case:
    await proposed(stage.backend)
    return Case({"body": PaymentFileIn(partner_id=NORTHWIND)}, petra)


@case("payment_files.mark_sent")
async def _(stage: Stage) -> Case:
    return Case({"file_id": (await in_a_file(stage.backend)).file_id}, petra)


@case("payment_files.settle")
async def _(stage: Stage) -> Case:
    order = await in_a_file(stage.backend)
    return Case({"order_id": order.id, "body": OrderSettleIn(reference="ABN 9")}, petra)


@case("payment_files.reject")
async def _(stage: Stage) -> Case:
    order = await in_a_file(stage.backend)
    return Case({"order_id": order.id, "body": OrderReasonIn(reason="The account is closed.")}, petra)


@case("payment_files.withdraw")
async def _(stage: Stage) -> Case:
    order = await in_a_file(stage.backend)
    return Case({"order_id": order.id, "body": OrderReasonIn(reason="Sent by mistake.")}, petra)
