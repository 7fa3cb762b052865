"""VIES around documents: asked when a number is saved, again before its answer is too old, heard before an invoice."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Refused, Unavailable
from scaicontrol.core.ports import VatAnswer, VatConsulted
from scaicontrol.services import invoices, partners, tax, tenants
from scaicontrol.services.notifications.models import Notification, OutgoingMail
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.tax import queries
from scaicontrol.services.tax.models import VatConsultation
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn
from tasks import relay
from tests.factories import ACME, GLOBEX, NORTHWIND, ada, petra
from tests.factories.invoices import a_draft
from tests.factories.tenants import store_cast

GERMAN, AUSTRIAN = "DE123456788", "ATU13585627"
RECHECK = Actor.system("vies_recheck")


async def saved(backend, tenant_id=ACME, number=GERMAN, country="DE", **fields: Any):
    """Save a billing profile and let what follows from it happen."""
    body = AdminBillingProfileIn(country_code=country, vat_number=number, **fields)
    await backend.perform(ada, tenants.save_billing_profile, tenant_id, body)
    await settle(backend)


async def settle(backend):
    while await relay.react(backend):
        pass


async def policy(backend, vies_policy: Any, **more: Any):
    patch = PartnerConfigurationPatch(vies_policy=vies_policy, **more)
    await backend.perform(ada, partners.configure, NORTHWIND, patch)


async def profile(backend, tenant_id=ACME):
    return await backend.ask(ada, tenants.billing_profile, tenant_id)


async def consultations(backend):
    query = select(VatConsultation).order_by(VatConsultation.consulted_at, VatConsultation.id)
    return list(await backend.ask(ada, lambda uow: uow.session.scalars(query)))


async def notices(backend):
    return list(await backend.ask(ada, lambda uow: uow.session.scalars(select(Notification))))


async def mails(backend):
    return list(await backend.ask(ada, lambda uow: uow.session.scalars(select(OutgoingMail))))


@pytest.fixture
def register(backend):
    """The register answers at the business clock's time."""
    register = backend.ports.vat_register
    answered = register.consult

    async def consult(number, requester):
        assert not backend.database.writer.pool.checkedout(), "the network is not used inside a transaction"
        said = await answered(number, requester)
        return VatConsulted(said.answer, backend.clock.now(), said.consultation_number, problem=said.problem)

    register.consult = consult
    return register


async def test_saving_a_profile_asks_vies_and_shows_the_answer(backend, register):
    await store_cast(backend)
    register.valid.add(GERMAN)
    await saved(backend)
    (kept,) = await consultations(backend)
    assert (kept.vat_number, kept.requester_vat_number, kept.result) == (GERMAN, "NL123456782B90", "valid")
    assert kept.consultation_number == "WAPIAAAAX1"
    shown = await profile(backend)
    assert (shown.vat_number_result, shown.vat_number_validated_at) == ("valid", backend.clock.now())
    assert await notices(backend) == []


async def test_what_cannot_matter_is_not_asked(backend, register):
    await store_cast(backend)
    register.valid.add(GERMAN)
    await saved(backend)
    await saved(backend, phone="+49 30 1234567")  # another field
    await policy(backend, "off")
    await saved(backend, GLOBEX)
    await policy(backend, "advisory")
    await saved(backend, GLOBEX, number="", country="US")
    await saved(backend, GLOBEX, country="DE", is_business=False)
    assert register.asked == [GERMAN]


async def test_a_no_warns_the_tenant_and_the_seller_once_and_in_their_language(backend, register):
    await store_cast(backend)
    await saved(backend, preferred_language="de")
    (notice,) = await notices(backend)
    assert notice.title == f"USt-IdNr. {GERMAN} ist nicht gültig"
    assert (notice.severity, notice.tenant_id) == ("warning", ACME)
    (mail,) = await mails(backend)
    assert mail.recipients[0]["email"] == "billing@northwind.example"
    assert "before the next invoice" in mail.html
    backend.clock.advance(timedelta(days=28))
    assert (await tax.recheck(backend)).invalid == 1
    await settle(backend)
    assert (len(await notices(backend)), len(await mails(backend))) == (1, 1)


