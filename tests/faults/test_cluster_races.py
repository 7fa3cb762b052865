"""What two nodes do to one thing at the same moment is done once, and what is counted stays true."""

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.payment_ports import StoredMethod
from scaicontrol.services import identity, invoices, payments, provisioning
from scaicontrol.services.identity.models import PortalView
from scaicontrol.services.identity.schemas import PortalViewIn
from scaicontrol.services.invoices.schemas import MarkPaidIn
from scaicontrol.services.payments.models import PaymentMethod
from scaicontrol.services.payments.schemas import DisputeIn
from scaicontrol.services.payments.service.methods import store
from tests.factories import ACME, GLOBEX, ada, alice, gina, petra
from tests.factories.credits import balance, broken_books
from tests.factories.identity import store_user
from tests.factories.invoices import a_draft, a_line, again, sent
from tests.factories.payments import faulty_sandbox, store_card, unbalanced
from tests.factories.subscriptions import market, subscribed

from .nodes import at_once, one_of, opened

pytestmark = [pytest.mark.galera, pytest.mark.long]


@pytest_asyncio.fixture(scope="module")
async def nodes(galera):
    """The shop is open on all nodes, and Acme has a card."""
    async with opened(galera) as backends:
        await market(backends[0], payment_providers=["sandbox"])
        faulty_sandbox(backends[0])  # of all: their outside is one
        await store_card(backends[0])
        yield backends


@pytest.fixture
def provider(nodes):
    return nodes[0].ports.payment_providers["sandbox"]


async def adds_up(nodes, provider):
    assert await unbalanced(nodes[2], provider) == []
    assert await broken_books(nodes[2]) == []


async def test_a_draft_gets_one_number(nodes):
    for _ in range(3):
        draft = await a_draft(nodes[0], a_line())
        one_of(await at_once(nodes, *[(None, invoices.finalize, petra, draft.id)] * 2), "Refused", "Conflict")

    async def serials(uow):
        return sorted(each.serial for each in await uow.session.scalars(invoices.visible(uow)) if each.serial)

    found = await nodes[2].ask(ada, serials)
    assert found == list(range(1, len(found) + 1))


async def test_an_invoice_is_charged_once(nodes, provider):
    invoice = await sent(nodes[0], a_line())
    before = len(provider.taken())
    one_of(await at_once(nodes, *[(None, payments.pay, petra, invoice.id)] * 2), "Refused", "Conflict")
    assert len(provider.taken()) == before + 1
    await adds_up(nodes, provider)


async def test_no_more_goes_back_than_came(nodes, provider):
    invoice = await sent(nodes[0], a_line())
    await payments.pay(nodes[0], petra, invoice.id)
    most = (None, payments.refund, petra, invoice.id, 2000, "As agreed.")
    one_of(await at_once(nodes, most, most), "Refused", "Conflict")
    (payment,) = await nodes[2].ask(ada, payments.of_invoice, invoice.id)
    assert (payment.refunded_cents, payment.promised_cents) == (2000, 0)
    await adds_up(nodes, provider)


async def test_what_is_refunded_is_not_recalled_as_well(nodes, provider):
    invoice = await sent(nodes[0], a_line())
    await nodes[0].perform(petra, invoices.mark_paid, invoice.id, money(nodes, 2299))
    recalled = DisputeIn(invoice_id=invoice.id, reason="MD06", reference="RTRN-1", outcome="lost")
    results = await at_once(
        nodes,
        (petra, payments.open_dispute, recalled),
        (petra, payments.open_dispute, recalled.model_copy(update={"reference": "RTRN-2"})),
    )
    one_of(results, "Refused", "Conflict")
    await adds_up(nodes, provider)


def money(nodes, cents):
    return MarkPaidIn(amount_cents=cents, paid_at=nodes[0].clock.now(), reference="ABN 1", method="transfer")


async def test_money_that_came_twice_pays_once_and_is_credit_beyond(nodes, provider):
    invoice = await sent(nodes[0], a_line(1000))
    before = await balance(nodes[0])
    all_of_it = (petra, invoices.mark_paid, invoice.id, money(nodes, 1210))
    results = await at_once(nodes, all_of_it, all_of_it)
    assert [each for each in results if isinstance(each, Exception)] == []
    paid = await again(nodes[2], invoice)
    assert (paid.status, paid.amount_paid_cents, paid.amount_due_cents) == ("paid", 1210, 0)
    assert await balance(nodes[2]) == before + 1210
    await adds_up(nodes, provider)


async def test_a_tenant_has_one_default_method(nodes):
    first, second = (
        StoredMethod(f"sbm_both_{name}", "sbc_1", "card", f"Card {name}", "4242", 12, 2029, "NL") for name in "ab"
    )

    async def keep(uow, method):
        return await store(uow, "sandbox", method, make_default=True)

    results = await at_once(nodes, (alice, keep, first), (alice, keep, second))
    assert [each for each in results if isinstance(each, Exception)] == []
    assert len(await defaults(nodes)) == 1
    decided = [(alice, payments.make_default, each.id) for each in results]
    assert [each for each in await at_once(nodes, *decided) if isinstance(each, Exception)] == []
    assert len(await defaults(nodes)) == 1


async def defaults(nodes):
    async def read(uow):
        mine = select(PaymentMethod).where(PaymentMethod.tenant_id == ACME, PaymentMethod.is_default.is_(True))
        return list(await uow.session.scalars(mine))

    return await nodes[2].ask(ada, read)


async def test_one_of_the_last_two_methods_stays_while_renewals_need_it(nodes):
    cards = [await store_card(nodes[0], f"gina-{number}", by=gina) for number in range(2)]
    await subscribed(nodes[0], actor=gina)
    results = await at_once(nodes, *[(gina, payments.remove, card.id) for card in cards])
    assert [type(each).__name__ for each in results if isinstance(each, Exception)] == ["Conflict"]
    (left,) = await nodes[2].ask(gina, payments.methods, GLOBEX)
    assert left.is_default


async def test_a_service_is_subscribed_to_once(nodes):
    wish = (alice, provisioning.subscribe, "scaidrive.pro")
    one_of(await at_once(nodes, wish, wish), "Refused", "Conflict")


async def test_an_operator_looks_at_one_portal_at_a_time(nodes):
    await store_user(nodes[0], "petra", "partner_admin", tenant_id=None)
    why = PortalViewIn(reason="The invoice is said to be missing.", ticket="SUP-1")
    looks = [(petra, identity.begin_portal_view, tenant_id, why) for tenant_id in (ACME, GLOBEX)]
    assert [each for each in await at_once(nodes, *looks) if isinstance(each, Exception)] == []

    async def running(uow):
        return list(await uow.session.scalars(select(PortalView).where(PortalView.ends_at > uow.now)))

    assert len(await nodes[2].ask(ada, running)) == 1
