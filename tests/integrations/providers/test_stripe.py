"""Stripe by its own SDK: what its events, payers' banks and cards do, beyond what every provider must."""

import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from scaicontrol.core.errors import NotFound, Refused, Unauthenticated, Unavailable
from scaicontrol.core.payment_ports import DisputeStatus, PaymentStatus, RefundRequest, StoredMethod
from scaicontrol.integrations.payment_providers.stripe import Stripe
from scaicontrol.integrations.payment_providers.stripe_answers import from_stripe, to_stripe

from .rigs import START, StripeRig, a_setup, stripe, wanted
from .stripe_server import SECRET, StripeServer, signed

CARD = StoredMethod("pm_card_visa", "cus_1", "card", "Visa")
DEBIT = StoredMethod("pm_sepa", "cus_1", "sepa_debit", "SEPA")


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[StripeRig]:
    async with stripe() as rig:
        yield rig


@pytest.fixture
def far(rig: StripeRig) -> StripeServer:
    return rig.far


async def paid(rig: StripeRig, amount: int = 1200) -> str:
    return str((await rig.provider.charge(wanted(amount, method=CARD))).external_id)


@pytest.mark.parametrize(
    ("currency", "minor", "units"),
    [
        ("EUR", 1210, 1210),
        ("JPY", 500, 500),
        ("ISK", 500, 50000),
        ("UGX", 7, 700),
        ("MGA", 1200, 12),
        ("KWD", 1230, 1230),
    ],
)
def test_stripe_counts_some_currencies_otherwise(currency: str, minor: int, units: int) -> None:
    assert to_stripe(minor, currency) == units
    assert from_stripe(units, currency) == minor


@pytest.mark.parametrize(("currency", "minor"), [("MGA", 1210), ("KWD", 1234)])
def test_a_fraction_that_it_cannot_take_is_refused(currency: str, minor: int) -> None:
    with pytest.raises(Refused, match=currency):
        to_stripe(minor, currency)


def test_a_fraction_that_does_not_exist_is_not_booked() -> None:
    with pytest.raises(Refused, match="ISK"):
        from_stripe(50050, "ISK")


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedStolenCard", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
async def test_a_decline_names_the_code_that_dunning_reads(rig: StripeRig, card: str, code: str) -> None:
    request = wanted(method=replace(CARD, external_id=card))
    done = await rig.provider.charge(request)
    assert (done.status, done.failure_code) == (PaymentStatus.failed, code)
    told = await rig.provider.fetch(str(done.external_id))
    assert (told.status, told.failure_code) == (PaymentStatus.failed, code)
    assert await rig.provider.charge(request) == done


async def test_a_payer_who_approves_has_paid(rig: StripeRig, far: StripeServer) -> None:
    card = replace(CARD, external_id="pm_card_authenticationRequired")
    waits = await rig.provider.charge(wanted(method=card))
    assert str(waits.redirect_url).startswith("https://hooks.stripe.test/")
    far.pay(str(waits.external_id))
    assert (await rig.provider.fetch(str(waits.external_id))).status is PaymentStatus.succeeded


async def test_a_direct_debit_is_under_way_until_the_bank_answers(rig: StripeRig, far: StripeServer) -> None:
    begun = await rig.provider.charge(wanted(method=DEBIT))
    assert begun.status is PaymentStatus.pending
    why = {"type": "card_error", "code": "debit_not_authorized", "message": "The customer has withdrawn the mandate."}
    far.intents[str(begun.external_id)] |= {"status": "requires_payment_method", "last_payment_error": why}
    told = await rig.provider.fetch(str(begun.external_id))
    assert (told.status, told.failure_code) == (PaymentStatus.failed, "mandate_revoked")


async def test_a_page_that_was_paid_is_known_by_its_payment(rig: StripeRig, far: StripeServer) -> None:
    opened = await rig.provider.checkout(wanted(1999))
    intent = far.pay_page(str(opened.external_id))["id"]
    told = await rig.provider.fetch(str(opened.external_id))
    assert (told.status, told.external_id, told.amount_cents) == (PaymentStatus.succeeded, intent, 1999)
    back = RefundRequest("rfn_1", str(told.external_id), 1999, "EUR", "rfn_1", START)
    assert (await rig.provider.refund(back)).status is PaymentStatus.succeeded


