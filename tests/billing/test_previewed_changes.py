"""What a change is shown to cost is what its documents say, to the cent; what a plan would cost, its first invoice."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.periods import start_of_day
from scaicontrol.services import billing, subscriptions
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.subscriptions.schemas import TermsIn
from tests.factories import ACME, NORTHWIND, alice, petra, tom
from tests.factories.partners import configured
from tests.factories.subscriptions import CLOCK, show, subscribed

ZONE = "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        (11, {"plan_key": "scaidrive.team", "quantity": 3}),
        (11, {"quantity": 7}),
        (11, {"plan_key": "scaidrive.year"}),
        (20, {"plan_key": "scaidrive.team", "when": "period_end"}),
        (25, {"quantity": 1}),
    ],
    ids=["more of a dearer plan", "seats", "another interval", "later", "fewer"],
)
async def test_what_a_change_is_shown_to_cost_is_what_its_documents_say(backend, clock, days, wanted):
    await configured(backend, proration="day", timezone=ZONE, allow_pay_by_invoice=True)
    pro = await subscribed(backend, quantity=2)
    await billing.bill_subscription(backend, petra, pro.id)
    clock.advance(timedelta(days=days))
    shown = await billing.preview_change(backend, alice, pro.id, TermsIn(**wanted))
    assert (await show(backend, pro.id)).version == pro.version  # nothing was changed
    body = TermsIn(**wanted)
    await backend.perform(
        alice, subscriptions.change_plan, pro.id,
        plan=body.plan, quantity=body.quantity, when=body.when, plan_hash=shown.plan_hash,
    )  # fmt: skip
    (day,) = {document.invoice_date for document in shown.documents if document.invoice_date}
    clock.set(start_of_day(day, ZONE) + timedelta(hours=7))
    await backend.perform(CLOCK, subscriptions.renew)
    before = set(await _documents(backend))
    run = await billing.plan(backend, petra, NORTHWIND, start_of_day(day, ZONE))
    await billing.apply(backend, petra, run.id, str(run.plan_hash))
    written = sorted(sums for key, sums in (await _documents(backend)).items() if key not in before)
    promised = [(each.subtotal_cents, each.tax_cents, each.total_cents) for each in shown.documents if each.lines]
    promised += [
        (-note.subtotal_cents, -note.tax_cents, -note.total_cents) for each in shown.documents for note in each.credits
    ]
    assert written == sorted(promised) != []


async def _documents(backend) -> dict[str, tuple[int, int, int]]:
    async def read(uow):
        return {row.id: (row.subtotal_cents, row.tax_cents, row.total_cents) for row in await uow.session.scalars(_ALL)}

    found: dict[str, tuple[int, int, int]] = await backend.ask(petra, read)
    return found


_ALL = select(Invoice).where(Invoice.tenant_id == ACME)


async def test_a_preview_that_no_longer_holds_is_refused_and_another_one_holds(backend, clock):
    await configured(backend, proration="day")
    pro = await subscribed(backend)
    wanted = TermsIn(plan_key="scaidrive.team")
    old = await billing.preview_change(backend, alice, pro.id, wanted)
    clock.advance(timedelta(days=1))
    apply = {"plan": "scaidrive.team", "plan_hash": old.plan_hash}
    with pytest.raises(Conflict, match="preview it again") as refused:
        await backend.perform(alice, subscriptions.change_plan, pro.id, **apply)
    assert refused.value.reasons[0].code == "preview_outdated"
    again = await billing.preview_change(backend, alice, pro.id, wanted)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team", plan_hash=again.plan_hash)
    assert (await show(backend, pro.id)).plan_key == "scaidrive.team"


async def test_a_preview_refuses_what_the_change_refuses(backend):
    pro = await subscribed(backend)
    with pytest.raises(Refused, match="Nothing to change"):
        await billing.preview_change(backend, alice, pro.id, TermsIn(quantity=1))


async def test_a_quote_is_the_first_invoice_of_each_plan(backend):
    await configured(backend, allow_pay_by_invoice=True)
    quoted = {quote.plan_key: quote for quote in await backend.ask(alice, billing.quotes, "scaidrive", 3)}
    team = quoted["scaidrive.team"]
    assert (team.net_cents, team.tax_cents, team.total_cents) == (9000, 1890, 10_890)
    made = await subscribed(backend, "scaidrive.team", quantity=3)
    await billing.bill_subscription(backend, petra, made.id)
    assert list((await _documents(backend)).values()) == [(9000, 1890, 10_890)]
    assert "scaidrive.secret" not in quoted


async def test_a_quote_tells_the_trial_and_what_is_paid_after_it(backend, clock):
    quoted = {quote.plan_key: quote for quote in await backend.ask(alice, billing.quotes, "scaidrive")}
    tested, free = quoted["scaidrive.tested"], quoted["scaidrive.try"]
    after = clock.now().date() + timedelta(days=14)
    assert (tested.trial_days, tested.charged_on, tested.net_cents) == (14, after, 2000)
    assert (free.trial_days, free.charged_plan, free.net_cents) == (14, "Pro", 1000)
    trial = await subscribed(backend, "scaidrive.try")
    await backend.perform(alice, subscriptions.cancel, trial.id)
    quoted = {quote.plan_key: quote for quote in await backend.ask(alice, billing.quotes, "scaidrive")}
    assert (quoted["scaidrive.tested"].trial_days, quoted["scaidrive.tested"].is_available) == (0, True)
    assert quoted["scaidrive.try"].is_available is False  # it was a trial alone, and that was had


async def test_who_only_looks_is_quoted_as_well_and_the_rule_is_named(backend):
    (pro, *_) = [each for each in await backend.ask(tom, billing.quotes, "scaidrive") if each.plan_key.endswith("pro")]
    assert pro.tax_cents == 210
    standing = await backend.ask(alice, billing.vat_standing, ACME)
    assert (standing.rule, standing.label, standing.answer) == ("3", "VAT 21.00%", None)
