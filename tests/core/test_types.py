"""What goes into the database comes out the same, on both, or is refused."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.leases import JobLease
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.types import ExactDecimal
from scaicontrol.services.tax.models import VatRate
from tests.factories import ada

SYSTEM = Actor.system("test")


async def test_a_moment_keeps_its_instant_and_its_microseconds(backend: Backend):
    moment = datetime(2026, 3, 29, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))

    async def write(uow: UnitOfWork) -> None:
        uow.session.add(JobLease(name="a", last_due_at=moment))

    async def read(uow: UnitOfWork) -> datetime | None:
        return await uow.session.scalar(select(JobLease.last_due_at))

    await backend.perform(SYSTEM, write)
    kept = await backend.ask(SYSTEM, read)
    assert kept == moment
    assert kept is not None
    assert kept.tzinfo is UTC


async def test_a_naive_moment_is_refused(backend: Backend):
    async def write(uow: UnitOfWork) -> None:
        uow.session.add(JobLease(name="a", last_due_at=datetime(2026, 1, 1)))
        await uow.session.flush()

    with pytest.raises(StatementError, match="has no time zone"):
        await backend.perform(SYSTEM, write)


@pytest.mark.parametrize("bad", [0.1, True, Decimal("0.0000001"), Decimal(10) ** 12])
def test_a_decimal_that_would_not_be_kept_is_refused(bad: object):
    with pytest.raises((TypeError, ValueError)):
        ExactDecimal(18, 6).process_bind_param(bad, None)  # type: ignore[arg-type]  # what must be refused


async def test_ada_may_do_everything_and_rows_know_when_they_were_born(backend: Backend):
    async def write(uow: UnitOfWork) -> datetime:
        lease = JobLease(name="b")
        uow.session.add(lease)
        await uow.session.flush()
        return lease.created_at

    assert ada.may("platform:update")
    assert await backend.perform(SYSTEM, write) == backend.clock.now()


async def test_sums_of_exact_decimals_are_exact_on_both_databases(backend: Backend):
    rates = [Decimal("0.10"), Decimal("0.20"), Decimal("25.50")]

    async def write(uow: UnitOfWork) -> None:
        uow.session.add_all(
            VatRate(
                id=f"rate_{n}", country_code="ZZ", territory=f"t{n}", rate=rate, valid_from=uow.now.date(), source="-"
            )
            for n, rate in enumerate(rates)
        )

    async def total(uow: UnitOfWork) -> Decimal | None:
        return await uow.session.scalar(select(func.sum(VatRate.rate)))

    await backend.perform(SYSTEM, write)
    assert await backend.ask(SYSTEM, total) == Decimal("25.80")
