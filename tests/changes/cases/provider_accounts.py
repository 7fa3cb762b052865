"""Accounts that sellers have at payment providers."""

from scaicontrol.services.provider_accounts.schemas import ProviderAccountIn, ProviderAccountPut
from tests.factories import petra
from tests.factories.provider_accounts import KEY, an_account, an_account_body

from .case import Case, Stage, case


@case("provider_accounts.create")
async def _(stage: Stage) -> Case:
    return Case({"body": ProviderAccountIn(**an_account_body())}, petra)


@case("provider_accounts.update")
async def _(stage: Stage) -> Case:
    account = await an_account(stage.backend)
    body = ProviderAccountPut(name="Shop NL", config=KEY, currencies=["EUR"], version=1)
    return Case({"account_id": account.id, "body": body}, petra)


@case("provider_accounts.prefer")
async def _(stage: Stage) -> Case:
    await an_account(stage.backend)
    return Case({"account_id": (await an_account(stage.backend, name="Second")).id}, petra)


@case("provider_accounts.close")
async def _(stage: Stage) -> Case:
    return Case({"account_id": (await an_account(stage.backend)).id}, petra)
