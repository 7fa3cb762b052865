"""Sellers take money through accounts of their own, and give it back where it was taken."""

import json

import pytest
import pytest_asyncio

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unavailable
from scaicontrol.core.payment_ports import INSTALLATION, StoredMethod
from scaicontrol.integrations.payment_providers import sandbox
from scaicontrol.integrations.payment_providers.sandbox import SIGNATURE_HEADER, sign
from scaicontrol.services import payments, provider_accounts
from scaicontrol.services.payments.service.methods import store
from scaicontrol.services.provider_accounts.schemas import ProviderAccountIn, ProviderAccountPut
from tests.factories import NORTHWIND, SOUTHBAY, ada, alice, petra
from tests.factories.invoices import a_line, sent
from tests.factories.payments import faulty_sandbox, store_card
from tests.factories.provider_accounts import KEY, an_account, an_account_body, behind
from tests.factories.subscriptions import market


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    await market(backend, payment_providers=["sandbox"])
    faulty_sandbox(backend)
    return backend


async def _card_of(backend, account, number="1", kind="card"):
    card = StoredMethod(f"sbm_{number}", "sbc_1", kind, f"Card {number}", "4242", 12, 2029, "NL")
    return await backend.perform(alice, store, "sandbox", card, make_default=False, account_id=account.id)


def _hook(name: str, external_id: str) -> tuple[dict[str, str], bytes]:
    told = {"id": name, "kind": "payment", "payment_id": external_id, "occurred_at": "2026-02-01T09:00:00Z"}
    body = json.dumps(told).encode()
    return {SIGNATURE_HEADER: sign(body)}, body


async def test_a_method_is_charged_and_its_money_given_back_at_its_own_account(backend):
    one, two = await an_account(backend, name="One"), await an_account(backend, name="Two")
    at_one, at_two = behind(backend, one), behind(backend, two)
    method = await _card_of(backend, two)
    invoice = await sent(backend, a_line(1000))
    paid = await payments.pay(backend, petra, invoice.id, method_id=method.id)
    assert (paid.status, paid.account_id) == ("succeeded", two.id)
    await backend.perform(petra, provider_accounts.prefer, one.id)
    await backend.perform(petra, provider_accounts.close, two.id)
    await payments.refund(backend, petra, invoice.id, 400, "Goodwill.")
    assert (at_one.taken(), at_two.taken()) == ([], [1210])
    (refund,) = await backend.ask(petra, payments.refunds_of, paid.id)
    assert (refund.status, refund.amount_cents) == ("succeeded", 400)


async def test_a_closed_account_takes_nothing_new(backend):
    account = await an_account(backend)
    taken = behind(backend, account)
    method = await _card_of(backend, account)
    await backend.perform(petra, provider_accounts.close, account.id)
    invoice = await sent(backend, a_line(1000))
    with pytest.raises(Refused, match="its provider account is closed"):
        await payments.pay(backend, petra, invoice.id, method_id=method.id)
    with pytest.raises(Refused, match="None of the seller's sandbox accounts takes EUR"):
        await payments.pay(backend, petra, invoice.id, provider="sandbox")
    assert await payments.enabled_providers(backend, alice) == []
    assert (taken.taken(), backend.ports.payment_providers["sandbox"].taken()) == ([], [])


async def test_a_page_to_pay_on_is_of_the_account_that_serves_the_currency_and_is_preferred(backend):
    pounds = await an_account(backend, name="Pounds", currencies=["GBP"])
    first, second = await an_account(backend, name="First"), await an_account(backend, name="Second")
    far = await an_account(backend, name="Far", countries=["FR"])
    for account in (pounds, far, second):
        await backend.perform(petra, provider_accounts.prefer, account.id)
    invoice = await sent(backend, a_line(1000))
    page = await payments.pay(backend, petra, invoice.id, provider="sandbox")
    assert (page.status, page.account_id) == ("requires_action", second.id)
    assert first.preference == 0


async def test_a_default_that_cannot_be_charged_in_a_currency_is_passed_over(backend):
    pounds, other = await an_account(backend, currencies=["GBP"]), await an_account(backend, name="Other")
    default, spare = await _card_of(backend, pounds, "1"), await _card_of(backend, other, "2")
    await backend.perform(alice, payments.make_default, default.id)
    invoice = await sent(backend, a_line(1000))
    with pytest.raises(Refused, match="Card 1 cannot be charged in EUR"):
        await payments.pay(backend, petra, invoice.id, method_id=default.id)
    paid = await payments.pay(backend, petra, invoice.id)
    assert (paid.payment_method_id, paid.account_id) == (spare.id, other.id)


