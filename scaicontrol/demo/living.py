"""Three months of the world: a day at a time people subscribe, use, pay late, change their minds and complain."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from sqlalchemy import select

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.integrations.payment_providers import sandbox
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.services import (
    bank_statements,
    catalog,
    credits,
    identity,
    invoices,
    payments,
    plan_moves,
    provisioning,
    subscriptions,
    usage,
    wallets,
)  # fmt: skip
from scaicontrol.services.bank_statements.lifecycle import WaitsFor
from scaicontrol.services.bank_statements.schemas import BankBookIn, BankLineFilter
from scaicontrol.services.credits.schemas import CreditFilter
from scaicontrol.services.identity.schemas import PortalViewIn
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn
from scaicontrol.services.payments.lifecycle import PaymentState
from scaicontrol.services.payments.models import Payment
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from scaicontrol.services.plan_moves.models import PlanMove
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.wallets.schemas import GrantIn, TopUpIn

from .asked import declare, measure_otherwise
from .bank import DemoTransfer, send_statement
from .loading import OPERATOR, let_one_wait, operator_actor, plan_of, service_of, tenant_actor
from .waiting import agree_on_a_price, ask_to_void, give_a_price, keep_books, lose_an_address, move_the_ledger
from .world import (
    BUYERS,
    DAYS,
    PACK_TAKEN,
    PLANNED_SUBSCRIPTIONS,
    PLANS,
    ROUNDS_UP,
    SELLERS,
    TRANSFERS_AFTER_DAYS,
    PlannedSubscription,
)


class Life(Protocol):
    async def __call__(self, until: datetime) -> None:
        """Move the clock to `until`, doing on the way what becomes due."""
        ...


async def live(backend: Backend, begin: datetime, life: Life, on_day: Callable[[int, datetime], None]) -> None:
    """Live through the demo's days; `on_day` is told each one."""
    for day in range(DAYS):
        today = begin + timedelta(days=day)
        await life(today + timedelta(hours=9))
        for planned in PLANNED_SUBSCRIPTIONS:
            if planned.day == day:
                await _subscribe(backend, planned)
        if day == PACK_TAKEN[0]:
            _, buyer, pack = PACK_TAKEN
            await backend.perform(tenant_actor(buyer), provisioning.subscribe_pack, pack)
        await _turn(backend, day)
        await _transfer(backend, today)
        await _use(backend, day)
        on_day(day + 1, today)


async def _subscribe(backend: Backend, planned: PlannedSubscription) -> None:
    actor = tenant_actor(planned.tenant_id)
    await backend.perform(
        actor, provisioning.subscribe, planned.plan_key, quantity=planned.quantity, coupon=planned.coupon
    )


async def _use(backend: Backend, day: int) -> None:
    """Let the services report what was used today, one batch each."""
    live = [planned for planned in PLANNED_SUBSCRIPTIONS if planned.daily and planned.day < day]
    for slug in {planned.plan_key.split(".")[0] for planned in live}:
        now = backend.clock.now()
        events = [
            {
                "idempotency_key": f"{slug}-{planned.tenant_id}-{metric}-{day}",
                "tenant_id": planned.tenant_id,
                "service_slug": slug,
                "metric_slug": metric,
                "quantity": str(_varied(quantity, day)),
                "occurred_at": now.isoformat(),
            }
            for planned in live
            if planned.plan_key.startswith(f"{slug}.")
            for metric, quantity in planned.daily.items()
        ]
        await usage.submit(backend, await backend.ask(OPERATOR, service_actor, slug), events)


def _varied(quantity: Decimal, day: int) -> Decimal:
    """Weekends are quiet and no day is like another; the same day always is."""
    wave = Decimal(100 + (day * 37) % 41 - 20) / 100
    return (quantity * wave * (Decimal("0.4") if day % 7 in (5, 6) else 1)).quantize(Decimal("0.01"))


async def service_actor(uow: UnitOfWork, slug: str) -> Actor:
    service = await service_of(uow, slug)
    return Actor(
        str(service.app_id),
        ActorKind.service,
        Scope.service(service.id),
        identity.ROLES["service"].scopes,
        name=service.name,
        client_id=service.app_id,
        surface="rest",
    )


