"""Coinbase Business Checkouts: a locked rate, money that differs, webhooks of two generations, keys of two kinds."""

import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from scaicontrol.core.errors import NotFound, Refused, Unauthenticated, Unavailable
from scaicontrol.core.payment_ports import PaymentStatus, RefundRequest
from scaicontrol.integrations.payment_providers.coinbase import Coinbase
from scaicontrol.integrations.payment_providers.coinbase_signatures import bearer
from tests.factories.ports import MemoryVault

from .coinbase_server import CoinbaseServer, signed, signed_legacy
from .rigs import START, CoinbaseRig, coinbase, wanted


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[CoinbaseRig]:
    async with coinbase() as rig:
        yield rig


@pytest.fixture
def far(rig: CoinbaseRig) -> CoinbaseServer:
    return rig.far


async def opened(rig: CoinbaseRig, amount: int = 1210, currency: str = "EUR") -> str:
    return str((await rig.provider.checkout(wanted(amount=amount, currency=currency))).external_id)


STATUSES = {
    "ACTIVE": "requires_action", "PROCESSING": "pending", "COMPLETED": "succeeded", "REFUNDED": "succeeded",
    "PARTIALLY_REFUNDED": "succeeded", "EXPIRED": "failed", "DEACTIVATED": "failed", "FAILED": "failed",
    "SOMETHING_NEW": "pending",
}  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
async def test_every_status_says_what_became_of_the_money(rig: CoinbaseRig, far: CoinbaseServer, status: str) -> None:
    name = await opened(rig)
    far.settle(name, status)
    told = await rig.provider.fetch(name)
    assert (told.status, told.amount_cents, told.currency) == (STATUSES[status], 1210, "EUR")
    assert bool(told.redirect_url) == (status == "ACTIVE")
    assert bool(told.failure_message) == (told.status is PaymentStatus.failed)


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 5), ("USD", 120000), ("GBP", 1), ("SGD", 99999)])
async def test_a_price_is_kept_in_the_money_of_the_invoice(
    rig: CoinbaseRig, far: CoinbaseServer, currency: str, minor: int
) -> None:
    name = await opened(rig, minor, currency)
    far.pay(name)
    told = await rig.provider.fetch(name)
    assert (told.status, told.amount_cents, told.currency) == (PaymentStatus.succeeded, minor, currency)


@pytest.mark.parametrize(("usdc", "cents"), [("13.13", 1210), ("13.12", 1209), ("6.56", 604), ("26.26", 2420)])
async def test_who_sends_less_or_more_has_paid_that_much_at_the_locked_rate(
    rig: CoinbaseRig, far: CoinbaseServer, usdc: str, cents: int
) -> None:
    name = await opened(rig)
    far.pay(name, usdc=usdc)
    assert (await rig.provider.fetch(name)).amount_cents == cents


async def test_a_page_that_expired_and_was_paid_all_the_same_is_paid(rig: CoinbaseRig, far: CoinbaseServer) -> None:
    name = await opened(rig)
    far.settle(name, "EXPIRED")
    assert (await rig.provider.fetch(name)).status is PaymentStatus.failed
    far.pay(name)
    assert (await rig.provider.fetch(name)).status is PaymentStatus.succeeded


@pytest.mark.parametrize("currency", ["JPY", "HUF", "KWD"])
async def test_a_currency_it_lacks_is_refused_before_it_is_asked(rig: CoinbaseRig, currency: str) -> None:
    with pytest.raises(Refused, match="EUR, GBP, SGD, USD"):
        await opened(rig, currency=currency)
    assert rig.far.calls == []


async def test_a_page_whose_answer_was_lost_is_found_on_a_later_page_of_the_list(
    rig: CoinbaseRig, far: CoinbaseServer
) -> None:
    far.loses = 1
    mine = wanted(key="inv_7:1")
    with pytest.raises(Unavailable):
        await rig.provider.checkout(mine)
    for number in range(120):
        far.checkouts[f"{number + 500:024x}"] = {**next(iter(far.checkouts.values())), "metadata": None}
    far.checkouts = dict(reversed(far.checkouts.items()))
    found = await rig.provider.find(replace(mine, called_at=START))
    assert found is not None
    assert (await rig.provider.checkout(mine)).external_id == found.external_id
    assert await rig.provider.find(replace(mine, payment_id="pay_other", called_at=START)) is None


async def test_a_refund_is_not_made_again_though_its_key_is_not_known_there(rig: CoinbaseRig) -> None:
    name = str((await rig.pay(1200)).external_id)
    back = RefundRequest("rfn_1", name, 500, "EUR", "rfn_1", START)
    first = await rig.provider.refund(back)
    assert await rig.provider.refund(replace(back, idempotency_key="rfn_1:2")) == first
    rig.far.give_back(name, 300)
    told = await rig.provider.fetch(name)
    theirs = await rig.provider.fetch_refund(name, told.refund_ids[1])
    assert (theirs.refund_id, theirs.amount_cents, theirs.currency) == (None, 300, "EUR")