async def test_the_same_names_at_two_accounts_are_two_things(backend, monkeypatch):
    monkeypatch.setattr(sandbox, "new_id", lambda prefix: f"{prefix}_twin")
    one, two = await an_account(backend, name="One"), await an_account(backend, name="Two")
    cards = [await _card_of(backend, each) for each in (one, two)]
    assert len({each.id for each in cards}) == 2
    providers = [behind(backend, each) for each in (one, two)]
    made = []
    for card in cards:
        invoice = await sent(backend, a_line(1000))
        made.append(await payments.pay(backend, petra, invoice.id, method_id=card.id))
    assert {each.external_id for each in made} == {"sbp_twin"}
    assert [each.taken() for each in providers] == [[1210], [1210]]
    headers, body = _hook("evt_1", "sbp_twin")
    for payment in made:
        assert await payments.receive(backend, "sandbox", headers, body, payment.account_id) == 1
        assert await payments.receive(backend, "sandbox", headers, body, payment.account_id) == 0
    providers[1].close_dispute(providers[1].dispute("sbp_twin"), "lost")
    await payments.receive(backend, "sandbox", *_hook("evt_2", "sbp_twin"), two.id)
    await payments.process_inbound(backend)
    after = [await backend.ask(ada, payments.get, each.id) for each in made]
    assert [(each.status, each.lost_cents) for each in after] == [("succeeded", 0), ("reversed", 1210)]


async def test_a_webhook_of_no_account_or_of_another_provider_is_refused(backend):
    account = await an_account(backend)
    headers, body = _hook("evt_1", "sbp_1")
    for slug, name in (("sandbox", "pac_nowhere"), ("stripe", account.id)):
        with pytest.raises(NotFound):
            await payments.receive(backend, slug, headers, body, name)
    assert await payments.receive(backend, "sandbox", headers, body) == 1  # the fixed address is the installation's


async def test_without_accounts_a_seller_goes_on_with_the_installations(backend):
    method = await store_card(backend)
    invoice = await sent(backend, a_line(1000))
    paid = await payments.pay(backend, petra, invoice.id)
    assert (method.account_id, paid.account_id) == (INSTALLATION, INSTALLATION)
    account = await an_account(backend)
    old = await sent(backend, a_line(1000))
    again = await payments.pay(backend, petra, old.id, method_id=method.id)
    assert (again.account_id, again.status) == (INSTALLATION, "succeeded")  # its card is known there only
    started = await payments.set_up(backend, alice, "sandbox", "https://portal.example")
    added = await payments.confirm(backend, alice, "sandbox", {"reference": started.reference})
    assert added.account_id == account.id


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, "needs the setting api_key_vault_path"),
        ({**KEY, "size": "1"}, "has no setting size"),
        ({"api_key_vault_path": "sk_live_secret"}, "path in the vault below partners/"),
        ({"api_key_vault_path": f"partners/{SOUTHBAY}/key"}, "path in the vault below partners/"),
        ({"api_key_vault_path": f"partners/{NORTHWIND}/../{SOUTHBAY}/key"}, "is no path in the vault"),
    ],
)
async def test_settings_that_do_not_fit_are_refused_and_nothing_is_written(backend, config, why):
    with pytest.raises(Invalid, match=why):
        await provider_accounts.create(backend, petra, ProviderAccountIn(**an_account_body(config=config)))
    account = await an_account(backend)
    with pytest.raises(Invalid, match=why):
        await provider_accounts.update(
            backend, petra, account.id, ProviderAccountPut(name="Shop", config=config, version=1)
        )
    assert [each.config for each in await backend.ask(petra, provider_accounts.listing)] == [KEY]


async def test_new_credentials_are_used_from_then_on_and_a_stale_change_is_refused(backend):
    account = await an_account(backend)
    other = {"api_key_vault_path": f"partners/{NORTHWIND}/sandbox#new"}
    body = ProviderAccountPut(name="Shop", config=other, version=1)
    changed = await provider_accounts.update(backend, petra, account.id, body)
    assert changed.version == 2
    with pytest.raises(Conflict, match="at version 2"):
        await provider_accounts.update(backend, petra, account.id, body)
    assert (await provider_accounts.check(backend, petra, account.id)).is_accepted
    assert backend.ports.provider_accounts.settings[account.id].config == other


async def test_a_provider_that_does_not_accept_the_credentials_says_so(backend, monkeypatch):
    account = await an_account(backend)

    async def refuses() -> None:
        raise Unavailable("The key is not accepted.")

    monkeypatch.setattr(behind(backend, account), "check", refuses)
    told = await provider_accounts.check(backend, petra, account.id)
    assert (told.is_accepted, told.problem) == (False, "The key is not accepted.")


async def test_accounts_are_their_sellers_alone(backend):
    account = await an_account(backend)
    with pytest.raises(Forbidden):
        await backend.ask(alice, provider_accounts.listing)
    with pytest.raises(NotFound):
        await backend.perform(petra, provider_accounts.close, "pac_nowhere")
    body = ProviderAccountIn(**an_account_body(partner_id=SOUTHBAY, config={"api_key_vault_path": "shared/key"}))
    theirs = await provider_accounts.create(backend, ada, body)
    with pytest.raises(NotFound):
        await backend.perform(petra, provider_accounts.prefer, theirs.id)
    assert [each.id for each in await backend.ask(petra, provider_accounts.listing)] == [account.id]
