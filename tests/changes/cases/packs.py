"""Packs: what is sold together, and who has it."""

from scaicontrol.services import packs
from tests.factories import alice, petra
from tests.factories.packs import beside, office, packed, sold

from .case import Case, Stage, case


async def _held(stage: Stage) -> str:
    await beside(stage.backend)
    await sold(stage.backend)
    return (await packed(stage.backend)).id


@case("packs.create")
async def _(stage: Stage) -> Case:
    await beside(stage.backend)
    return Case({"new": office()})


@case("packs.update")
async def _(stage: Stage) -> Case:
    await beside(stage.backend)
    pack = await sold(stage.backend)
    only = office(name="Bureau", items=[{"plan_id": "pln_contacts", "override_price_cents": 1500}], version=1)
    return Case({"pack_id": pack.id, "replacement": only})


@case("packs.delete")
async def _(stage: Stage) -> Case:
    await beside(stage.backend)
    return Case({"pack_id": (await sold(stage.backend)).id})


@case("packs.delete", "in use")
async def _(stage: Stage) -> Case:
    await beside(stage.backend)
    pack = await sold(stage.backend)
    await packed(stage.backend)
    return Case({"pack_id": pack.id})


@case("provisioning.subscribe_pack")
async def _(stage: Stage) -> Case:
    await beside(stage.backend, "https://scaicrm.example.com/provision")
    await sold(stage.backend)
    return Case({"pack": "office"}, alice)


@case("packs.cancel")
async def _(stage: Stage) -> Case:
    return Case({"pack_subscription_id": await _held(stage), "reason": "Too dear."}, alice)


@case("packs.cancel", "at once")
async def _(stage: Stage) -> Case:
    return Case({"pack_subscription_id": await _held(stage), "reason": "At once.", "immediate": True})


@case("packs.suspend")
async def _(stage: Stage) -> Case:
    return Case({"pack_subscription_id": await _held(stage), "reason": "Abuse."})


@case("packs.resume")
async def _(stage: Stage) -> Case:
    held = await _held(stage)
    await stage.backend.perform(petra, packs.suspend, held, "Abuse.")
    return Case({"pack_subscription_id": held, "reason": "It was a mistake."})
