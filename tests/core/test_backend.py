"""A unit of work runs again when the database undid it, and only then; what it told is told once."""

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from scaicontrol.core.errors import Conflict, OutcomeUnknown, Unavailable
from tests.factories import ada


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
