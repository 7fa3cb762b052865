"""A unit of work runs again when the database undid it, and only then; what it told is told once."""

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from scaicontrol.core.errors import Conflict, OutcomeUnknown, Unavailable
from scaicontrol.core.rehearsal import rehearse
from scaicontrol.services.partners.models import PartnerConfiguration
from tests.factories import NORTHWIND, ada
from tests.factories.tenants import store_cast


def undone(code: int) -> OperationalError:
    return OperationalError("UPDATE invoices", None, Exception(code, "Deadlock found"))


@pytest.mark.parametrize("door", ["perform", "ask", "fast_read"])
@pytest.mark.parametrize("code", [1213, 1205, 1020, 1047])
async def test_it_runs_again_until_it_holds(backend, door, code):
    tries = []

    async def verb(_: object) -> int:
        tries.append(code)
        if len(tries) < 3:
            raise undone(code)
        return len(tries)

    assert await getattr(backend, door)(ada, verb) == 3


async def test_it_gives_up_with_a_sentence(backend):
    tries = []

    async def verb(_: object) -> None:
        tries.append(1)
        raise undone(1213)

    with pytest.raises(Unavailable, match="busy with conflicting changes"):
        await backend.perform(ada, verb)
    assert len(tries) == backend.settings.db_retry_attempts


@pytest.mark.parametrize(
    ("met", "said"),
    [(undone(2013), OutcomeUnknown), (IntegrityError("INSERT", None, Exception(1062, "Duplicate")), Conflict)],
    ids=["an unknown outcome", "a clash"],
)
async def test_nothing_else_runs_again(backend, met, said):
    tries = []

    async def verb(_: object) -> None:
        tries.append(1)
        raise met

    with pytest.raises(said):
        await backend.perform(ada, verb)
    assert tries == [1]


@pytest.mark.parametrize("dialect", [pytest.param("mariadb", marks=pytest.mark.mariadb)])
async def test_a_rehearsal_whose_savepoint_went_with_its_transaction_runs_again(backend):
    """The database undoes all steps at once, and the rollback to a savepoint finds none."""
    await store_cast(backend)
    tries = []

    async def change(uow):
        (await uow.session.get_one(PartnerConfiguration, NORTHWIND, with_for_update=True)).invoice_day = 9

    async def step(uow):
        seen = (await uow.session.get_one(PartnerConfiguration, NORTHWIND)).invoice_day
        tries.append(seen)
        if len(tries) == 1:  # somebody else is faster
            await backend.perform(ada, change)
        await uow.session.get_one(PartnerConfiguration, NORTHWIND, with_for_update=True, populate_existing=True)
        return seen

    async def work(stage):
        return await stage.perform(ada, step)

    assert (await rehearse(backend, work)).result == 9
    assert len(tries) == 2
