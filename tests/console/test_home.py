"""The console's first page: what needs a person has its amount and its act, and a bar opens the rows it sums up."""

import re
from datetime import timedelta
from html import unescape

import httpx2
import pytest
from sqlalchemy import update

from scaicontrol.core.actor import Actor
from scaicontrol.services import billing, invoices
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.invoices.schemas import MarkPaidIn
from tests.factories import NORTHWIND, ada, petra
from tests.factories.invoices import a_line, sent
from tests.factories.subscriptions import subscribed
from tests.surfaces.console_browser import said


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def bar(client: httpx2.AsyncClient, chart: str, name: str) -> str:
    """Give what the bar of a chart opens."""
    page = await client.get("/admin/")
    [figure] = [each for each in re.findall(r"<figure.*?</figure>", page.text, re.DOTALL) if f">{chart}" in each]
    [link] = re.findall(rf'<a href="([^"]+)">{name}</a>', figure)
    return (await client.get(unescape(link))).text


async def test_a_bar_opens_the_rows_that_it_sums_up(browser, backend, clock):
    now = f"{clock.now():%b %y}"
    running = await subscribed(backend)
    paid, late, open_one = [await sent(backend, a_line(1_000 * (place + 1))) for place in range(3)]
    by_hand = MarkPaidIn(paid_at=clock.now(), reference="ABN 4711", method="transfer")
    await backend.perform(petra, invoices.mark_paid, paid.id, by_hand)
    async with browser("petra") as client:
        assert running.id in await bar(client, "Monthly revenue, EUR", now)
        came = await bar(client, "Collected, EUR", now)
        assert (paid.id in came, open_one.id in came) == (True, False)
        clock.advance(timedelta(days=35))
        await backend.perform(Actor.system("age"), invoices.mark_overdue)
        newer = await sent(backend)
        not_due, aged = [await bar(client, "Open by age, EUR", name) for name in ("not due", "1–30 days")]
    assert (newer.id in not_due, late.id in not_due) == (True, False)
    assert (newer.id in aged, late.id in aged, open_one.id in aged, paid.id in aged) == (False, True, True, False)


async def test_a_draft_that_the_gate_refuses_stands_there_with_its_amount(browser, backend):
    await subscribed(backend)

    async def rename(uow):
        await uow.session.execute(update(Plan).where(Plan.slug == "pro").values(name="Pro\u200b"))

    await backend.perform(Actor.system("test"), rename)
    run = await billing.plan(backend, ada, NORTHWIND, backend.clock.now())
    await billing.apply(backend, ada, run.id, str(run.plan_hash))
    async with browser("petra") as client:
        page = await client.get("/admin/")
        [task] = [
            each for each in re.findall(r"<section.*?</section>", page.text, re.DOTALL) if "t-refused_drafts" in each
        ]
        [all_of_them] = re.findall(r'<a class="button" href="([^"]+)">Mend', task)
        listed = await client.get(unescape(all_of_them))
    assert re.search(r"1 draft is refused by the gate urgent 10\.00 EUR Mend", said(httpx2.Response(200, text=task)))
    assert listed.text.count("data-row") == 1