async def test_a_page_that_closed_has_failed(rig: StripeRig, far: StripeServer) -> None:
    opened = await rig.provider.checkout(wanted())
    far.pages[str(opened.external_id)]["status"] = "expired"
    assert (await rig.provider.fetch(str(opened.external_id))).failure_code == "checkout_expired"


async def test_a_key_in_use_or_misused_says_nothing_about_the_money(rig: StripeRig, far: StripeServer) -> None:
    await paid(rig)
    with pytest.raises(Unavailable, match="same parameters"):
        await rig.provider.charge(wanted(1300, method=CARD))
    far.fault = "in_use"
    with pytest.raises(Unavailable):
        await rig.provider.charge(wanted(method=CARD))


async def test_the_sdks_own_repetitions_carry_our_key(rig: StripeRig, far: StripeServer) -> None:
    patient = Stripe(rig.stripe._vault, secret_key_path="stripe/key", api_base=far.url, network_retries=1)
    far.loses = 1
    assert (await patient.charge(wanted(method=CARD))).status is PaymentStatus.succeeded
    assert [key for method, path, key in far.calls if path == "/v1/payment_intents"] == ["inv_1:1", "inv_1:1"]
    assert len(rig.payments()) == 1
    await patient._http.close_async()


async def test_a_currency_it_lacks_is_refused(rig: StripeRig) -> None:
    with pytest.raises(Refused, match="Invalid currency"):
        await rig.provider.charge(wanted(currency="VES", method=CARD))


async def test_a_key_that_is_not_in_the_vault_is_our_own_fault(far: StripeServer, rig: StripeRig) -> None:
    without = Stripe(rig.stripe._vault, secret_key_path="nowhere", api_base=far.url)
    with pytest.raises(Unavailable, match="nowhere"):
        await without.charge(wanted(method=CARD))
    with pytest.raises(Unavailable, match="STRIPE_WEBHOOK_SECRET_VAULT_PATH"):
        await without.verify_webhook({}, b"{}")


async def test_a_setup_that_is_not_finished_stores_nothing(rig: StripeRig, far: StripeServer) -> None:
    started = await rig.provider.setup(a_setup())
    with pytest.raises(Refused, match="not finished"):
        await rig.provider.confirm("tnt_acme", {"reference": started.reference})
    debit = {"id": "pm_1", "type": "sepa_debit", "sepa_debit": {"last4": "3000", "country": "DE"}}
    mandate = {"payment_method_details": {"type": "sepa_debit", "sepa_debit": {"reference": "MNDT1"}}}
    far.store(started.reference, debit, mandate)
    stored = await rig.provider.confirm("tnt_acme", {"reference": started.reference})
    assert (stored.type, stored.last4, stored.mandate_reference) == ("sepa_debit", "3000", "MNDT1")
    assert (stored.country_code, stored.external_customer_id) == ("DE", "cus_000001")


async def test_a_tenant_is_one_customer(rig: StripeRig, far: StripeServer) -> None:
    for request in (a_setup(), a_setup(), replace(a_setup(), external_customer_id="cus_000001")):
        await rig.provider.setup(request)
    assert len(far.customers) == 1
    checkout = await rig.provider.checkout(wanted())
    with pytest.raises(NotFound):
        await rig.provider.confirm("tnt_acme", {"reference": checkout.external_id})


@pytest.mark.parametrize(
    ("status", "outcome", "withheld"),
    [
        ("needs_response", DisputeStatus.opened, 1200),
        ("under_review", DisputeStatus.opened, 1200),
        ("won", DisputeStatus.won, 0),
        ("lost", DisputeStatus.lost, 0),
        ("warning_needs_response", DisputeStatus.opened, 0),
        ("warning_closed", DisputeStatus.withdrawn, 0),
    ],
)
async def test_a_dispute(rig: StripeRig, far: StripeServer, status: str, outcome: DisputeStatus, withheld: int) -> None:
    payment = await paid(rig)
    dispute = far.dispute(payment, status=status)["id"]
    assert (await rig.provider.fetch(payment)).dispute_ids == (dispute,)
    told = await rig.provider.fetch_dispute(dispute)
    fee = 0 if status.startswith("warning") else 2000
    assert (told.status, told.withheld_cents, told.fee_cents) == (outcome, withheld, fee)
    assert (told.payment_external_id, told.amount_cents, told.currency) == (payment, 1200, "EUR")


