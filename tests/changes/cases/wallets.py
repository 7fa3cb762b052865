"""Wallets: what comes in and what goes."""

from scaicontrol.services.wallets.schemas import WalletExpireIn, WalletRefundIn
from tests.factories import petra
from tests.factories.wallets import a_grant, a_top_up, given, paid_in

from .case import Case, Stage, case


@case("wallets.top_up")
async def _(stage: Stage) -> Case:
    return Case({"body": a_top_up(stage.backend)}, petra)


@case("wallets.grant")
async def _(stage: Stage) -> Case:
    return Case({"body": a_grant(stage.backend)}, petra)


@case("wallets.refund")
async def _(stage: Stage) -> Case:
    lot = await paid_in(stage.backend)
    return Case({"lot_id": lot.id, "body": WalletRefundIn(amount_cents=2000, reference="ABN 9")}, petra)


@case("wallets.expire")
async def _(stage: Stage) -> Case:
    lot = await given(stage.backend)
    return Case({"lot_id": lot.id, "body": WalletExpireIn(reason="Given by mistake")}, petra)
