"""Payment methods: one default, the last one stays while renewals need it, each tenant its own."""

import pytest

from scaicontrol.core.errors import Conflict, Forbidden, NotFound, Refused
from scaicontrol.services import payments, tenants
from tests.factories import ACME, alice, gina, petra, tom
from tests.factories.payments import store_card
from tests.factories.subscriptions import subscribed


async def listed(backend):
    found = await backend.ask(alice, payments.methods, ACME)
    return [(method.label, method.is_default) for method in found]


async def test_the_newest_is_the_default_unless_told_otherwise(backend):
    await store_card(backend, "1", make_default=False)
    await store_card(backend, "2")
    await store_card(backend, "3", make_default=False)
    assert await listed(backend) == [("Card 2", True), ("Card 1", False), ("Card 3", False)]


async def test_the_same_method_again_is_the_same_row(backend):
    first = await store_card(backend, "1")
    assert (await store_card(backend, "1")).id == first.id
    assert len(await listed(backend)) == 1


async def test_a_removed_default_hands_over(backend):
    first, second = await store_card(backend, "1"), await store_card(backend, "2")
    await backend.perform(alice, payments.remove, second.id)
    assert await listed(backend) == [("Card 1", True)]
    with pytest.raises(NotFound):
        await backend.perform(alice, payments.make_default, second.id)
    await backend.perform(alice, payments.make_default, first.id)


async def test_the_last_method_stays_while_renewals_are_due(backend):
    card = await store_card(backend)
    await subscribed(backend)
    with pytest.raises(Conflict, match="last payment method"):
        await backend.perform(alice, payments.remove, card.id)
    await store_card(backend, "2")
    await backend.perform(alice, payments.remove, card.id)


async def test_each_tenant_manages_its_own(backend):
    card = await store_card(backend)
    for actor, error in ((gina, NotFound), (tom, Forbidden)):
        with pytest.raises(error):
            await backend.perform(actor, payments.remove, card.id)
    with pytest.raises(Refused, match="sign in as one of its people"):
        await payments.set_up(backend, petra, "sandbox", "https://portal.example")


async def test_a_setup_at_the_provider_becomes_a_method(backend):
    started = await payments.set_up(backend, alice, "sandbox", "https://portal.example")
    method = await payments.confirm(backend, alice, "sandbox", {"reference": started.reference})
    assert (method.status, method.is_default, method.external_id) == ("active", True, f"sbm_{started.reference}")
    with pytest.raises(NotFound):
        await payments.set_up(backend, alice, "stripe", "https://portal.example")


async def paid_by(backend):
    return (await backend.ask(petra, tenants.get, ACME)).payment_means


async def test_the_tenants_documents_know_what_its_renewals_are_charged_to(backend):
    card = await store_card(backend)
    assert ((await paid_by(backend)) or {})["kind"] == "card"
    started = await payments.set_up(backend, alice, "sandbox", "https://portal.example")
    setup = {"reference": started.reference, "type": "sepa_debit"}
    debit = await payments.confirm(backend, alice, "sandbox", setup)
    noted = await paid_by(backend)
    assert (noted["kind"], noted["last4"], noted["mandate_reference"]) == (
        "direct_debit",
        "4300",
        debit.mandate_reference,
    )
    await backend.perform(alice, payments.remove, debit.id)
    assert ((await paid_by(backend)) or {})["kind"] == "card"
    await backend.perform(alice, payments.remove, card.id)
    assert await paid_by(backend) is None