async def test_a_dispute_that_was_won_gives_back_money_and_fee(rig: StripeRig, far: StripeServer) -> None:
    row = far.dispute(await paid(rig), status="won")
    back = {"amount": 1200, "fee": -2000, "net": 3200, "currency": "eur"}
    row["balance_transactions"].append(back)
    told = await rig.provider.fetch_dispute(row["id"])
    assert (told.withheld_cents, told.fee_cents) == (0, 0)


async def test_a_dispute_of_an_account_in_another_currency_withholds_its_amount(
    rig: StripeRig, far: StripeServer
) -> None:
    row = far.dispute(await paid(rig), currency="usd")
    told = await rig.provider.fetch_dispute(row["id"])
    assert (told.withheld_cents, told.fee_cents, told.currency) == (1200, 0, "EUR")


async def test_a_payment_names_what_was_given_back_of_it_and_whose_that_was(rig: StripeRig, far: StripeServer) -> None:
    """Also what a person gave back at Stripe, which has no name of ours."""
    payment = await paid(rig)
    assert (await rig.provider.fetch(payment)).refund_ids == ()
    ours = await rig.provider.refund(RefundRequest("rfn_1", payment, 500, "EUR", "rfn_1", START))
    theirs = far.give_back(payment, 150)
    assert set((await rig.provider.fetch(payment)).refund_ids) == {ours.external_id, theirs["id"]}
    for name, amount, known_as in ((str(ours.external_id), 500, "rfn_1"), (theirs["id"], 150, None)):
        told = await rig.provider.fetch_refund(payment, name)
        assert (told.amount_cents, told.currency, told.refund_id) == (amount, "EUR", known_as)
    (event,) = await rig.provider.verify_webhook(*far.event("refund.created", theirs))
    assert (event.kind, event.external_id, event.payment_external_id) == ("refund", theirs["id"], payment)


async def test_events_name_what_to_ask_about(rig: StripeRig, far: StripeServer) -> None:
    payment = await paid(rig)
    dispute = far.dispute(payment)
    page = far.pages[str((await rig.provider.checkout(wanted(key="inv_2:1"))).external_id)]
    refund = {"id": "re_1", "object": "refund"}
    setup = {"id": "cs_9", "object": "checkout.session", "mode": "setup"}
    expected = [
        ("payment_intent.succeeded", far.intents[payment], "payment", payment, None),
        ("charge.refunded", far.intents[payment]["latest_charge"], "payment", payment, None),
        ("charge.dispute.created", dispute, "dispute", payment, dispute["id"]),
        ("refund.failed", refund, "refund", "re_1", None),
        ("checkout.session.completed", page, "payment", page["id"], None),
        ("checkout.session.completed", setup, "ignored", "cs_9", None),
        ("payout.paid", {"id": "po_1", "object": "payout"}, "ignored", "po_1", None),
    ]
    for kind, thing, *said in expected:
        (told,) = await rig.provider.verify_webhook(*far.event(kind, thing))
        assert [told.kind, told.external_id, told.dispute_id] == said


async def test_events_shuffled_repeated_and_forged(rig: StripeRig, far: StripeServer) -> None:
    """Each authentic one is read alike however often it comes, and no other is read at all."""
    chance = random.Random(7)
    payment = far.intents[await paid(rig)]
    sent = [far.event("payment_intent.succeeded", payment, number=n) for n in range(50)] * 2
    chance.shuffle(sent)
    names = set()
    for headers, raw in sent:
        (told,) = await rig.provider.verify_webhook(headers, raw)
        names.add(told.external_event_id)
        forged = raw.replace(b'"evt_', b'"evt_x')
        wrong = [
            (headers, forged), ({}, raw), ({"Stripe-Signature": "t=1,v1="}, raw), (signed(raw, secret="whsec_x"), raw),
            (signed(raw, at=time.time() - 400), raw), ({"Stripe-Signature": "nonsense"}, raw), (headers, b"\xff\xfe"),
        ]  # fmt: skip
        for bad_headers, bad_raw in chance.sample(wrong, 3):
            with pytest.raises(Unauthenticated):
                await rig.provider.verify_webhook(bad_headers, bad_raw)
    assert names == {f"evt_{n}" for n in range(50)}


async def test_an_events_amounts_may_be_of_any_kind(rig: StripeRig) -> None:
    raw = json.dumps({"id": "evt_1", "data": {"object": {"object": "invoice", "unit_amount_decimal": "0.1"}}}).encode()
    (told,) = await rig.provider.verify_webhook(signed(raw, secret=SECRET), raw)
    assert (told.kind, told.occurred_at) == ("ignored", None)
