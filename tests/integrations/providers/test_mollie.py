"""Mollie by its own SDK: mandates, chargebacks and webhooks that prove nothing, beyond what every provider must."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from scaicontrol.core.errors import NotFound, Refused, Unauthenticated, Unavailable
from scaicontrol.core.payment_ports import DisputeStatus, PaymentStatus, RefundRequest
from scaicontrol.integrations.payment_providers.mollie import Mollie
from scaicontrol.integrations.payment_providers.mollie_answers import from_mollie, to_mollie

from .mollie_server import MollieServer
from .rigs import START, MollieRig, a_setup, mollie, wanted


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[MollieRig]:
    async with mollie() as rig:
        yield rig


@pytest.fixture
def far(rig: MollieRig) -> MollieServer:
    return rig.far


async def paid(rig: MollieRig) -> str:
    return str((await rig.provider.charge(wanted(method=await rig.method()))).external_id)


@pytest.mark.parametrize(
    ("currency", "minor", "said"),
    [("EUR", 5, "0.05"), ("EUR", 1210, "12.10"), ("JPY", 500, "500"), ("HUF", 120000, "1200.00"), ("KWD", 1, "0.001")],
)
def test_amounts_are_text_with_the_currencys_digits(currency: str, minor: int, said: str) -> None:
    assert to_mollie(minor, currency) == {"currency": currency, "value": said}
    assert from_mollie({"currency": currency, "value": said}) == (minor, currency)


@pytest.mark.parametrize("said", ["0.001", "twelve", ""])
def test_an_amount_that_is_none_is_not_booked(said: str) -> None:
    with pytest.raises(Refused, match="ask Mollie about it"):
        from_mollie({"currency": "EUR", "value": said})


async def test_a_currency_it_lacks_is_refused(rig: MollieRig) -> None:
    with pytest.raises(Refused, match="not supported"):
        await rig.provider.charge(wanted(currency="KWD", method=await rig.method()))


@pytest.mark.parametrize(
    ("reason", "code"),
    [("insufficient_funds", "insufficient_funds"), ("card_expired", "expired_card"), ("possible_fraud", "fraudulent"),
     ("authentication_required", "authentication_required")],
)  # fmt: skip
async def test_a_decline_names_the_code_that_dunning_reads(
    rig: MollieRig, far: MollieServer, reason: str, code: str
) -> None:
    method = await rig.method()
    far.reasons = [reason]
    done = await rig.provider.charge(wanted(method=method))
    assert (done.status, done.failure_code, done.redirect_url) == (PaymentStatus.failed, code, None)


async def test_a_direct_debit_is_under_way_until_the_bank_answers(rig: MollieRig, far: MollieServer) -> None:
    started = await rig.provider.setup(a_setup())
    details = {"consumerAccount": "NL91ABNA0417164300", "consumerName": "Acme"}
    far.store(started.reference, mandate={"method": "directdebit", "details": details, "mandateReference": "M-1"})
    method = await rig.provider.confirm("tnt_acme", {"reference": started.reference})
    assert (method.type, method.last4, method.country_code) == ("sepa_debit", "4300", "NL")
    assert (method.mandate_reference, method.debtor_iban) == ("M-1", "NL91ABNA0417164300")
    begun = await rig.provider.charge(wanted(method=method))
    assert begun.status is PaymentStatus.pending
    far.settle(str(begun.external_id), "failed", details={"bankReasonCode": "MD01", "bankReason": "No mandate"})
    told = await rig.provider.fetch(str(begun.external_id))
    assert (told.status, told.failure_code, told.failure_message) == (
        PaymentStatus.failed,
        "mandate_revoked",
        "No mandate",
    )


@pytest.mark.parametrize(("status", "why"), [("pending", "not confirmed"), ("invalid", "not valid any more")])
async def test_a_mandate_that_is_not_valid_stores_nothing(
    rig: MollieRig, far: MollieServer, status: str, why: str
) -> None:
    started = await rig.provider.setup(a_setup())
    with pytest.raises(Refused, match="not finished"):
        await rig.provider.confirm("tnt_acme", {"reference": started.reference})
    far.store(started.reference, status=status)
    with pytest.raises(Refused, match=why):
        await rig.provider.confirm("tnt_acme", {"reference": started.reference})


async def test_a_tenant_is_one_customer_and_a_checkout_is_no_setup(rig: MollieRig, far: MollieServer) -> None:
    for _ in range(2):
        await rig.provider.setup(a_setup())
    assert len(far.customers) == 1
    page = await rig.provider.checkout(wanted())
    with pytest.raises(NotFound):
        await rig.provider.confirm("tnt_acme", {"reference": page.external_id})


@pytest.mark.parametrize(("status", "outcome"), [("paid", "succeeded"), ("expired", "failed"), ("canceled", "failed")])
async def test_a_page_ends_as_its_payer_does(rig: MollieRig, far: MollieServer, status: str, outcome: str) -> None:
    opened = await rig.provider.checkout(wanted())
    far.settle(str(opened.external_id), status)
    told = await rig.provider.fetch(str(opened.external_id))
    assert (told.status, told.failure_code) == (outcome, None if outcome == "succeeded" else status)


async def test_a_chargeback_is_lost_until_it_is_reversed(rig: MollieRig, far: MollieServer) -> None:
    payment = await paid(rig)
    row = far.charge_back(payment)
    (name,) = (await rig.provider.fetch(payment)).dispute_ids
    told = await rig.provider.fetch_dispute(name)
    assert (told.status, told.payment_external_id, told.amount_cents) == (DisputeStatus.lost, payment, 1200)
    assert (told.external_id, told.reason, told.withheld_cents) == (name, "AM04", 0)
    row["reversedAt"] = "2026-03-09T12:00:00+00:00"
    assert (await rig.provider.fetch_dispute(name)).status is DisputeStatus.won
    for foreign in (name.replace(payment, "tr_unknown"), row["id"], f"{payment}/../x", ""):
        with pytest.raises(NotFound):
            await rig.provider.fetch_dispute(foreign)


async def test_a_payment_names_its_refunds_and_one_may_fail_later(rig: MollieRig, far: MollieServer) -> None:
    payment = await paid(rig)
    done = await rig.provider.refund(RefundRequest("rfn_1", payment, 500, "EUR", "rfn_1", START))
    assert (await rig.provider.fetch(payment)).refund_ids == (done.external_id,)
    theirs = far.give_back(payment, 150)  # by a person, at Mollie
    assert (await rig.provider.fetch(payment)).refund_ids == (done.external_id, theirs["id"])
    for name, amount, known_as in ((str(done.external_id), 500, "rfn_1"), (theirs["id"], 150, None)):
        told = await rig.provider.fetch_refund(payment, name)
        assert (told.amount_cents, told.currency, told.refund_id) == (amount, "EUR", known_as)
    far.made[str(done.external_id)]["status"] = "failed"
    assert (await rig.provider.fetch_refund(payment, str(done.external_id))).status is PaymentStatus.failed
    with pytest.raises(Refused, match="currency"):
        await rig.provider.refund(RefundRequest("rfn_2", payment, 500, "USD", "rfn_2", START))


async def test_what_is_older_than_the_call_is_not_taken_for_it(rig: MollieRig) -> None:
    request = wanted(method=await rig.method())
    await rig.provider.charge(request)
    assert await rig.provider.find(replace(request, called_at=START)) is not None
    assert await rig.provider.find(replace(request, called_at=START + timedelta(days=1))) is None


@pytest.mark.parametrize("fault", ["in_use", "wordless"])
async def test_a_busy_key_and_an_error_without_words_say_nothing(rig: MollieRig, far: MollieServer, fault: str) -> None:
    method = await rig.method()
    far.fault = fault
    with pytest.raises(Unavailable, match="Mollie gave no answer"):
        await rig.provider.charge(wanted(method=method))


async def test_our_key_goes_with_every_charge_and_refund(rig: MollieRig, far: MollieServer) -> None:
    payment = await paid(rig)
    await rig.provider.refund(RefundRequest("rfn_1", payment, 500, "EUR", "rfn_1", START))
    keys = [key for method, path, key in far.calls if method == "POST"]
    assert (keys[0], keys[2:]) == ("customer:tnt_acme", ["inv_1:1", "rfn_1"])
    assert all(row["webhookUrl"].startswith("https://") for row in far.payments.values())


async def test_a_key_that_is_not_in_the_vault_is_our_own_fault(rig: MollieRig, far: MollieServer) -> None:
    method = await rig.method()
    with pytest.raises(Unavailable, match="nowhere"):
        await Mollie(rig.mollie._vault, api_key_path="nowhere", api_base=far.url).charge(wanted(method=method))


async def test_a_webhook_is_a_name_and_nothing_more(rig: MollieRig) -> None:
    (told,) = await rig.provider.verify_webhook({}, b"id=tr_abc123")
    assert (told.external_event_id, told.kind, told.external_id, told.status) == (None, "payment", "tr_abc123", None)
    for body in (b"", b"id=", b"id=tr_1&id=tr_2", b"id=../x", b"id=tr_" + b"a" * 500, b"\xff\xfe", b'{"id": "tr_1"}'):
        with pytest.raises(Unauthenticated):
            await rig.provider.verify_webhook({}, body)
