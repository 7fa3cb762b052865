"""Payment providers on a bench: one way to make each of them succeed, decline and lose answers, and its own books."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.money import exponent
from scaicontrol.core.payment_ports import (
    ChargeRequest,
    PaymentProvider,
    PaymentResult,
    RefundRequest,
    SetupRequest,
    StoredMethod,
)
from scaicontrol.integrations.payment_providers.bank_transfer import BankTransfer
from scaicontrol.integrations.payment_providers.coinbase import Coinbase
from scaicontrol.integrations.payment_providers.mollie import Mollie
from scaicontrol.integrations.payment_providers.sandbox import Sandbox, sign
from scaicontrol.integrations.payment_providers.stripe import Stripe
from tests.factories.ports import MemoryVault

from .coinbase_server import KEY as COINBASE_KEY
from .coinbase_server import KEY_NAME, LEGACY_SECRET, CoinbaseServer
from .coinbase_server import SECRET as COINBASE_SECRET
from .coinbase_server import signed as signed_by_coinbase
from .mollie_server import KEY, MollieServer
from .server import served
from .stripe_server import SECRET, StripeServer, signed

BACK = "https://control.example/back"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
Booked = tuple[Decimal, str]


class Rig(ABC):
    """
    A provider and its far side.

    `forgery` is a webhook that is not authentic, None where nothing can be forged since nothing is believed.
    """

    provider: PaymentProvider
    is_called = False  # over a network, which may break off
    reaches_absent_payers = True  # with a page, where the bank wants one who was charged while away
    forgery: tuple[dict[str, str], bytes] | None = None
    currencies: tuple[tuple[str, int, str], ...] = (("EUR", 1210, "12.10"),)  # code, minor units, as people say it

    @abstractmethod
    async def method(self) -> StoredMethod:
        """Give a method that was set up for `tnt_acme`."""

    @abstractmethod
    def payments(self) -> list[Booked]:
        """What the provider's own books say was taken, in major units."""

    @abstractmethod
    def refunds(self) -> list[Booked]: ...

    async def pay(self, amount: int) -> PaymentResult:
        """Let a payment succeed."""
        return await self.provider.charge(wanted(amount=amount, method=await self.method()))

    def to(self, outcome: str, request: ChargeRequest) -> ChargeRequest:
        """Change a request so that it ends as declined, lost, needs_payer or later; `succeeds` needs no change."""
        return request

    def lose_refund(self, request: RefundRequest) -> RefundRequest:
        """Let the answer to this refund be lost."""
        return request

    def break_off(self, how: str) -> None:
        """Let the far side answer us as `unauthorized`, `busy` or `broken` from now on."""
        assert not self.is_called, "a provider that is called has a far side"


def wanted(amount: int = 1200, currency: str = "EUR", key: str = "inv_1:1", **more: object) -> ChargeRequest:
    metadata = {"payment_id": f"pay_{key}", "invoice_id": "inv_1", "tenant_id": "tnt_acme"}
    request = ChargeRequest(f"pay_{key}", amount, currency, key, None, BACK, None, metadata)
    return replace(request, **more)  # type: ignore[arg-type]  # a test names fields of the request


def a_setup(tenant_id: str = "tnt_acme", key: str = "setup_1") -> SetupRequest:
    return SetupRequest(tenant_id, BACK, "EUR", key)


