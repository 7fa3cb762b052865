"""Rates, decisions and consultations on a database."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Conflict, Forbidden, Unavailable
from scaicontrol.core.ports import VatAnswer, VatConsulted
from scaicontrol.services import tax
from scaicontrol.services.tax import places
from scaicontrol.services.tax.models import VatConsultation
from scaicontrol.services.tax.rates import EU_STANDARD_VAT_RATES, SHIPPED_RATES
from scaicontrol.services.tax.service.consult import record_consultation
from tests.factories import ACME, GLOBEX, NORTHWIND, ada, alice, bert, gina

NUMBER = "DE123456788"
ACMES = tax.Question(ACME, NORTHWIND, NUMBER, "NL123456782B90")


def facts(backend, **more):
    return tax.VatFacts(
        "NL",
        "DE",
        NUMBER,
        **{"is_business": True, "tax_point": date(2026, 1, 14), "decided_at": backend.clock.now()} | more,
    )


async def test_seeding_twice_adds_every_shipped_rate_once(backend):
    assert await backend.perform(ada, tax.seed_rates) in {0, len(tax.known_rates())}
    assert await backend.perform(ada, tax.seed_rates) == 0
    table = await backend.ask(ada, tax.rate_table)
    for country in EU_STANDARD_VAT_RATES:
        where = places.place(country)
        assert table.standard(where, date(2026, 1, 15)) == SHIPPED_RATES.standard(where, date(2026, 1, 15))


async def test_a_new_rate_ends_the_old_one_the_day_before(backend):
    await backend.perform(ada, tax.seed_rates)
    await backend.perform(ada, tax.add_rate, tax.Rate("NL", Decimal(22), date(2027, 1, 1)))
    table = await backend.ask(ada, tax.rate_table)
    assert table.standard(places.place("NL"), date(2026, 12, 31)).rate == 21
    assert table.standard(places.place("NL"), date(2027, 1, 1)).rate == 22
    with pytest.raises(Conflict, match="already begins on 2027-01-01"):
        await backend.perform(ada, tax.add_rate, tax.Rate("NL", Decimal(23), date(2026, 6, 1)))
    with pytest.raises(Forbidden):
        await backend.perform(bert, tax.add_rate, tax.Rate("NL", Decimal(23), date(2028, 1, 1)))


async def test_a_stored_decision_replays_after_the_rates_have_changed(backend):
    await backend.perform(ada, tax.seed_rates)

    async def store(uow):
        decided = tax.decide(facts(backend, oss_registered=True, is_business=False), await tax.rate_table(uow))
        await tax.store_decision(uow, decided, invoice_id="inv_1", tenant_id=ACME, partner_id=NORTHWIND)

    await backend.perform(ada, store)
    await backend.perform(ada, tax.add_rate, tax.Rate("DE", Decimal(20), date(2026, 1, 2)))
    row = await backend.ask(ada, tax.get, "inv_1")
    assert row.rate == 19
    assert tax.verify(row) == []
    assert "Result: VAT 19.00% (OSS, Germany), category S." in tax.explain(row)


async def test_deciding_again_replaces_the_draft_decision_until_it_is_final(backend):
    async def store(uow, *, business):
        decided = tax.decide(facts(backend, is_business=business))
        row = await tax.store_decision(uow, decided, invoice_id="inv_1", tenant_id=ACME, partner_id=NORTHWIND)
        await uow.session.flush()
        return row.rule

    assert await backend.perform(ada, store, business=True) == "4"
    assert await backend.perform(ada, store, business=False) == "5"

    async def finalize(uow):
        (await tax.get(uow, "inv_1")).finalized_at = uow.now

    await backend.perform(ada, finalize)
    with pytest.raises(Conflict, match="is final"):
        await backend.perform(ada, store, business=True)


async def test_vies_is_asked_once_until_its_answer_is_old(backend):
    backend.ports.vat_register.valid.add(NUMBER)
    first = await tax.consult(backend, ada, ACMES, max_age_days=30)
    assert first
    assert await tax.consult(backend, ada, ACMES, max_age_days=30) is None
    assert (await backend.ask(ada, tax.consulted, ACME, NUMBER)).answer is VatAnswer.valid
    backend.clock.advance(timedelta(days=31))
    assert await tax.consult(backend, ada, ACMES, max_age_days=30) not in {None, first}


async def test_silence_is_recorded_and_never_covers_an_answer(backend):
    valid = VatConsulted(VatAnswer.valid, backend.clock.now(), "WAPI1")
    await backend.perform(ada, record_consultation, ACMES, valid)
    backend.clock.advance(timedelta(days=31))
    register = backend.ports.vat_register

    async def silent(*_):
        raise Unavailable("VIES does not answer.")

    register.consult = silent
    await tax.consult(backend, ada, ACMES, max_age_days=30)
    rows = await backend.ask(ada, lambda uow: uow.session.scalars(select(VatConsultation)))
    assert sorted(row.result for row in rows) == ["unavailable", "valid"]
    assert (await backend.ask(ada, tax.consulted, ACME, NUMBER)).answer is VatAnswer.valid


async def test_a_tenant_sees_its_own_consultations_only(backend):
    await tax.consult(backend, ada, ACMES, max_age_days=30)
    assert await backend.ask(alice, tax.consulted, ACME, NUMBER)
    assert await backend.ask(gina, tax.consulted, ACME, NUMBER) is None
    assert await backend.ask(gina, tax.consulted, GLOBEX, NUMBER) is None
