"""What every payment provider must do (contract §18.2): nothing twice, nothing believed, and no guess about money."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from scaicontrol.core.errors import ControlError, NotFound, Refused, Unauthenticated, Unavailable
from scaicontrol.core.payment_ports import ChargeRequest, PaymentStatus, RefundRequest

from .rigs import START, Rig, a_setup, bank_transfer, coinbase, mollie, sandbox, stripe, wanted

RIGS: dict[str, Callable[[], AbstractAsyncContextManager[Rig]]] = {
    "sandbox": sandbox,
    "bank_transfer": bank_transfer,
    "coinbase": coinbase,
    "stripe": stripe,
    "mollie": mollie,
}


@pytest_asyncio.fixture(params=sorted(RIGS))
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with RIGS[request.param]() as rig:
        yield rig


def able(rig: Rig, *capabilities: str) -> None:
    if missing := set(capabilities) - rig.provider.capabilities:
        pytest.skip(reason=f"{rig.provider.display_name} cannot {', '.join(sorted(missing))}")


async def chargeable(rig: Rig, outcome: str = "succeeds", **fields: Any) -> ChargeRequest:
    """A request of a stored method that ends as told."""
    able(rig, "charge")
    return rig.to(outcome, wanted(**fields, method=await rig.method()))


async def paid(rig: Rig, amount: int = 1200) -> RefundRequest:
    """A payment that succeeded, as the request to give all of it back."""
    able(rig, "refund")
    done = await rig.pay(amount)
    return RefundRequest("rfn_1", str(done.external_id), amount, "EUR", "rfn_1", START)


async def test_what_it_cannot_do_is_refused_with_a_sentence(rig: Rig) -> None:
    calls = {
        "setup": lambda: rig.provider.setup(a_setup()),
        "charge": lambda: rig.provider.charge(wanted()),
        "redirect": lambda: rig.provider.checkout(wanted()),
        "refund": lambda: rig.provider.refund(RefundRequest("rfn_1", "x", 100, "EUR", "rfn_1", START)),
    }
    for capability in set(calls) - rig.provider.capabilities:
        with pytest.raises(Refused, match=r"^.{20,}\.$"):
            await calls[capability]()
    assert rig.payments() == []


async def test_one_key_takes_money_once(rig: Rig) -> None:
    request = await chargeable(rig)
    first = await rig.provider.charge(request)
    assert (first.status, first.amount_cents, first.currency) == (PaymentStatus.succeeded, 1200, "EUR")
    assert (await rig.provider.charge(request)).external_id == first.external_id
    assert rig.payments() == [(Decimal("12.00"), "EUR")]


async def test_amounts_keep_the_currencys_own_exponent(rig: Rig) -> None:
    for number, (currency, minor, said) in enumerate(rig.currencies):
        request = await chargeable(rig, amount=minor, currency=currency, key=f"inv_{number}:1")
        done = await rig.provider.charge(request)
        assert (done.amount_cents, done.currency) == (minor, currency)
        told = await rig.provider.fetch(str(done.external_id))
        assert (told.amount_cents, told.currency) == (minor, currency)
        assert (Decimal(said), currency) in rig.payments()


async def test_a_lost_answer_is_found_by_what_was_asked(rig: Rig) -> None:
    request = await chargeable(rig, "lost")
    with pytest.raises(Unavailable):
        await rig.provider.charge(request)
    again = replace(request, called_at=START)
    found = await rig.provider.find(again)
    assert found is not None
    assert (found.status, found.amount_cents) == (PaymentStatus.succeeded, request.amount_cents)
    assert (await rig.provider.charge(again)).external_id == found.external_id
    assert len(rig.payments()) == 1


async def test_what_was_never_asked_for_is_not_found(rig: Rig) -> None:
    request = await chargeable(rig)
    await rig.provider.charge(request)
    other = replace(request, payment_id="pay_other", idempotency_key="inv_2:1", called_at=START)
    assert await rig.provider.find(other) is None


async def test_a_decline_is_an_answer_and_takes_nothing(rig: Rig) -> None:
    done = await rig.provider.charge(await chargeable(rig, "declined"))
    assert done.status is PaymentStatus.failed
    assert done.failure_code
    assert done.failure_message
    assert rig.payments() == []


async def test_a_payer_who_must_approve_is_given_a_page(rig: Rig) -> None:
    if not rig.reaches_absent_payers:
        pytest.skip(reason="who must approve declines, and pays on a page of its own")
    done = await rig.provider.charge(await chargeable(rig, "needs_payer"))
    assert done.status is PaymentStatus.requires_action
    assert done.redirect_url
    assert (await rig.provider.fetch(str(done.external_id))).status is PaymentStatus.requires_action
    assert rig.payments() == []


async def test_a_checkout_waits_for_its_payer_and_is_one_per_key(rig: Rig) -> None:
    able(rig, "redirect")
    request = wanted()
    opened = await rig.provider.checkout(request)
    assert (opened.status, bool(opened.redirect_url)) == (PaymentStatus.requires_action, True)
    assert (await rig.provider.checkout(request)).external_id == opened.external_id
    found = await rig.provider.find(replace(request, called_at=START))
    assert found is not None
    assert (found.external_id, found.status) == (opened.external_id, PaymentStatus.requires_action)


async def test_a_refund_happens_once_per_key_and_never_beyond_what_came(rig: Rig) -> None:
    back = replace(await paid(rig), amount_cents=700)
    first = await rig.provider.refund(back)
    assert await rig.provider.refund(back) == first
    with pytest.raises(Refused):
        await rig.provider.refund(replace(back, refund_id="rfn_2", idempotency_key="rfn_2", amount_cents=600))
    rest = replace(back, refund_id="rfn_3", idempotency_key="rfn_3", amount_cents=500)
    await rig.provider.refund(rest)
    assert sorted(rig.refunds()) == [(Decimal("5.00"), "EUR"), (Decimal("7.00"), "EUR")]
    told = await rig.provider.fetch_refund(back.payment_external_id, str(first.external_id))
    assert told.status is PaymentStatus.succeeded


async def test_a_refund_whose_answer_was_lost_is_found(rig: Rig) -> None:
    request = rig.lose_refund(replace(await paid(rig), amount_cents=700))
    with pytest.raises(Unavailable):
        await rig.provider.refund(request)
    found = await rig.provider.find_refund(request)
    assert found is not None
    assert (await rig.provider.refund(request)).external_id == found.external_id
    assert len(rig.refunds()) == 1
    assert await rig.provider.find_refund(replace(request, refund_id="rfn_9", idempotency_key="rfn_9")) is None


async def test_one_key_opens_one_page(rig: Rig) -> None:
    able(rig, "setup")
    first, again, other = [await rig.provider.setup(a_setup(key=key)) for key in ("sup_1", "sup_1", "sup_2")]
    assert first == again
    assert first.reference != other.reference


async def test_a_method_belongs_to_the_tenant_that_set_it_up(rig: Rig) -> None:
    able(rig, "setup", "charge")
    started = await rig.provider.setup(a_setup())
    with pytest.raises(NotFound):
        await rig.provider.confirm("tnt_bauwerk", {"reference": started.reference})
    for nonsense in ({}, {"reference": ""}, {"reference": "../x"}, {"reference": 7}):
        with pytest.raises(ControlError):
            await rig.provider.confirm("tnt_acme", nonsense)


async def test_what_is_unknown_is_said_to_be(rig: Rig) -> None:
    able(rig, "refund")
    known = (await paid(rig)).payment_external_id
    for call in (
        rig.provider.fetch("unknown_1"), rig.provider.fetch_refund(known, "unknown_1"),
        rig.provider.fetch_dispute("unknown_1"), rig.provider.fetch("../customers"),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await call


async def test_a_forged_webhook_is_refused(rig: Rig) -> None:
    if rig.forgery is None:
        pytest.skip(reason="its webhooks name an object and nothing else is believed")
    with pytest.raises(Unauthenticated):
        await rig.provider.verify_webhook(*rig.forgery)


async def test_asking_whether_we_are_known_moves_nothing(rig: Rig) -> None:
    before = rig.payments()
    await rig.provider.check()
    assert rig.payments() == before


@pytest.mark.parametrize("how", ["unauthorized", "busy", "broken"])
async def test_refusing_us_as_a_caller_says_nothing_about_the_money(rig: Rig, how: str) -> None:
    if not rig.is_called:
        pytest.skip(reason="nobody is called")
    back = await paid(rig)
    can_charge = "charge" in rig.provider.capabilities
    request = wanted(key="inv_2:1", method=await rig.method() if can_charge else None)
    rig.break_off(how)
    take = rig.provider.charge if can_charge else rig.provider.checkout
    for call in (
        take(request), rig.provider.find(replace(request, called_at=START)), rig.provider.refund(back),
        rig.provider.fetch(back.payment_external_id), rig.provider.checkout(wanted(key="inv_3:1")),
        rig.provider.check(),
    ):  # fmt: skip
        with pytest.raises(Unavailable):
            await call