class SandboxRig(Rig):
    currencies = (("EUR", 1210, "12.10"), ("JPY", 500, "500"), ("KWD", 12340, "12.340"))
    forgery = ({"X-Sandbox-Signature": sign(b"another body")}, b"{}")
    _ENDINGS: ClassVar = {"declined": 1, "needs_payer": 2, "lost": 3, "later": 4}

    def __init__(self) -> None:
        self.provider = self._sandbox = Sandbox(FrozenClock(START))

    async def method(self) -> StoredMethod:
        started = await self.provider.setup(a_setup())
        return await self.provider.confirm("tnt_acme", {"reference": started.reference})

    def payments(self) -> list[Booked]:
        taken = [each for each in self._sandbox.payments() if each["status"] == "succeeded"]
        return [(_major(each["amount_cents"], each["currency"]), each["currency"]) for each in taken]

    def refunds(self) -> list[Booked]:
        with self._sandbox._ledger.open() as state:
            made = [one for one in state["refunds"].values() if one["status"] == "succeeded"]
            return [(_major(one["amount_cents"], "EUR"), "EUR") for one in made]

    def to(self, outcome: str, request: ChargeRequest) -> ChargeRequest:
        if outcome == "succeeds":
            return request
        return replace(request, amount_cents=request.amount_cents // 100 * 100 + self._ENDINGS[outcome])

    def lose_refund(self, request: RefundRequest) -> RefundRequest:
        return replace(request, amount_cents=request.amount_cents // 100 * 100 + self._ENDINGS["lost"])


class BankRig(Rig):
    forgery = ({}, b"{}")

    def __init__(self) -> None:
        self.provider = BankTransfer()

    async def method(self) -> StoredMethod:
        return await self.provider.confirm("tnt_acme", {})

    def payments(self) -> list[Booked]:
        return []

    def refunds(self) -> list[Booked]:
        return []


def _major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


class StripeRig(Rig):
    """The real SDK against a server that behaves like Stripe."""

    is_called = True
    currencies = (
        ("EUR", 1210, "12.10"), ("JPY", 500, "500"), ("ISK", 1200, "1200"), ("KWD", 12340, "12.340"),
        ("HUF", 120000, "1200.00"), ("UGX", 9000, "9000"),
    )  # fmt: skip
    _CARDS: ClassVar = {
        "declined": "pm_card_chargeDeclinedInsufficientFunds",
        "needs_payer": "pm_card_authenticationRequired",
    }
    # How Stripe counts, as docs.stripe.com/currencies lists it: by hand, not by our own table.
    _COUNTS: ClassVar = {"eur": 2, "jpy": 0, "isk": 2, "kwd": 3, "huf": 2, "ugx": 2}

    def __init__(self, far: StripeServer) -> None:
        self.far = far
        vault = MemoryVault({"stripe/key": {"value": "sk_test_1"}, "stripe/hook": {"value": SECRET}})
        self.provider = self.stripe = Stripe(
            vault,
            secret_key_path="stripe/key",
            webhook_secret_path="stripe/hook",
            api_base=far.url,
            network_retries=0,
        )
        self.forgery = (signed(b"another body"), b'{"id": "evt_1"}')

    async def method(self) -> StoredMethod:
        started = await self.provider.setup(a_setup())
        card = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2029, "country": "NL"}
        self.far.store(started.reference, {"id": "pm_card_visa", "type": "card", "card": card})
        return await self.provider.confirm("tnt_acme", {"reference": started.reference})

    def payments(self) -> list[Booked]:
        return [self._booked(row, "amount_received") for row in self.far.intents.values() if row["amount_received"]]

    def refunds(self) -> list[Booked]:
        return [self._booked(row, "amount") for row in self.far.made.values() if row["status"] == "succeeded"]

    def _booked(self, row: dict[str, Any], name: str) -> Booked:
        return Decimal(row[name]).scaleb(-self._COUNTS[row["currency"]]), row["currency"].upper()

    def to(self, outcome: str, request: ChargeRequest) -> ChargeRequest:
        if outcome == "lost":
            self.far.loses = 1
        if outcome not in self._CARDS or request.method is None:
            return request
        return replace(request, method=replace(request.method, external_id=self._CARDS[outcome]))

    def lose_refund(self, request: RefundRequest) -> RefundRequest:
        self.far.loses = 1
        return request

    def break_off(self, how: str) -> None:
        self.far.fault = how


class MollieRig(Rig):
    """The real SDK against a server that behaves like Mollie; it has no page for a payer who is away."""

    is_called = True
    reaches_absent_payers = False
    currencies = (("EUR", 1210, "12.10"), ("JPY", 500, "500"), ("ISK", 1200, "1200"), ("HUF", 120000, "1200.00"))

    def __init__(self, far: MollieServer) -> None:
        self.far = far
        self.provider = self.mollie = Mollie(
            MemoryVault({"mollie/key": {"value": KEY}}),
            api_key_path="mollie/key",
            webhook_url="https://control.example/api/v1/webhooks/mollie",
            api_base=far.url,
        )

    async def method(self) -> StoredMethod:
        started = await self.provider.setup(a_setup())
        self.far.store(started.reference)
        return await self.provider.confirm("tnt_acme", {"reference": started.reference})

    def payments(self) -> list[Booked]:
        taken = [_said(row) for row in self.far.payments.values() if row["status"] == "paid"]
        return [each for each in taken if each[0]]  # first payments are of nothing

    def refunds(self) -> list[Booked]:
        return [_said(row) for row in self.far.made.values() if row["status"] == "refunded"]

    def to(self, outcome: str, request: ChargeRequest) -> ChargeRequest:
        if outcome == "lost":
            self.far.loses = 1
        if outcome == "declined":
            self.far.reasons = ["insufficient_funds"]
        return request

    def lose_refund(self, request: RefundRequest) -> RefundRequest:
        self.far.loses = 1
        return request

    def break_off(self, how: str) -> None:
        self.far.fault = how


class CoinbaseRig(Rig):
    """Our own client against a server that behaves like Coinbase, which stores no method."""

    is_called = True

    def __init__(self, far: CoinbaseServer) -> None:
        self.far = far
        vault = MemoryVault({
            "coinbase/key": {"value": COINBASE_KEY.as_pem(private=True).decode()},
            "coinbase/hook": {"value": COINBASE_SECRET},
            "coinbase/old": {"value": LEGACY_SECRET},
        })  # fmt: skip
        self.provider = self.coinbase = Coinbase(
            vault,
            api_key_name=KEY_NAME,
            api_key_path="coinbase/key",
            webhook_secret_path="coinbase/hook",
            legacy_webhook_secret_path="coinbase/old",
            api_base=far.url,
        )
        self.forgery = (signed_by_coinbase(b"another body"), b"{}")

    async def method(self) -> StoredMethod:
        return await self.provider.confirm("tnt_acme", {})  # which refuses: it stores none

    async def pay(self, amount: int) -> PaymentResult:
        opened = await self.provider.checkout(wanted(amount=amount, key="paid:1"))
        self.far.pay(str(opened.external_id))
        return await self.provider.fetch(str(opened.external_id))

    def payments(self) -> list[Booked]:
        paid = ("COMPLETED", "REFUNDED", "PARTIALLY_REFUNDED")
        taken = [row for row in self.far.checkouts.values() if row["status"] in paid]
        return [(Decimal(row["fiatAmount"]), row["fiatCurrency"]) for row in taken]

    def refunds(self) -> list[Booked]:
        made = [each for row in self.far.checkouts.values() for each in row["refunds"]]
        return [(Decimal(each["fiatAmount"]), each["fiatCurrency"]) for each in made]

    def lose_refund(self, request: RefundRequest) -> RefundRequest:
        self.far.loses = 1
        return request

    def break_off(self, how: str) -> None:
        self.far.fault = how


def _said(row: dict[str, Any]) -> Booked:
    return Decimal(row["amount"]["value"]), row["amount"]["currency"]


@asynccontextmanager
async def sandbox() -> AsyncIterator[SandboxRig]:
    yield SandboxRig()


@asynccontextmanager
async def bank_transfer() -> AsyncIterator[BankRig]:
    yield BankRig()


@asynccontextmanager
async def stripe() -> AsyncIterator[StripeRig]:
    far = StripeServer()
    async with served(far):
        rig = StripeRig(far)
        yield rig
        await rig.stripe._http.close_async()


@asynccontextmanager
async def mollie() -> AsyncIterator[MollieRig]:
    far = MollieServer()
    async with served(far):
        rig = MollieRig(far)
        yield rig
        rig.mollie._threads.shutdown()


@asynccontextmanager
async def coinbase() -> AsyncIterator[CoinbaseRig]:
    far = CoinbaseServer()
    async with served(far):
        rig = CoinbaseRig(far)
        yield rig
        await rig.coinbase._http.aclose()