async def _transfer(backend: Backend, today: datetime) -> None:
    """Bank transfers arrive for those who pay by invoice: the bookkeeper imports what the sellers' banks say."""
    arrived: defaultdict[str, list[DemoTransfer]] = defaultdict(list)
    for partner_id, transfer in await backend.ask(OPERATOR, _awaited, today):
        arrived[str(SELLERS[partner_id]["iban"])].append(transfer)
    for iban, moved in arrived.items():
        for statement in (await send_statement(backend, iban, backend.clock.now().date(), moved)).statements:
            await _book_generous(backend, statement.id)


async def _book_generous(backend: Backend, statement_id: str) -> None:
    """Who paid more than an invoice asks for named it all the same: it is booked there, and the rest is credit."""
    wanted = BankLineFilter(statement_id=statement_id, waits_for=WaitsFor.amount)
    for line in (await backend.ask(OPERATOR, bank_statements.lines, PageRequest(), wanted)).items:
        likely = (await backend.ask(OPERATOR, bank_statements.candidates, line.id))[0]
        await backend.perform(OPERATOR, bank_statements.book, line.id, BankBookIn(invoice_id=likely.invoice_id))


async def _awaited(uow: UnitOfWork, today: datetime) -> list[tuple[str, DemoTransfer]]:
    """Name the sellers that transfers arrive at: Stichting rounds its first one up, and has credit from then on."""
    found = []
    for tenant_id, days in TRANSFERS_AFTER_DAYS.items():
        rows = await uow.session.scalars(
            select(Invoice).where(
                Invoice.tenant_id == tenant_id,
                Invoice.document_type == DocumentType.invoice,
                Invoice.status.in_([InvoiceStatus.sent, InvoiceStatus.past_due]),
                Invoice.finalized_at <= today - timedelta(days=days),
            )
        )
        payer = str(BUYERS[tenant_id]["company_name"])
        mine = [
            (row.partner_id, DemoTransfer(payer, str(row.number), row.amount_due_cents, row.currency)) for row in rows
        ]
        if mine and tenant_id == ROUNDS_UP and not await _has_paid(uow, tenant_id):
            partner_id, exact = mine[-1]
            mine[-1] = (partner_id, replace(exact, cents=exact.cents // 1000 * 1000 + 1000))
        found += mine
    return found


async def pay_unclearly(backend: Backend) -> None:
    """Neuhafen's town hall and De Zwarte Kat pay without saying what for; both wait when the three months end."""
    moved = [
        DemoTransfer("Stadt Neuhafen", "Abschlag laut Bescheid vom 12.", 25000),
        DemoTransfer("Bank", "Kontoführung", -950),
    ]
    iban = str(SELLERS["prt_northwind"]["iban"])
    today = backend.clock.now().date()
    await send_statement(backend, iban, today, moved)
    part = DemoTransfer(str(BUYERS["tnt_zwarte_kat"]["company_name"]), "Deelbetaling, rest volgt", 5000)
    await send_statement(backend, str(SELLERS["prt_operator"]["iban"]), today, [part])


async def _has_paid(uow: UnitOfWork, tenant_id: str) -> bool:
    paid = select(Invoice.id).where(Invoice.tenant_id == tenant_id, Invoice.amount_paid_cents > 0).limit(1)
    return await uow.session.scalar(paid) is not None


async def _turn(backend: Backend, day: int) -> None:
    """The events one remembers of these months."""
    turns: dict[int, Callable[[Backend], Awaitable[object]]] = {
        40: _upgrade, 43: _look, 47: _reprice, 52: _credit, 58: _monthly, 59: _dispute, 66: _cancel, 71: _lose,
        54: _prepay, 72: _refund, 78: _pay_back, 80: _reprice_again, 82: _thank, 84: _dispute_again,
        77: keep_books, 79: lose_an_address, 85: move_the_ledger, 86: pay_unclearly, 87: give_a_price,
        76: _give_back_there, 83: declare, 88: let_one_wait, 89: agree_on_a_price, 90: ask_to_void,
        91: _measure_otherwise,
    }  # fmt: skip
    if day in turns:
        await turns[day](backend)


async def _upgrade(backend: Backend) -> None:
    """Acme adds six seats in the middle of a month; the rest of it is prorated."""
    seats = await backend.ask(OPERATOR, _subscription, "tnt_acme", "scaiwave")
    await backend.perform(tenant_actor("tnt_acme"), subscriptions.change_plan, seats, quantity=30)


async def _look(backend: Backend) -> None:
    """Acme does not see its new seats: Ada looks at its portal for half an hour, and Acme reads that she did."""
    asked = PortalViewIn(reason="The six new seats are said to be missing in the portal.", ticket="SUP-2317")
    await backend.perform(operator_actor("usr_ada"), identity.begin_portal_view, "tnt_acme", asked)


async def _reprice(backend: Backend) -> None:
    """ScaiGrid Pro costs more for who comes; Verde keeps its terms, is told, and pays more from a renewal on."""
    await _sell_dearer(backend, "scaigrid", "pro", 21900, notice_days=14)


async def _reprice_again(backend: Backend) -> None:
    """So does ScaiFlow Pro, a month ahead: when the three months end, Acme still pays what it did."""
    await _sell_dearer(backend, "scaiflow", "pro", 10900, notice_days=30)


async def _sell_dearer(backend: Backend, service: str, slug: str, cents: int, *, notice_days: int) -> None:
    position, row = next((n, each) for n, each in enumerate(PLANS[service]) if each.slug == slug)
    plan = await backend.ask(OPERATOR, catalog.plan_by, f"{service}.{slug}")
    await backend.perform(
        OPERATOR, catalog.update, plan.id, plan_of(plan.service_id, replace(row, cents=cents), position)
    )

    async def announce(uow: UnitOfWork) -> PlanMove:
        return await plan_moves.announce(uow, plan.id, notice_days=notice_days, reason="New prices")

    await backend.perform(OPERATOR, announce)


async def _monthly(backend: Backend) -> None:
    """Liberty pays for its drive by the month from now on; the rest of the year it had paid for is given back."""
    drive = await backend.ask(OPERATOR, _subscription, "tnt_liberty", "scaidrive")
    await backend.perform(tenant_actor("tnt_liberty"), subscriptions.change_plan, drive, plan="scaidrive.pro")


async def _credit(backend: Backend) -> None:
    """Bauwerk had an outage: a part of its last invoice is credited."""
    invoice_id = await backend.ask(OPERATOR, _last_invoice, "tnt_bauwerk")
    invoice = await backend.ask(OPERATOR, invoices.get, invoice_id)
    part = CreditLineIn(line_id=invoice.lines[0].id, amount_cents=invoice.lines[0].amount_cents // 10)
    note = await backend.perform(
        OPERATOR, invoices.draft_credit, invoice_id, CreditIn(lines=[part], reason="Ausfall am 3. des Monats")
    )
    await invoices.finalize(backend, OPERATOR, note.id)


async def _prepay(backend: Backend) -> None:
    """Bauwerk pays a budget in beforehand, and is given something for it; its next invoices take both."""
    now = backend.clock.now()
    paid = TopUpIn(
        tenant_id="tnt_bauwerk", currency="EUR", amount_cents=250_000, reference="Budget 2. Halbjahr", received_at=now
    )
    await backend.perform(OPERATOR, wallets.top_up, paid)
    await _give(backend, 5000, "Dank für die Vorauszahlung", days=60)


async def _thank(backend: Backend) -> None:
    """It is given something once more, which no invoice has taken when the three months end."""
    await _give(backend, 2500, "Für die Geduld beim Umzug", days=90)


async def _give(backend: Backend, cents: int, reason: str, *, days: int) -> None:
    ends = backend.clock.now() + timedelta(days=days)
    body = GrantIn(tenant_id="tnt_bauwerk", currency="EUR", amount_cents=cents, reason=reason, expires_at=ends)
    await backend.perform(OPERATOR, wallets.grant, body)


async def _give_back_there(backend: Backend) -> None:
    """Somebody gives Verde a little back at the provider, for no document: it is owed until a person decides."""
    payment = await backend.ask(OPERATOR, _last_payment, "tnt_verde")
    _sandbox(backend).give_back(str(payment.external_id), 1900)
    await _hear(backend)


async def _measure_otherwise(backend: Backend) -> None:
    await measure_otherwise(backend, await backend.ask(OPERATOR, service_actor, "scaicrm"))


async def _dispute(backend: Backend) -> None:
    """A payer of Costa's does not know the charge: its bank asks the money back, and the provider withholds it."""
    await _ask_back(backend, "tnt_costa")


async def _lose(backend: Backend) -> None:
    """Twelve days later the bank decides for the payer: the invoice is owed again."""
    provider = _sandbox(backend)
    for dispute in provider.disputes():
        provider.close_dispute(dispute["id"], "lost")
    await _hear(backend)


async def _dispute_again(backend: Backend) -> None:
    """Lucie asks her bank for the rest of what she paid; that dispute is open when the three months end."""
    await _ask_back(backend, "tnt_lumiere")


async def _ask_back(backend: Backend, tenant_id: str) -> None:
    payment = await backend.ask(OPERATOR, _last_payment, tenant_id)
    _sandbox(backend).dispute(str(payment.external_id))
    await _hear(backend)


async def _hear(backend: Backend) -> None:
    """Let the provider's webhooks arrive."""
    provider = _sandbox(backend)
    for event_id, body, headers in provider.due_events():
        await payments.receive(backend, provider.slug, headers, body)
        provider.mark_sent(event_id)
    await payments.process_inbound(backend)


def _sandbox(backend: Backend) -> Sandbox:
    return sandbox.of(backend.settings, backend.clock)


async def _last_payment(uow: UnitOfWork, tenant_id: str) -> Payment:
    held = [PaymentState.succeeded, PaymentState.partially_refunded]
    query = select(Payment).where(Payment.tenant_id == tenant_id, Payment.status.in_(held))
    return (await uow.session.scalars(query.order_by(Payment.succeeded_at.desc(), Payment.id).limit(1))).one()


async def _cancel(backend: Backend) -> None:
    """Costa leaves its quarterly seats at the end of the period."""
    seats = await backend.ask(OPERATOR, _subscription, "tnt_costa", "scaiwave")
    await backend.perform(tenant_actor("tnt_costa"), subscriptions.cancel, seats, reason="Moved to another tool")


async def _refund(backend: Backend) -> None:
    """Verde is given its workshop back in part."""
    invoice_id = await backend.ask(OPERATOR, _paid_invoice, "tnt_verde")
    await payments.refund(backend, OPERATOR, invoice_id, 15000, "Half a day less than agreed")


async def _pay_back(backend: Backend) -> None:
    """Lumière is credited for a slow week, and wants the money rather than a smaller invoice."""
    invoice_id = await backend.ask(OPERATOR, _paid_invoice, "tnt_lumiere")
    note = await invoices.credit(
        backend, OPERATOR, invoice_id, CreditIn(amount_cents=250, reason="Semaine trop lente", finalize=True)
    )
    wanted = CreditFilter(tenant_id="tnt_lumiere", invoice_id=note.id)
    (credit,) = (await backend.ask(OPERATOR, credits.page, PageRequest(), wanted)).items
    await payments.pay_back(backend, OPERATOR, credit.id, PayBackIn(way=PayBackWay.card))


async def _subscription(uow: UnitOfWork, tenant_id: str, slug: str) -> str:
    service = await service_of(uow, slug)
    return str(
        await uow.session.scalar(
            select(Subscription.id).where(
                Subscription.tenant_id == tenant_id,
                Subscription.service_id == service.id,
                Subscription.status != SubscriptionStatus.cancelled,
            )
        )
    )


async def _last_invoice(uow: UnitOfWork, tenant_id: str) -> str:
    return str(
        await uow.session.scalar(
            select(Invoice.id)
            .where(
                Invoice.tenant_id == tenant_id,
                Invoice.document_type == DocumentType.invoice,
                Invoice.number.is_not(None),
            )
            .order_by(Invoice.finalized_at.desc())
            .limit(1)
        )
    )


async def _paid_invoice(uow: UnitOfWork, tenant_id: str) -> str:
    return str(
        await uow.session.scalar(
            select(Invoice.id)
            .where(
                Invoice.tenant_id == tenant_id,
                Invoice.document_type == DocumentType.invoice,
                Invoice.status == InvoiceStatus.paid,
            )
            .order_by(Invoice.total_cents.desc())
            .limit(1)
        )
    )
