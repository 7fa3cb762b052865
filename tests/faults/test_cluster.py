"""Three nodes, conflicts that show themselves only at COMMIT, and a node that dies in mid-work."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.platform_settings import PlatformSetting
from scaicontrol.db import locked_rows
from scaicontrol.services import catalog, credits, documents, identity, invoices, partners, payments, webhooks
from scaicontrol.services.catalog.schemas import PriceOverrideIn
from scaicontrol.services.credits.schemas import ReceivableSettleIn, SettledWith
from scaicontrol.services.invoices.schemas import ApplyCreditIn, CreditIn
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.payments.lifecycle import MismatchDecision
from scaicontrol.services.payments.models import Payment
from scaicontrol.services.payments.schemas import DisputeIn, MismatchIn, PayBackIn, PayBackWay
from scaicontrol.services.payments.service.pay_back import record_transfer
from scaicontrol.services.webhooks.models import WebhookDelivery
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn
from tests.factories import NORTHWIND, ada, petra
from tests.factories.catalog import store_plan
from tests.factories.credits import broken_books, open_credits, transferred
from tests.factories.identity import store_user
from tests.factories.invoices import a_draft, a_line, finalized
from tests.factories.registry import store_service
from tests.factories.tenants import store_cast

from .nodes import at_once, one_of, opened
from .test_series import crowd, holds, whole_series

pytestmark = [pytest.mark.galera, pytest.mark.long]


@pytest_asyncio.fixture
async def nodes(galera):
    async with opened(galera) as backends:
        await store_cast(backends[0])
        yield backends


async def test_all_nodes_number_one_series_while_processes_and_a_node_are_killed(nodes, galera):
    ids = [(await a_draft(nodes[0])).id for _ in range(24)]
    urls = ",".join(backend.settings.database_url for backend in nodes)
    running = asyncio.create_task(crowd(urls, ids, processes=6, kills=2))

    async def begun(uow):
        return sum(1 for invoice in await uow.session.scalars(invoices.visible(uow)) if invoice.serial)

    while await nodes[0].ask(ada, begun) < 6 and not running.done():  # noqa: ASYNC110  # until the database says so
        await asyncio.sleep(0.05)
    galera.nodes[2].kill()
    try:
        assert await running == "finalised 24, killed 2, ended [0]"  # who lost the dead node went on through another
    finally:
        galera.settle()
        galera.start(2)
    holds(await nodes[0].ask(ada, whole_series), 24)
    assert (await nodes[1].ask(ada, documents.verify_series, NORTHWIND, "invoice", 2026)).violations == []


async def test_dispatchers_on_every_node_deliver_each_event_once(nodes):
    first = nodes[0]
    await webhooks.create(
        first, ada, WebhookEndpointIn(name="CRM", target_url="https://crm.example.com/hooks", topics=["*"])
    )
    for _ in range(10):
        await finalized(first)
    for _ in range(3):
        await asyncio.gather(*(webhooks.relay(backend) for backend in nodes), return_exceptions=True)
        await asyncio.gather(*(webhooks.dispatch(backend) for backend in nodes), return_exceptions=True)

    async def states(uow):
        return Counter(str(row.status) for row in await uow.session.scalars(select(WebhookDelivery)))

    delivered = await first.ask(ada, states)
    posted = Counter(headers["webhook-id"] for _, headers, _ in first.ports.outbound.sent)
    assert set(delivered) == {"dispatched"}
    assert len(posted) == delivered["dispatched"] >= 10
    assert set(posted.values()) == {1}


async def test_a_credit_used_on_every_node_at_once_is_used_once(nodes):
    """A lock on one node guards nothing on another: whoever uses a credit changes its row."""
    first = nodes[0]
    paid = await finalized(first, a_line(1000))
    owed = [(await a_draft(first, a_line(1000))).id for _ in range(2)]
    for draft in owed:
        await invoices.finalize(first, petra, draft)
    await transferred(first, paid, 1210 + 700)
    (credit,) = await open_credits(first)

    async def take(backend, turn):
        """Pay back by transfer or apply to an invoice, ten cents a time, each on its own node."""
        if turn % 2:
            body = PayBackIn(way=PayBackWay.transfer, amount_cents=10, reference=f"ABN {turn}")
            await payments.pay_back(backend, petra, credit.id, body)
        else:
            wanted = ApplyCreditIn(amount_cents=10, credit_id=credit.id)
            await backend.perform(petra, invoices.apply_credit, owed[turn % 4 // 2], wanted)
        return 10

    turns = [take(nodes[turn % len(nodes)], turn) for turn in range(120)]
    took = [each for each in await asyncio.gather(*turns, return_exceptions=True) if isinstance(each, int)]
    (left,) = [each for each in await first.ask(ada, every_credit) if each.id == credit.id]
    assert left.remaining_cents == 700 - sum(took) >= 0
    assert await broken_books(first) == []


async def every_credit(uow):
    return list(await uow.session.scalars(credits.visible(uow)))


async def test_what_one_node_acknowledged_every_other_node_reads(nodes):
    writer, *readers = nodes
    for round_ in range(30):

        async def rename(uow, day=1 + round_ % 28):
            (await partners.settings_of(uow, NORTHWIND)).invoice_day = day
            return day

        day = await writer.perform(ada, rename)
        seen = [(await reader.ask(ada, partners.settings_of, NORTHWIND)).invoice_day for reader in readers]
        assert seen == [day, day]


async def test_two_nodes_credit_the_whole_of_one_invoice_once(nodes):
    for _ in range(5):
        invoice = await finalized(nodes[0])
        whole = (petra, invoices.draft_credit, invoice.id, CreditIn(reason="Outage"))
        one_of(await at_once(nodes, whole, whole), "Conflict")
        (note,) = await nodes[2].ask(petra, invoices.credit_notes_of, [invoice.id])
        assert note.referenced_invoice_id == invoice.id


async def test_two_super_administrators_on_two_nodes_do_not_remove_each_other(nodes):
    for name in ("ann", "bob"):
        await store_user(nodes[0], name, "super_admin", tenant_id=None, partner_id=None)
    calls = [(ada, identity.revoke, f"usr_{name}", "super_admin") for name in ("ann", "bob")]
    one_of(await at_once(nodes, *calls), "Refused")


async def test_two_nodes_decide_on_one_payment_once(nodes):
    """One keeps what is booked, the other accepts what came: one of them, and its money once."""
    invoice = await finalized(nodes[0])

    async def waits(uow):
        payment = Payment(
            id=new_id("pay"), tenant_id=invoice.tenant_id, partner_id=invoice.partner_id, invoice_id=invoice.id,
            provider="sandbox", amount_cents=invoice.total_cents, currency="EUR", attempt=1, idempotency_key=invoice.id,
            open_key=invoice.id, reported_cents=1000, reported_currency="USD",
        )  # fmt: skip
        uow.session.add(payment)
        return payment.id

    payment_id = await nodes[0].perform(ada, waits)
    accept = MismatchIn(decision=MismatchDecision.accept, amount_cents=900, reason="At the rate of the day.")
    keep = MismatchIn(decision=MismatchDecision.keep, reason="It never came.")
    calls = [(petra, payments.resolve_mismatch, payment_id, body) for body in (accept, keep)]
    one_of(await at_once(nodes, *calls), "Refused")
    assert await broken_books(nodes[2]) == []


async def test_two_nodes_settle_one_receivable_once_and_take_one_credit_once(nodes):
    first = nodes[0]
    invoice = await finalized(first, a_line(1000))
    await transferred(first, invoice, 1310)
    (credit,) = await open_credits(first)
    await payments.pay_back(first, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9"))
    recalled = DisputeIn(invoice_id=invoice.id, reason="Recalled", reference="RTRN-1", outcome="lost")
    await first.perform(petra, payments.open_dispute, recalled)
    (owed,) = (await first.ask(ada, credits.receivables, PageRequest())).items
    await transferred(first, await finalized(first, a_line(500)), 605 + 70)
    (spare,) = await open_credits(first)
    offset = ReceivableSettleIn(way=SettledWith.credit, amount_cents=70, reason="Agreed.")
    back = PayBackIn(way=PayBackWay.transfer, reference="ABN 10")
    one_of(
        await at_once(
            nodes,
            (petra, invoices.settle_receivable, owed.id, offset),
            (petra, record_transfer, spare.id, back),
        ),
        "Refused",
    )
    gone = ReceivableSettleIn(way=SettledWith.write_off, reason="A trifle.")
    one_of(await at_once(nodes, *[(petra, invoices.settle_receivable, owed.id, gone)] * 2), "Refused")
    assert await broken_books(nodes[2]) == []


async def test_two_nodes_record_one_dispute_once_and_never_more_than_came(nodes):
    first = nodes[0]
    invoice = await finalized(first, a_line(1000))
    await transferred(first, invoice)
    told = [
        (
            petra,
            payments.open_dispute,
            DisputeIn(invoice_id=invoice.id, reason="MD06", reference=name, amount_cents=700),
        )
        for name in ("RTRN-1", "RTRN-2")
    ]
    one_of(await at_once(nodes, *told), "Refused")
    assert len((await nodes[2].ask(ada, payments.disputes, PageRequest())).items) == 1
    assert await broken_books(nodes[2]) == []


def priced(day, cents):
    price = PriceOverrideIn(
        plan_id="pln_pro", price_cents=cents, currency="EUR", valid_from=datetime(2026, 2, day, tzinfo=UTC)
    )
    return (ada, catalog.add_override, NORTHWIND, price)


async def test_two_nodes_give_a_partner_one_price_for_one_time(nodes):
    await store_service(nodes[0])
    await store_plan(nodes[0])
    one_of(await at_once(nodes, priced(1, 900), priced(2, 800)), "Conflict")


async def only_one(uow):
    """A guard as a verb has it: under the lock of one row it looks whether there is another, and adds its own."""
    await uow.session.get_one(PartnerConfiguration, NORTHWIND, with_for_update=True)
    if await uow.session.scalar(select(PlatformSetting.key).limit(1)) is not None:
        raise Refused("There is one.")
    uow.session.add(PlatformSetting(key=new_id("one"), value={}))


@pytest.mark.parametrize("holds", [True, False])
async def test_a_lock_holds_on_every_node_because_its_row_is_changed(nodes, monkeypatch, holds):
    if not holds:  # the race is real: where the locked row stays as it was, both are added
        monkeypatch.setattr(locked_rows, "_entities", lambda _: [])
    results = await at_once(nodes, (ada, only_one), (ada, only_one))
    assert [type(each) for each in results if each is not None] == ([Refused] if holds else [])
