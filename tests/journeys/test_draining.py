"""Who reads a list page after page sees what was there all along exactly once, whatever arrives or goes meanwhile."""

import random

import pytest

from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import audit, invoices, payments, webhooks
from scaicontrol.services.payments.models import Payment
from tests.factories import ada
from tests.factories.invoices import a_draft, a_line, sent
from tests.factories.subscriptions import market

SEEDS = range(3)


async def drained(read, disturb, rng):
    """Read to the end, a few rows a time; something happens between the pages."""
    seen, after = [], None
    while True:
        rows, after = await read(after)
        seen += rows
        if after is None:
            return seen
        if rng.random() < 0.8:  # at times nothing happens
            await disturb()


def pages(backend, question, size, sort):
    async def read(after):
        page = await backend.ask(ada, question, PageRequest(page_size=size, sort=sort, after=after))
        return [row.id for row in page.items], page.next

    return read


def feed(backend, question, size):
    async def read(after):
        stretch = await backend.ask(ada, question, after=after, limit=size)
        return [row.id for row in stretch.items], stretch.next

    return read


@pytest.mark.by_turns
@pytest.mark.parametrize("seed", SEEDS)
async def test_invoices_are_seen_once_while_drafts_come_and_go(backend, seed):
    rng = random.Random(seed)
    await market(backend)
    kept = [(await sent(backend, a_line(rng.randrange(100, 200)))).id for _ in range(4)]
    drafts = [(await a_draft(backend, a_line(rng.randrange(100, 200)))).id for _ in range(8)]
    gone: list[str] = []

    async def disturb():
        if drafts and rng.random() < 0.6:  # also the very row a reader stands at
            gone.append(drafts.pop(rng.randrange(len(drafts))))
            await backend.perform(ada, invoices.delete, gone[-1])
        if rng.random() < 0.6:
            await a_draft(backend, a_line(rng.randrange(100, 200)))

    stayed = set(kept) | set(drafts)
    for sort in ("-created_at", "total_cents", "-number"):
        seen = await drained(pages(backend, invoices.page, 2, sort), disturb, rng)
        assert len(seen) == len(set(seen)), sort
        stayed -= set(gone)
        assert stayed <= set(seen), sort


@pytest.mark.by_turns
@pytest.mark.parametrize("seed", SEEDS)
async def test_payments_and_feeds_are_seen_once_while_more_arrives(backend, seed):
    rng = random.Random(seed)
    await market(backend)
    invoice = await sent(backend)

    async def arrive():
        async def add(uow):
            number = f"{rng.getrandbits(60):x}"
            uow.session.add(
                Payment(
                    id=f"pay_{number}", tenant_id=invoice.tenant_id, partner_id=invoice.partner_id,
                    invoice_id=invoice.id, provider="sandbox", amount_cents=rng.randrange(1, 4), currency="EUR",
                    status="failed", attempt=1, idempotency_key=number,
                )
            )  # fmt: skip
            return f"pay_{number}"

        return await backend.perform(ada, add)

    first = {await arrive() for _ in range(9)}
    for sort in ("created_at", "-created_at", "-amount_cents", "status"):
        seen = await drained(pages(backend, payments.page, 3, sort), arrive, rng)
        assert (len(seen), first - set(seen)) == (len(set(seen)), set()), sort

    async def more():
        await a_draft(backend)

    for question in (audit.page, webhooks.stream):
        before, _ = await feed(backend, question, 200)(None)
        seen = await drained(feed(backend, question, 3), more, rng) if len(before) > 3 else before
        assert (len(seen), set(before) - set(seen)) == (len(set(seen)), set())
