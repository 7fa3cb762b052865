"""One series under ten processes and kill -9: no gap, no twin, no lost seal."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from scaicontrol.services import documents
from scaicontrol.services.invoices.models import Invoice
from tests.factories import NORTHWIND, ada
from tests.factories.invoices import a_draft, a_line
from tests.factories.tenants import store_cast

ROOT = Path(__file__).parents[2]


async def crowd(url, ids, *, processes=10, kills=5, seed=7):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.finalizing", url, str(processes), str(kills), str(seed), *ids,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    return out.decode().splitlines()[-1]


async def whole_series(uow):
    rows = await uow.session.scalars(select(Invoice).order_by(Invoice.serial))
    return [(row.serial, str(row.status), row.previous_digest, row.canonical_digest) for row in rows]


async def drafts(backend, count):
    await store_cast(backend)
    return [(await a_draft(backend, a_line(1000 + number))).id for number in range(count)]


def holds(series, count):
    assert [serial for serial, *_ in series] == list(range(1, count + 1))
    assert {status for _, status, *_ in series} == {"finalized"}
    assert len({digest for *_, digest in series}) == count
    assert [previous for _, _, previous, _ in series[1:]] == [digest for *_, digest in series[:-1]]


ON_MARIADB = pytest.mark.parametrize("dialect", [pytest.param("mariadb", marks=pytest.mark.mariadb)])


@ON_MARIADB
@pytest.mark.parametrize(
    ("processes", "kills", "count"), [(3, 1, 8), pytest.param(10, 5, 40, marks=pytest.mark.long)], ids=["few", "many"]
)
async def test_processes_number_one_series_while_some_are_killed(backend, database_url, processes, kills, count):
    ids = await drafts(backend, count)
    said = await crowd(database_url, ids, processes=processes, kills=kills)
    assert said == f"finalised {count}, killed {kills}, ended [0]"
    holds(await backend.ask(ada, whole_series), count)
    assert (await backend.ask(ada, documents.verify_series, NORTHWIND, "invoice", 2026)).violations == []
