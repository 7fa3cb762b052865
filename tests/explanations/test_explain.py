"""Explaining: every amount is made again by the code that made it, and a difference is said loudly."""

import json

import pytest
from sqlalchemy import text

from scaicontrol.core.errors import NotFound
from scaicontrol.services import explanations, invoices
from scaicontrol.services.explanations.schemas import ExplainedPart
from scaicontrol.services.invoices.schemas import CreditIn
from tests.databases import TAMPERING
from tests.factories import alice, gina, petra
from tests.factories.invoices import a_line, finalized

CALLS = {
    "kind": "usage",
    "plan": "drive:pro",
    "plan_version": 3,
    "metric": "api_calls",
    "quantity": "12000",
    "usage_digest": "abc123",
    "tiers": [
        {"tier_start": "0", "tier_end": "10000", "quantity": "10000", "unit_price_cents": 5, "unit_divisor": 1},
        {"tier_start": "10000", "tier_end": None, "quantity": "2000", "unit_price_cents": 25, "unit_divisor": 10},
    ],
    "rounding": "half up, once",
}
MONTH = {
    "kind": "base", "plan": "drive:pro", "plan_version": 3, "quantity": "2", "unit_price_cents": 950, "days": 10,
    "full_days": 31, "rounding": "half up, once",
}  # fmt: skip
UNUSED = {"kind": "credit", "plan": "Pro", "full_amount_cents": 3100, "days": 3, "full_days": 31}


async def explained(backend, invoice, by=petra, **asked):
    return await backend.ask(by, explanations.explain, invoice.id, **asked)


async def test_a_document_is_worked_out_again_and_said_in_sentences(backend):
    invoice = await finalized(
        backend, a_line(55_000, derivation=CALLS), a_line(613, derivation=MONTH), a_line(-300, derivation=UNUSED)
    )
    said = await explained(backend, invoice)
    assert (said.matches, said.number, [part.part for part in said.parts]) == (
        True, invoice.number, ["line", "line", "line", "vat", "total", "seal"],
    )  # fmt: skip
    calls, month, unused, vat, total, _ = (part.sentences for part in said.parts)
    assert calls[:5] == [
        "Plan drive:pro, price version 3.",
        "Usage of api_calls: 12,000.",
        "The records it was added up from have the digest abc123.",
        "The first 10,000 at €0.05 each: €500.00.",
        "The next 2,000 at €0.25 per 10: €50.00.",
    ]
    assert month[1:3] == [
        "2 × €9.50 for the whole period: €19.00.",
        "10 of 31 days: €19.00 × 10 ÷ 31 = €6.13, rounded half up once.",
    ]
    assert unused[1] == "3 of 31 days: €31.00 × 3 ÷ 31 = -€3.00, rounded half up once."
    assert vat[1] == (
        "The lines of category S at 21% add up to €553.13; €553.13 × 21% = €116.16, rounded half up once."
    )
    assert total == ["3 lines add up to €553.13 net.", "€553.13 net + €116.16 VAT = €669.29."]


@pytest.mark.parametrize(
    ("table", "column", "value", "part"),
    [
        ("invoice_line_items", "amount_cents", "614", "line"),
        ("invoice_line_items", "tax_cents", "130", "line"),
        ("invoice_line_items", "derivation", f"'{json.dumps(MONTH | {'days': 11})}'", "line"),
        ("invoice_line_items", "derivation", f"'{json.dumps(MONTH | {'days': 'ten'})}'", "line"),
        ("invoices", "total_cents", "741", "total"),
        ("invoices", "notes", "'Another text'", "seal"),
        ("tax_decisions", "rate", "9", "vat"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"])  # the triggers must be laid aside to be able to tamper
async def test_what_was_tampered_with_is_said_loudly(backend, table, column, value, part):
    invoice = await finalized(backend, a_line(613, derivation=MONTH))
    await without_triggers(backend, f"UPDATE {table} SET {column} = {value}")
    said = await explained(backend, invoice)
    assert not said.matches
    (found,) = [each for each in said.parts if not each.matches and each.part == part]
    assert any(words in " ".join(found.sentences) for words in ("NOT", "cannot be read"))


async def without_triggers(backend, statement):
    async with backend.database.platform_sql(TAMPERING) as connection:
        triggers = await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for (name,) in triggers.all():
            await connection.execute(text(f"DROP TRIGGER {name}"))
        await connection.execute(text(statement))
        await connection.commit()


async def test_a_credit_note_says_what_was_given_back_before(backend):
    invoice = await finalized(backend, a_line(8))
    for _ in range(2):
        note = await credited(backend, invoice, amount_cents=3, basis="net")
    vat = (await explained(backend, note, part=ExplainedPart.vat)).parts[0].sentences
    assert vat[0] == f"The VAT decision is that of invoice {invoice.number}, also where rates have changed since."
    assert vat[2] == (
        "With the notes before it, €0.06 of €0.08 is given back; the VAT on that is €0.01, of which €0.01 was given "
        "back before: €0.00."
    )
    assert (await explained(backend, note)).matches
    assert (await explained(backend, await credited(backend, invoice))).matches


async def test_a_gross_amount_explains_its_vat(backend):
    invoice = await finalized(backend, a_line(100_000))
    note = await credited(backend, invoice, amount_cents=1000, basis="gross")
    said = await explained(backend, note)
    assert said.matches
    vat = said.parts[1].sentences
    assert "A gross amount of €10.00 was given back; €8.26 of it is net, the rest is VAT: €1.74." in vat


async def credited(backend, invoice, **said):
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Goodwill", **said))
    return await invoices.finalize(backend, petra, note.id)


async def test_one_line_alone_and_no_foreign_one(backend):
    invoice = await finalized(backend, a_line(1000), a_line(2000))
    line = invoice.lines[1]
    said = await explained(backend, invoice, by=alice, line_id=line.id)
    assert [(part.id, part.stored_cents, part.computed_cents) for part in said.parts] == [(line.id, 2000, 2000)]
    with pytest.raises(NotFound, match="There is no line ili_nowhere on invoice"):
        await explained(backend, invoice, line_id="ili_nowhere")
    with pytest.raises(NotFound):
        await explained(backend, invoice, by=gina)


async def test_it_speaks_the_readers_language(backend):
    invoice = await finalized(backend, a_line(613, derivation=MONTH))
    said = await explained(backend, invoice, language="de")
    spoken = [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in said.parts[0].sentences]
    assert "10 von 31 Tagen: 19,00 € × 10 ÷ 31 = 6,13 €, einmal kaufmännisch gerundet." in spoken
