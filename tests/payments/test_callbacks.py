"""Callbacks that come late, twice, in any order, or from somebody else leave our books those of the provider."""

import json
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from scaicontrol.core.errors import Unauthenticated
from scaicontrol.core.payment_ports import PaymentProvider, StoredMethod
from scaicontrol.services import payments
from scaicontrol.services.ledger.models import LedgerPosting
from scaicontrol.services.payments.models import InboundEvent, Payment
from scaicontrol.services.payments.service.methods import store
from tests.factories import ada, alice, petra
from tests.factories.invoices import a_line, sent
from tests.integrations.providers.coinbase_server import CoinbaseServer
from tests.integrations.providers.coinbase_server import signed as signed_by_coinbase
from tests.integrations.providers.mollie_server import MollieServer
from tests.integrations.providers.rigs import MollieRig, StripeRig, coinbase, mollie, stripe
from tests.integrations.providers.stripe_server import StripeServer, signed

Callback = tuple[dict[str, str], bytes]


@dataclass
class Far(ABC):
    """What happens at a provider, and what it sends of it."""

    provider: PaymentProvider

    @abstractmethod
    def methods(self) -> list[StoredMethod]:
        """A card, and a direct debit that the bank answers later."""

    @abstractmethod
    def answer(self, payment: str, *, approved: bool) -> None: ...

    @abstractmethod
    def take_back(self, payment: str) -> None: ...

    @abstractmethod
    def give_back(self, payment: str, cents: int) -> None:
        """Refund at the provider, where nobody says for what."""

    @abstractmethod
    def callbacks(self) -> list[Callback]: ...

    @abstractmethod
    def forged(self) -> list[Callback]: ...

    @abstractmethod
    def kept(self) -> dict[str, int]:
        """What it still has of each payment, in minor units."""


@dataclass
class FarStripe(Far):
    server: StripeServer

    def methods(self) -> list[StoredMethod]:
        return [
            StoredMethod("pm_card_visa", "cus_1", "card", "Visa", "4242"),
            StoredMethod("pm_sepa", "cus_1", "sepa_debit", "SEPA", "3000"),
        ]

    def answer(self, payment: str, *, approved: bool) -> None:
        if approved:
            self.server.pay(payment)
        else:
            why = {"code": "insufficient_funds", "message": "No money."}
            self.server.intents[payment] |= {"status": "requires_payment_method", "last_payment_error": why}

    def take_back(self, payment: str) -> None:
        self.server.dispute(payment, status="lost", fee=0)

    def give_back(self, payment: str, cents: int) -> None:
        self.server.give_back(payment, cents)

    def callbacks(self) -> list[Callback]:
        intents = [self.server.event("payment_intent.processing", each) for each in self.server.intents.values()]
        disputes = [self.server.event("charge.dispute.closed", each) for each in self.server.disputes.values()]
        refunds = [self.server.event("refund.updated", each) for each in self.server.made.values()]
        return [*intents, *disputes, *refunds]

    def forged(self) -> list[Callback]:
        foreign = {"object": "payment_intent", "id": "pi_foreign"}
        raw = json.dumps({"id": "evt_forged", "data": {"object": foreign}}).encode()
        return [({}, raw), (signed(raw, secret="whsec_other"), raw), (signed(raw, at=1), raw)]

    def kept(self) -> dict[str, int]:
        kept = {name: row["amount_received"] for name, row in self.server.intents.items()}
        for row in (*self.server.disputes.values(), *self.server.made.values()):
            kept[row["payment_intent"]] -= row["amount"]
        return kept


@dataclass
class FarMollie(Far):
    server: MollieServer

    def methods(self) -> list[StoredMethod]:
        made = {"mdt_card": "creditcard", "mdt_debit": "directdebit"}
        for name, method in made.items():
            self.server.mandates[name] = {"id": name, "method": method, "customerId": "cst_1"}
        return [
            StoredMethod("mdt_card", "cst_1", "card", "Visa", "4242"),
            StoredMethod("mdt_debit", "cst_1", "sepa_debit", "SEPA", "4300"),
        ]

    def answer(self, payment: str, *, approved: bool) -> None:
        more: dict[str, Any] = {} if approved else {"details": {"bankReasonCode": "AM04"}}
        self.server.settle(payment, "paid" if approved else "failed", **more)

    def take_back(self, payment: str) -> None:
        self.server.charge_back(payment)

    def give_back(self, payment: str, cents: int) -> None:
        self.server.give_back(payment, cents)

    def callbacks(self) -> list[Callback]:
        return [({}, f"id={name}".encode()) for name in self.server.payments]

    def forged(self) -> list[Callback]:
        return [({}, b"id=tr_foreign"), ({}, b"id=tr_1&id=tr_2"), ({}, b'{"id": "tr_1"}')]

    def kept(self) -> dict[str, int]:
        paid = {n: _cents(row) if row["status"] == "paid" else 0 for n, row in self.server.payments.items()}
        for row in (*self.server.chargebacks.values(), *self.server.made.values()):
            paid[row["paymentId"]] -= _cents(row)
        return paid


def _cents(row: dict[str, Any]) -> int:
    return int(Decimal(row["amount"]["value"]) * 100)


@asynccontextmanager
async def far_side(name: str) -> AsyncIterator[Far]:
    if name == "stripe":
        async with stripe() as rig:
            assert isinstance(rig, StripeRig)
            yield FarStripe(rig.provider, rig.far)
    else:
        async with mollie() as rig:
            assert isinstance(rig, MollieRig)
            yield FarMollie(rig.provider, rig.far)


async def _booked(uow) -> dict[str, int]:
    rows = await uow.session.scalars(select(Payment))
    return {str(row.external_id): row.kept_cents - row.refunded_cents for row in rows}