async def test_the_daily_job_warns_before_the_next_invoice_when_a_number_lapses(backend, register):
    await store_cast(backend)
    await policy(backend, "required")
    register.valid.add(GERMAN)
    await saved(backend)
    backend.clock.advance(timedelta(days=26))
    assert (await tax.recheck(backend)).asked == 0  # the answer is still young
    backend.clock.advance(timedelta(days=2))
    register.valid.clear()
    assert str(await tax.recheck(backend)).startswith("1 numbers asked: 0 valid, 1 invalid")
    await settle(backend)
    assert [notice.title for notice in await notices(backend)] == [f"VAT number {GERMAN} is not valid"]
    draft = await a_draft(backend)
    report = await invoices.check(backend, petra, draft.id)
    assert (report.tax_label, report.ready) == ("VAT 21.00%", True)


async def test_running_twice_asks_once_and_a_run_is_bounded(backend, register):
    await store_cast(backend)
    await policy(backend, "off")
    for tenant_id, number, country in ((ACME, GERMAN, "DE"), (GLOBEX, AUSTRIAN, "AT")):
        await saved(backend, tenant_id, number, country)
    await policy(backend, "advisory")
    assert (await tax.recheck(backend, limit=1)).asked == 1
    assert (await tax.recheck(backend, limit=1)).asked == 1
    assert (await tax.recheck(backend)).asked == 0
    assert sorted(register.asked) == [AUSTRIAN, GERMAN]
    assert await backend.ask(RECHECK, queries.due_for_recheck, 500) == []


async def test_silence_never_becomes_a_no_and_is_asked_again_the_next_day(backend, register):
    await store_cast(backend)
    await policy(backend, "required")
    register.valid.add(GERMAN)
    await saved(backend)
    backend.clock.advance(timedelta(days=28))
    register.down = True
    assert (await tax.recheck(backend)).silent == 1
    assert (await tax.recheck(backend)).asked == 0
    await settle(backend)
    assert (await profile(backend)).vat_number_result == "valid"
    assert [notice.title for notice in await notices(backend)] == [f"VAT number {GERMAN} could not be confirmed"]
    draft = await a_draft(backend)
    assert (await invoices.check(backend, petra, draft.id)).tax_label == "VAT 0% (Reverse Charge)"
    backend.clock.advance(timedelta(days=3))
    assert (await tax.recheck(backend)).silent == 1
    with pytest.raises(Refused) as refused:
        await invoices.finalize(backend, petra, draft.id)
    assert [reason.code for reason in refused.value.reasons] == ["vies_unavailable"]
    register.down = False
    backend.clock.advance(timedelta(days=1))
    assert (await tax.recheck(backend)).valid == 1
    assert (await invoices.check(backend, petra, draft.id)).ready


async def test_a_register_that_keeps_silent_is_left_alone_for_the_rest_of_a_run(backend, register, monkeypatch):
    await store_cast(backend)
    questions = [tax.Question(ACME, NORTHWIND, number) for number in [GERMAN] * 5 + [AUSTRIAN]]

    async def silent(number, _):
        register.asked.append(number)
        if number == GERMAN:
            raise Unavailable("VIES does not answer.")
        return VatConsulted(VatAnswer.valid, backend.clock.now())

    register.consult = silent

    async def due(uow, limit):
        return questions[:limit]

    monkeypatch.setattr(queries, "due_for_recheck", due)
    ran = await tax.recheck(backend)
    assert (ran.asked, ran.silent, ran.valid, ran.left) == (4, 3, 1, 2)


async def test_why_vies_was_silent_is_kept_with_the_consultation(backend, register):
    await store_cast(backend)

    async def blocked(*_):
        return VatConsulted(VatAnswer.unavailable, backend.clock.now(), problem="VIES refuses requests.")

    register.consult = blocked
    await saved(backend)
    (kept,) = await consultations(backend)
    assert kept.raw["problem"] == "VIES refuses requests."
    assert await mails(backend) == []  # advisory: reverse charge rests on the form, and the document says so