async def test_a_webhook_names_its_checkout_and_the_same_one_is_known(rig: CoinbaseRig, far: CoinbaseServer) -> None:
    name = await opened(rig)
    headers, raw = far.event(name)
    (first,) = await rig.provider.verify_webhook(headers, raw)
    (again,) = await rig.provider.verify_webhook(signed(raw), raw)
    assert (first.kind, first.external_id) == ("payment", name)
    assert first == again
    (other,) = await rig.provider.verify_webhook(
        signed(b'{"eventType": "wallet.made"}'), b'{"eventType": "wallet.made"}'
    )
    assert other.kind == "ignored"


FORGED = {
    "nothing": {},
    "another secret": signed(b"{}", secret="mine"),
    "another body": signed(b"[]"),
    "too old": signed(b"{}", at=time.time() - 301),
    "from a time to come": signed(b"{}", at=time.time() + 86_400),
    "no moment": {"X-Hook0-Signature": "t=,h=content-type,v1=00"},
    "no number": {"X-Hook0-Signature": "t=soon,h=,v1=00"},
    "another header": {**signed(b"{}"), "X-Hook0-Id": "2"},
    "nonsense": {"X-Hook0-Signature": ",,=,é"},
    "Commerce's without its secret": {"X-CC-Webhook-Signature": "00"},
}


@pytest.mark.parametrize("what", FORGED)
async def test_what_is_not_signed_is_refused(rig: CoinbaseRig, what: str) -> None:
    with pytest.raises(Unauthenticated):
        await rig.provider.verify_webhook(FORGED[what], b"{}")


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b'{"event": {"type": "charge:confirmed"}}'])
async def test_what_is_signed_and_cannot_be_read_is_refused(rig: CoinbaseRig, body: bytes) -> None:
    sign = signed_legacy if b"event" in body else signed
    with pytest.raises(Unauthenticated):
        await rig.provider.verify_webhook(sign(body), body)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("charge:confirmed", "succeeded"), ("charge:resolved", "succeeded"), ("charge:failed", "failed"),
     ("charge:pending", "pending"), ("charge:delayed", "pending")],
)  # fmt: skip
async def test_a_webhook_of_commerce_is_still_verified(rig: CoinbaseRig, kind: str, status: str) -> None:
    body = json.dumps({"event": {"id": "e1", "type": kind, "data": {"id": "c1", "code": "ABCD"}}}).encode()
    (told,) = await rig.provider.verify_webhook(signed_legacy(body), body)
    assert (told.external_event_id, told.kind, told.external_id, told.status) == ("e1", "payment", "c1", status)


async def test_secrets_that_are_not_there_are_named() -> None:
    none = Coinbase(MemoryVault({}), api_key_name="n", api_key_path="coinbase/key")
    with pytest.raises(Unavailable, match="There is no secret at coinbase/key"):
        await none.fetch("0" * 24)
    with pytest.raises(Unavailable, match="COINBASE_WEBHOOK_SECRET_VAULT_PATH"):
        await none.verify_webhook(signed(b"{}"), b"{}")
    with pytest.raises(Unavailable, match="COINBASE_LEGACY_WEBHOOK_SECRET_VAULT_PATH"):
        await none.verify_webhook(signed_legacy(b"{}"), b"{}")
    with pytest.raises(NotFound, match="no disputes"):
        await none.fetch_dispute("x")
    await none._http.aclose()


def test_a_call_is_signed_with_either_kind_of_key() -> None:
    key = OKPKey.generate_key("Ed25519")
    told = key.as_dict(private=True)
    raw = b"".join(base64.urlsafe_b64decode(str(told[part]) + "=") for part in ("d", "x"))
    token = bearer("me", base64.b64encode(raw).decode(), "GET", "business.coinbase.com", "/api/v1/checkouts")
    read = jwt.decode(token, key, registry=JWSRegistry(algorithms=["EdDSA"], strict_check_header=False))
    assert read.claims["uri"] == "GET business.coinbase.com/api/v1/checkouts"
    assert (read.header["kid"], len(read.header["nonce"])) == ("me", 32)


@pytest.mark.parametrize(
    "secret", ["", "nonsense", "-----BEGIN EC PRIVATE KEY-----", base64.b64encode(b"short").decode()]
)
def test_what_is_no_key_is_said_to_be_none(secret: str) -> None:
    with pytest.raises(Unavailable, match="COINBASE_API_KEY_VAULT_PATH"):
        bearer("me", secret, "GET", "h", "/")