async def _stored(uow) -> list[str]:
    return [row.external_id for row in await uow.session.scalars(select(InboundEvent))]


async def _in_ledger(uow) -> int:
    """What lies with providers by the ledger."""
    cents = select(func.sum(LedgerPosting.amount_cents)).where(LedgerPosting.account.startswith("clearing:"))
    return int(await uow.session.scalar(cents) or 0)


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ["stripe", "mollie"])
async def test_whatever_comes_in_whatever_order_our_books_are_the_providers(backend, name):
    await _shuffled(backend, name, times=5)


@pytest.mark.long
@pytest.mark.parametrize("name", ["stripe", "mollie"])
async def test_ten_thousand_callbacks_leave_our_books_the_providers(backend, name):
    assert await _shuffled(backend, name, least=10_000) >= 10_000


async def _business(backend, far: Far, name: str) -> list[Payment]:
    """Eight payments, of which some were refunded, taken back, or decided later."""
    stored = [await backend.perform(alice, store, name, each, make_default=False) for each in far.methods()]
    made = []
    for number in range(8):
        invoice = await sent(backend, a_line(1000 + number))
        made.append(await payments.pay(backend, ada, invoice.id, method_id=stored[number % 2].id))
    assert [each.status for each in made] == ["succeeded", "pending"] * 4
    await payments.refund(backend, petra, made[0].invoice_id, 300, "Goodwill.")
    far.take_back(str(made[2].external_id))
    for cents in (200, 150):
        far.give_back(str(made[4].external_id), cents)
    for payment, approved in ((made[1], True), (made[3], False), (made[5], True)):
        far.answer(str(payment.external_id), approved=approved)
    return made


async def _shuffled(backend, name: str, *, times: int = 1, least: int = 0) -> int:
    """Shuffle what a provider sends, as often as said or until it is so many, and hold the books against its own."""
    chance = random.Random(11)
    async with far_side(name) as far:
        backend.ports.payment_providers[name] = far.provider
        made = await _business(backend, far, name)
        waiting = [*(far.callbacks() * times), *(far.forged() * times)]
        while len(waiting) < least:  # told of anew, each twice
            waiting += [*(far.callbacks() * 2), *far.forged()]
        chance.shuffle(waiting)
        for number, (headers, raw) in enumerate(waiting):
            try:
                await payments.receive(backend, name, headers, raw)
            except Unauthenticated:
                assert raw in [each for _, each in far.forged()]
            if number == len(waiting) // 3:
                far.take_back(str(made[5].external_id))  # while the others are on their way
            if number % 1000 == len(waiting) // 3 % 1000:
                await payments.process_inbound(backend)
        for late in far.callbacks():
            await payments.receive(backend, name, *late)
        while await payments.process_inbound(backend):
            pass
        assert await backend.ask(ada, _booked) == far.kept()
        assert await backend.ask(ada, _in_ledger) == sum(far.kept().values())
        assert not [each for each in await backend.ask(ada, _stored) if "foreign" in each or "forged" in each]
        return len(waiting)


def _kept_by(server: CoinbaseServer) -> dict[str, int]:
    """What Coinbase still has of each checkout, in minor units of what it was priced in."""
    kept = {}
    for name, row in server.checkouts.items():
        is_paid = row["status"] in {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}
        gone = sum(Decimal(each["fiatAmount"]) for each in row["refunds"])
        kept[name] = int((Decimal(row["fiatAmount"]) - gone) * 100) if is_paid else 0
    return kept


@pytest.mark.by_turns
async def test_pages_that_are_paid_late_or_twice_told_of_leave_our_books_those_of_coinbase(backend):
    await _paid_by_page(backend, times=4)


@pytest.mark.long
async def test_ten_thousand_callbacks_leave_our_books_those_of_coinbase(backend):
    await _paid_by_page(backend, times=900)


async def _paid_by_page(backend, *, times: int) -> None:
    chance = random.Random(12)
    async with coinbase() as rig:
        backend.ports.payment_providers["coinbase"] = rig.provider
        made = []
        for number in range(6):
            invoice = await sent(backend, a_line(1000 + number))
            made.append(await payments.pay(backend, ada, invoice.id, provider="coinbase"))
        assert {each.status for each in made} == {"requires_action"}
        names = [str(each.external_id) for each in made]
        for name in names[:4]:
            rig.far.pay(name)
        rig.far.settle(names[4], "EXPIRED")
        raw = b'{"eventType": "checkout.payment.success", "id": "ffffffffffffffffffffffff"}'
        forged = [({}, raw), (signed_by_coinbase(raw, secret="mine"), raw), (signed_by_coinbase(raw, at=1), raw)]
        waiting = [*(rig.far.event(name) for name in names * times), *(forged * times)]
        assert times < 900 or len(waiting) >= 8_000
        chance.shuffle(waiting)
        for number, (headers, body) in enumerate(waiting):
            try:
                await payments.receive(backend, "coinbase", headers, body)
            except Unauthenticated:
                assert body == raw
            if number == len(waiting) // 2:
                await payments.process_inbound(backend)
                await payments.refund(backend, petra, made[0].invoice_id, 300, "Goodwill.")
                rig.far.give_back(names[1], 200)
                rig.far.pay(names[4])  # after it had expired
        for name in names:  # told of once more, in other words
            body = json.dumps({"eventType": "checkout.payment.success", "id": name, "again": True}).encode()
            await payments.receive(backend, "coinbase", signed_by_coinbase(body), body)
        await payments.process_inbound(backend)
        assert await backend.ask(ada, _booked) == _kept_by(rig.far)
        assert await backend.ask(ada, _in_ledger) == sum(_kept_by(rig.far).values())
        assert sum(_kept_by(rig.far).values()) > 0
