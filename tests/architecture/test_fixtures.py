"""What the shared fixtures promise to every other test."""

import pytest
from sqlalchemy import text

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.leases import JobLease
from scaicontrol.core.work import UnitOfWork
from tests.databases import TAMPERING
from tests.factories import ada


async def _count(uow: UnitOfWork) -> int:
    return len((await uow.session.scalars(JobLease.__table__.select())).all())


async def _add(uow: UnitOfWork) -> None:
    uow.session.add(JobLease(name="nightly", fence=0))


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_each_test_starts_without_rows(backend: Backend, turn: str) -> None:
    assert await backend.ask(ada, _count) == 0
    await backend.perform(ada, _add)
    assert await backend.ask(ada, _count) == 1


async def test_the_moment_of_a_row_is_the_clocks(backend: Backend, clock: FrozenClock) -> None:
    async def read(uow: UnitOfWork) -> JobLease:
        return await uow.session.get_one(JobLease, "nightly")

    await backend.perform(ada, _add)
    assert (await backend.ask(ada, read)).created_at == clock.now()


@pytest.mark.parametrize("dialect", ["mariadb"])
async def test_the_database_is_safe_to_use(backend: Backend) -> None:
    assert await backend.database.check() == []
    async with backend.database.platform_sql(TAMPERING) as connection:
        row = (await connection.execute(text("SELECT @@innodb_snapshot_isolation, @@tx_isolation"))).one()
    assert tuple(row) == (1, "REPEATABLE-READ")
