"""The sandbox answers the same again for the same key, and a bank transfer only explains itself."""

import json
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Conflict, Invalid, Refused, Unauthenticated
from scaicontrol.core.payment_ports import PaymentStatus, RefundRequest, StoredMethod
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.integrations.payment_providers import ProviderContext, load
from scaicontrol.integrations.payment_providers.bank_transfer import BankTransfer
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.integrations.payment_providers.sandbox_ledger import Ledger

from ..factories.ports import MemoryVault
from .conftest import World
from .providers.rigs import wanted

CARD = StoredMethod("sbm_1", "sbc_1", "card", "Card")


def back(payment: str, amount: int, key: str) -> RefundRequest:
    return RefundRequest(key, payment, amount, "EUR", key)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture(params=["memory", "file"])
def sandbox(request: pytest.FixtureRequest, clock: FrozenClock, tmp_path: Path) -> Sandbox:
    return Sandbox(clock, Ledger(tmp_path / "sandbox.json" if request.param == "file" else None))


@pytest.mark.parametrize(
    ("amount", "status"),
    [(1000, "succeeded"), (1001, "failed"), (1002, "requires_action"), (1004, "pending"), (1005, "succeeded")],
)
async def test_an_amounts_ending_steers_a_charge(sandbox: Sandbox, amount: int, status: str) -> None:
    result = await sandbox.charge(wanted(amount, key="inv_1:1", method=CARD))
    assert (result.status, result.amount_cents) == (PaymentStatus(status), amount)
    assert await sandbox.charge(wanted(amount, key="inv_1:1", method=CARD)) == result
    assert len(sandbox.payments()) == 1


async def test_a_pending_charge_succeeds_when_its_time_has_come(sandbox: Sandbox, clock: FrozenClock) -> None:
    charged = await sandbox.charge(wanted(1004, key="inv_1:1", method=CARD))
    assert (await sandbox.fetch(str(charged.external_id))).status is PaymentStatus.pending
    clock.advance(timedelta(days=1))
    assert (await sandbox.fetch(str(charged.external_id))).status is PaymentStatus.succeeded


async def test_a_key_means_one_amount(sandbox: Sandbox) -> None:
    await sandbox.charge(wanted(1000, key="inv_1:1", method=CARD))
    with pytest.raises(Conflict):
        await sandbox.charge(wanted(1100, key="inv_1:1", method=CARD))
    with pytest.raises(Invalid):
        await sandbox.charge(wanted(0, key="inv_1:2", method=CARD))


async def test_refunds_never_exceed_the_payment_and_happen_once_per_key(sandbox: Sandbox) -> None:
    paid = str((await sandbox.charge(wanted(1000, key="inv_1:1", method=CARD))).external_id)
    first = await sandbox.refund(back(paid, 600, "ref_1"))
    assert await sandbox.refund(back(paid, 600, "ref_1")) == first
    with pytest.raises(Refused, match="at most 400"):
        await sandbox.refund(back(paid, 500, "ref_2"))
    assert (await sandbox.refund(back(paid, 400, "ref_3"))).status is PaymentStatus.succeeded
    with pytest.raises(Conflict):
        await sandbox.refund(back(paid, 1, "ref_1"))


async def test_a_refund_ending_in_01_fails_and_takes_nothing(sandbox: Sandbox) -> None:
    paid = str((await sandbox.charge(wanted(1000, key="inv_1:1", method=CARD))).external_id)
    assert (await sandbox.refund(back(paid, 101, "ref_1"))).status is PaymentStatus.failed
    assert (await sandbox.refund(back(paid, 1000, "ref_2"))).status is PaymentStatus.succeeded


async def test_a_dispute_comes_a_day_later_by_webhook(sandbox: Sandbox, clock: FrozenClock) -> None:
    await sandbox.charge(wanted(1005, key="inv_1:1", method=CARD))
    kinds = [json.loads(body)["kind"] for _, body, _ in sandbox.due_events()]
    assert kinds == ["payment"]
    clock.advance(timedelta(days=1))
    _, body, headers = sandbox.due_events()[1]
    event = (await sandbox.verify_webhook(headers, body))[0]
    assert (event.kind, event.amount_cents) == ("dispute", 1005)
    told = await sandbox.fetch_dispute(str(event.dispute_id))
    assert (told.status, told.payment_external_id, told.withheld_cents) == ("opened", event.external_id, 1005)


async def test_a_sent_webhook_is_not_due_again(sandbox: Sandbox) -> None:
    await sandbox.charge(wanted(1000, key="inv_1:1", method=CARD))
    event_id, body, _ = sandbox.due_events()[0]
    assert sandbox.due_events()[0][1] == body
    sandbox.mark_sent(event_id)
    assert sandbox.due_events() == []


async def test_two_processes_see_one_ledger(clock: FrozenClock, tmp_path: Path) -> None:
    one, other = (Sandbox(clock, Ledger(tmp_path / "sandbox.json")) for _ in range(2))
    charged = await one.charge(wanted(1000, method=CARD))
    assert await other.find(wanted(1000)) == charged


async def test_a_payer_decides_on_the_checkout_page(dev_world: World) -> None:
    sandbox = dev_world.context.sandbox
    assert sandbox is not None
    back_to = f"{dev_world.url}/billing/paid"
    started = await sandbox.checkout(wanted(4200, return_url=back_to))
    page = str(started.redirect_url)
    assert "EUR 42.00" in (await dev_world.http.get(page)).text
    answer = await dev_world.http.post(page, data={"decision": "approve", "return_url": back_to})
    assert answer.headers["location"] == f"{back_to}?payment_status=succeeded"
    assert (await sandbox.fetch(str(started.external_id))).status is PaymentStatus.succeeded
    away = await dev_world.http.post(page, data={"decision": "approve", "return_url": "https://evil.example/"})
    assert away.headers["location"] == "/_dev/sandbox/"


@pytest.mark.parametrize(
    ("environment", "slugs"), [("development", {"bank_transfer", "sandbox"}), ("production", {"bank_transfer"})]
)
def test_production_never_has_the_sandbox(
    environment: str, slugs: set[str], clock: FrozenClock, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, scaicontrol_env=Environment(environment), storage_dir=tmp_path / "storage")
    assert set(load(ProviderContext(settings, MemoryVault(), clock, {}), [])) == slugs


def test_an_installed_plugin_replaces_a_built_in_one(clock: FrozenClock) -> None:
    entry = EntryPoint("sandbox", "scaicontrol.integrations.payment_providers.bank_transfer:create", "g")
    settings = Settings(_env_file=None, scaicontrol_env=Environment.development)
    assert set(load(ProviderContext(settings, MemoryVault(), clock, {}), [entry])) == {"bank_transfer"}


async def test_a_bank_transfer_charges_nobody() -> None:
    transfer = BankTransfer()
    assert transfer.capabilities == {"setup"}
    assert (await transfer.confirm("tnt_acme", {})).type == "bank_transfer"
    assert (await transfer.fetch("x")).status is PaymentStatus.pending
    with pytest.raises(Refused):
        await transfer.charge(wanted(100, method=CARD))
    with pytest.raises(Unauthenticated):
        await transfer.verify_webhook({}, b"")
