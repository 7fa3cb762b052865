"""The main job from an empty catalogue to a refunded invoice, told by its facts in their order."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from scaicontrol.core.outbox import Outbox
from scaicontrol.services import catalog, documents, invoices, payments, provisioning, registry, tenants, usage
from scaicontrol.services.catalog.schemas import PlanIn
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.registry.schemas import HeartbeatIn, MetricIn, RegistrationIn
from scaicontrol.services.tenants.schemas import BillingProfileIn
from tasks import timetravel
from tests.factories import ACME, NORTHWIND, ada, alice, petra, service
from tests.factories.partners import store_partner
from tests.factories.payments import faulty_sandbox
from tests.factories.tenants import BUYER, store_tenant

BEGUN = datetime(2026, 1, 15, 9, tzinfo=UTC)
METRICS = [{"slug": "api_calls", "name": "API calls", "unit": "call", "kind": "counter"}]
USAGE_PRICES = [{"metric_slug": "api_calls", "tier_start": "0", "unit_price_cents": 2, "unit_label": "call"}]


async def told(backend, *, since=BEGUN):
    """What left the house, as `day topic`, in the order it happened."""

    async def read(uow):
        rows = await uow.session.scalars(select(Outbox).where(Outbox.public).order_by(Outbox.occurred_at, Outbox.id))
        return [f"{(row.occurred_at - since).days:>2} {row.event_type}" for row in rows]

    return await backend.ask(ada, read)


async def opened(backend):
    """Everything up to Acme's first subscription, each step by whoever does it."""
    drive = service("", "scaidrive")
    await store_partner(backend, NORTHWIND, payment_providers=["sandbox"], payment_terms_days=14)
    await store_tenant(backend, ACME, NORTHWIND, billed=False)
    done = await registry.register(
        backend,
        drive,
        RegistrationIn(
            slug="scaidrive",
            name="ScaiDrive",
            version="1.0.0",
            base_url="https://drive.example.com",
            metrics=[MetricIn.model_validate(each) for each in METRICS],
        ),
    )
    drive = service(done.service.id, "scaidrive")
    await backend.perform(drive, registry.heartbeat, HeartbeatIn(slug="scaidrive"))
    plan = PlanIn.model_validate(
        {
            "service_id": done.service.id,
            "slug": "pro",
            "name": "Pro",
            "billing_period": "monthly",
            "base_price_cents": 1000,
            "currency": "EUR",
            "usage_pricing": USAGE_PRICES,
        }
    )
    await backend.perform(ada, catalog.create, plan)
    await backend.perform(alice, tenants.save_billing_profile, ACME, BillingProfileIn(**BUYER))
    started = await payments.set_up(backend, alice, "sandbox", "https://portal.example")
    await payments.confirm(backend, alice, "sandbox", {"reference": started.reference})
    subscription = (await backend.perform(alice, provisioning.subscribe, "scaidrive.pro", quantity=2)).subscription
    return drive, subscription


async def report(backend, drive, count, on):
    batch = [
        {
            "idempotency_key": f"{on:%m%d}-{number}",
            "tenant_id": ACME,
            "metric_slug": "api_calls",
            "quantity": "25",
            "occurred_at": on.isoformat(),
        }
        for number in range(count)
    ]
    return await usage.submit(backend, drive, batch)


async def written(backend):
    async def read(uow):
        rows = await uow.session.scalars(invoices.visible(uow).order_by(Invoice.created_at))
        return [(row.number, str(row.status), row.total_cents) for row in rows]

    return await backend.ask(ada, read)


async def live(backend, clock, day):
    await timetravel.live(backend, clock, BEGUN + timedelta(days=day), step=timedelta(days=1))


async def test_from_registration_to_refund(backend, clock):
    provider = faulty_sandbox(backend)
    drive, _ = await opened(backend)
    await timetravel.settle(backend)
    assert [row[1:] for row in await written(backend)] == [("paid", 2420)]

    await live(backend, clock, 5)
    for _ in range(2):  # the second time it is the same batch, and counts no more
        await report(backend, drive, 4, clock.now())
    provider.declines = ["card_declined"]
    await live(backend, clock, 47)  # the month is billed on 1 March, declined, and paid a day later
    assert [row[1:] for row in await written(backend)] == [("paid", 2420), ("paid", 2420 + 242)]

    renewal = await backend.ask(ada, _by_number, (await written(backend))[1][0])
    done = await payments.refund(backend, petra, renewal.id, None, "Goodwill.")
    await timetravel.settle(backend)
    assert done.note is not None
    assert ([refund.status for refund in done.refunds], done.note.total_cents) == (["succeeded"], -2662)
    assert provider.taken() == [2662, 2420]
    assert await told(backend) == [
        " 0 tenant.billing_linked",
        " 0 subscription.activated",
        " 0 provisioning.completed",
        " 0 invoice.finalized",
        " 0 invoice.sent",
        " 0 invoice.paid",
        " 0 payment.succeeded",
        "31 subscription.changed",
        "45 invoice.finalized",
        "45 invoice.sent",
        "45 invoice.past_due",
        "45 payment.failed",
        "45 subscription.payment_failed",
        "46 invoice.paid",
        "46 payment.succeeded",
        "46 subscription.changed",
        "47 credit_note.issued",
        "47 credit.granted",
        "47 credit.paid_back",
        "47 payment.refunded",
        "47 invoice.sent",
    ]
    series = [
        await backend.ask(ada, documents.verify_series, NORTHWIND, kind, 2026) for kind in ("invoice", "credit_note")
    ]
    assert [(each.documents, each.intact) for each in series] == [(2, True), (1, True)]


async def _by_number(uow, number):
    return await uow.session.scalar(invoices.visible(uow).where(Invoice.number == number))
