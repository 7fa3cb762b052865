"""Consumers withdraw from contracts and cancel them without signing in; a person carries it out or says why not."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select
from starlette.applications import Starlette

from scaicontrol.api import branding, public_pages
from scaicontrol.api.public_pages import declarations as pages
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, NotFound, Refused
from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.services import attention, declarations, invoices, subscriptions, tenants
from scaicontrol.services.declarations.models import Declaration
from scaicontrol.services.declarations.schemas import CarryOutIn, DeclarationFilter, DeclineIn
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.reads.documents import of_subscription
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn, InvoiceFilter
from scaicontrol.services.notifications.models import OutgoingMail
from scaicontrol.services.subscriptions import Override
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.tenants.schemas import BillingProfileIn
from tasks import relay
from tests.factories import ACME, NORTHWIND, SOUTHBAY, ada, alice, petra, pim, sam
from tests.factories.declarations import declared
from tests.factories.partners import configured
from tests.factories.subscriptions import market, show, subscribed

HOST = "https://portal.test"
OURS = "billing@acme.example"


@pytest_asyncio.fixture
async def shop(backend: Backend) -> Backend:
    """Northwind sells to consumers, and Acme is one; Southbay does not."""
    await market(backend, sells_to_consumers=True, trade_name="Northwind")
    await backend.perform(
        alice, tenants.save_billing_profile, ACME,
        BillingProfileIn(is_business=False, vat_number=None, contact_email=OURS),
    )  # fmt: skip
    return backend


@pytest_asyncio.fixture
async def visitor(shop: Backend) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who has never signed in."""
    app = Starlette(routes=[*branding.root_routes, *public_pages.root_routes])
    app.state.backend = shop
    for limit in (pages._OF_SENDER, pages._OF_ADDRESS):
        limit._seen.clear()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as client:
        yield client


async def settle(backend: Backend) -> None:
    while await relay.react(backend):
        pass


async def mails(backend: Backend) -> list[OutgoingMail]:
    async def read(uow):
        query = select(OutgoingMail).where(OutgoingMail.kind.startswith("email_declaration")).order_by(OutgoingMail.id)
        return list(await uow.session.scalars(query))

    await settle(backend)
    return await backend.ask(ada, read)


async def carry_out(backend: Backend, declaration: Declaration, actor=petra, **fields):
    return await backend.perform(actor, declarations.carry_out, declaration.id, CarryOutIn(**fields))


async def test_a_withdrawal_ends_the_contract_and_drafts_what_goes_back(shop):
    contract = await subscribed(shop)
    made = await declared(shop, contract=contract.id, email=OURS)
    with pytest.raises(Refused, match="for what no invoice holds yet"):
        await carry_out(shop, made)
    await settle(shop)
    (invoice,) = (await shop.ask(petra, invoices.page, PageRequest(), InvoiceFilter())).items
    (line,) = (await shop.ask(petra, of_subscription, contract.id))[0].lines
    given = CreditIn(lines=[CreditLineIn(line_id=line.id, amount_cents=100)], reason="A day without it")
    await shop.perform(petra, invoices.draft_credit, invoice.id, given)
    assert (made.found_subscription_id, made.is_sender_known) == (contract.id, True)
    seen = await shop.ask(petra, declarations.detail, made.id)
    assert (seen.is_consumer, seen.available_actions) == (True, ["carry_out", "decline"])
    done = await carry_out(shop, made)
    assert (done.outcome, (await show(shop, contract.id)).status) == ("carried_out", "cancelled")

    async def notes(uow):
        return list(await uow.session.scalars(select(Invoice).where(Invoice.referenced_invoice_id == invoice.id)))

    drafted = await shop.ask(petra, notes)
    assert {note.status for note in drafted} == {"draft"}
    assert sorted(note.subtotal_cents for note in drafted) == [100 - invoice.subtotal_cents, -100]
    with pytest.raises(Conflict, match="carried out already"):
        await carry_out(shop, made)


async def test_a_withdrawal_waits_for_the_draft_that_charges_its_contract(shop):
    await configured(shop, NORTHWIND, auto_finalize=False)
    contract = await subscribed(shop)
    await settle(shop)
    made = await declared(shop, contract=contract.id)
    with pytest.raises(Refused, match="finalize it first"):
        await carry_out(shop, made)
    await carry_out(shop, made, gives_back=False)
    assert (await show(shop, contract.id)).status == "cancelled"


async def test_a_form_that_was_corrected_is_another_declaration(shop):
    contract = await subscribed(shop)
    wrong, right, again = [
        await declared(shop, submission_key="b" * 32, contract=typed) for typed in ("sub_", contract.id, contract.id)
    ]
    assert (wrong.found_subscription_id, right.found_subscription_id) == (None, contract.id)
    assert again.id == right.id


async def test_a_contract_is_found_by_exactly_what_names_it(shop):
    contract = await subscribed(shop)

    async def refer(uow):
        (await uow.session.get_one(Subscription, contract.id)).external_reference = "Ref-1"

    async def others(uow):  # all of them begin as the one that is typed
        kept = await uow.session.get_one(Subscription, contract.id)
        for turn in range(PAGE_SIZE_MAX + 1):
            names = ("tenant_id", "partner_id", "service_id", "plan_id", "plan_version", "currency")
            copy = {name: getattr(kept, name) for name in names}
            row = {"id": f"sub_{turn}", "external_reference": f"Ref-1{turn}", "is_one_time": True}
            uow.session.add(Subscription(**copy, **row))

    await shop.perform(ada, refer)
    await settle(shop)
    (invoice,) = (await shop.ask(petra, invoices.page, PageRequest(), InvoiceFilter())).items
    await shop.perform(ada, others)
    for typed in (contract.id, "Ref-1", invoice.number):
        assert (await declared(shop, contract=typed)).found_subscription_id == contract.id, typed
    for typed in (contract.id[:-1], ACME, "ref-1", "Ref", invoice.number.lower(), "Verträge ☎", "ScaiDrive", "%"):
        assert (await declared(shop, contract=typed)).found_tenant_id is None, typed


async def test_whoever_is_found_by_hand_reads_what_became_of_it(shop):
    contract = await subscribed(shop)
    made = await declared(shop, "cancellation")
    await carry_out(shop, made, subscription_id=contract.id)
    (answered,) = await mails(shop)
    assert (answered.kind, answered.tenant_id) == ("email_declaration_carried_out", ACME)
    assert [to["email"] for to in answered.recipients] == [OURS]


async def test_a_cancellation_ends_at_its_day(shop):
    contract = await subscribed(shop)
    early = await declared(shop, "cancellation", contract=contract.id)
    done = await carry_out(shop, early)
    running = await show(shop, contract.id)
    assert (running.status, done.ends_at) == ("cancelling", running.current_period_end)
    late = await declared(shop, "cancellation", contract=contract.id, wanted_end="2026-06-30")
    with pytest.raises(Refused, match="in the period that holds that day"):
        await carry_out(shop, late)
    at_once = await declared(
        shop, "cancellation", contract=contract.id, cancellation_kind="extraordinary", reason="It is gone."
    )
    await carry_out(shop, at_once)
    assert (await show(shop, contract.id)).status == "cancelled"


@pytest.mark.parametrize("standing", ["past_due", "suspended"])
async def test_who_owes_or_is_suspended_ends_at_once_and_never_before_the_day_asked_for(shop, clock, standing):
    contract = await subscribed(shop)
    await shop.perform(ada, subscriptions.override, contract.id, Override("It owes.", status=standing))
    later = (clock.now() + timedelta(days=1)).date()
    too_early = await declared(shop, "cancellation", contract=contract.id, wanted_end=str(later))
    with pytest.raises(Refused, match="carry it out on that day"):
        await carry_out(shop, too_early)
    made = await declared(shop, "cancellation", contract=contract.id)
    done = await carry_out(shop, made)
    ended = await show(shop, contract.id)
    assert (ended.status, ended.cancelled_at, done.ends_at) == ("cancelled", clock.now(), clock.now())


async def test_what_was_declared_cannot_change(shop):
    made = await declared(shop)

    async def change(uow):
        (await uow.session.get_one(Declaration, made.id)).name = "Somebody else"

    with pytest.raises(Refused, match="it is sealed"):
        await shop.perform(ada, change)


@pytest.mark.parametrize(
    ("concluded", "until"),
    [
        (datetime(2026, 7, 1, 9, tzinfo=UTC), date(2026, 7, 16)),
        (datetime(2026, 7, 3, 9, tzinfo=UTC), date(2026, 7, 18)),
        (datetime(2026, 7, 4, 9, tzinfo=UTC), date(2026, 7, 21)),  # the 18th is a Saturday
        (datetime(2026, 7, 5, 23, tzinfo=UTC), date(2026, 7, 21)),  # already Monday in Amsterdam
    ],
)
def test_fourteen_days_are_counted_from_the_day_after(concluded, until):
    first = declarations.last_moment(concluded, "Europe/Amsterdam")
    assert first.astimezone(UTC) == datetime(until.year, until.month, until.day, tzinfo=UTC) - timedelta(hours=2)


async def test_what_the_rules_do_not_allow_is_refused_and_stays_open(shop, clock):
    contract = await subscribed(shop)
    clock.advance(timedelta(days=20))
    late = await declared(shop, contract=contract.id)
    with pytest.raises(Refused, match="It came too late"):
        await carry_out(shop, late)
    unknown = await declared(shop)
    with pytest.raises(Refused, match="No contract was found by 'sub_unknown'"):
        await carry_out(shop, unknown)
    await configured(shop, SOUTHBAY, sells_to_consumers=True)
    with pytest.raises(NotFound):
        await shop.perform(sam, declarations.decline, late.id, DeclineIn(note="Not ours."))
    for actor in (alice, pim):
        with pytest.raises(Forbidden):
            await carry_out(shop, late, actor)
    waiting = (await shop.ask(petra, declarations.page, PageRequest(), DeclarationFilter(is_open=True))).items
    assert {each.id for each in waiting} == {late.id, unknown.id}
    found = {each.key: each for each in await shop.ask(petra, attention.findings)}
    assert found["declarations"].count == 2
    await shop.perform(petra, declarations.decline, late.id, DeclineIn(note="Die Frist war vorbei."))
    (received, answered) = await mails(shop)
    assert "Die Frist war vorbei." in answered.html
    assert received.recipients[0]["email"] == OURS


@pytest.mark.parametrize(
    ("typed", "reaches"),
    [(OURS.upper(), [OURS.upper()]), ("lena@vogel.example", [OURS]), (None, [])],
)
async def test_a_receipt_reaches_only_addresses_we_hold(shop, typed, reaches):
    contract = await subscribed(shop)
    named = {"submission_key": "a" * 32} | ({"contract": contract.id, "email": typed} if typed else {})
    made = await declared(shop, **named)
    again = await declared(shop, **named)
    assert again.id == made.id
    sent = await mails(shop)
    assert sorted(to["email"].casefold() for mail in sent for to in mail.recipients) == sorted(
        address.casefold() for address in reaches
    )
    assert all(contract.id in mail.html and "Widerruf" in mail.subject for mail in sent)


async def form_of(visitor, path: str, **typed):
    shown = await visitor.get(path, headers={"accept-language": "de"})
    (key,) = re.findall(r'name="submission_key" value="(\w{32})"', shown.text)
    (address,) = re.findall(r'action="([^"]+)"', shown.text)
    return address.replace("&amp;", "&"), {
        "submission_key": key,
        "name": "Lena Vogel",
        "email": "lena@vogel.example",
        **typed,
    }


async def test_nobody_learns_who_is_a_customer(shop, visitor):
    contract = await subscribed(shop)
    answers = []
    for typed in (contract.id, "sub_unknown"):
        address, form = await form_of(visitor, f"/withdrawal?seller={NORTHWIND}", contract=typed)
        sent = await visitor.post(address, data=form)
        assert sent.status_code == 303
        again = await visitor.post(address, data=form)  # a second click is the same declaration
        page = await visitor.get(again.headers["location"])
        (kept,) = re.findall(r'href="(/declarations/[^"]+/receipt)"', page.text)
        receipt = await visitor.get(kept)
        assert "Lena Vogel" in receipt.text
        hidden = re.compile(rf"{typed}|dcl_\w+|/declarations/[^\"?]+")
        answers.append((page.status_code, hidden.sub("…", page.text), hidden.sub("…", receipt.text)))
        assert {name: page.headers[name] for name in ("cache-control", "referrer-policy", "x-robots-tag")} == {
            "cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow",
        }  # fmt: skip
    assert answers[0] == answers[1]
    assert "Eingegangen" in answers[0][1]

    async def counted(uow):
        return await uow.session.scalar(select(func.count()).select_from(Declaration))

    assert await shop.ask(ada, counted) == 2


async def test_the_forms_are_labelled_as_the_law_says_and_lose_nothing(shop, visitor):
    cancelling = f"/cancellation?seller={NORTHWIND}"
    shown = (await visitor.get(cancelling, headers={"accept-language": "de"})).text
    assert re.search(r"<button>\s*Jetzt kündigen\s*</button>", shown)
    assert ">Verträge hier kündigen</a>" in shown
    english = (await visitor.get(f"/withdrawal?seller={NORTHWIND}&lang=en")).text
    assert re.search(r"<button>\s*Confirm withdrawal\s*</button>", english)
    assert ">Withdraw from contract here</a>" in english
    assert "ScaiControl" not in shown + english
    address, form = await form_of(
        visitor, cancelling, contract="<b>mine</b>", email="nonsense", cancellation_kind="extraordinary"
    )
    refused = await visitor.post(address, data=form)
    assert (refused.status_code, "&lt;b&gt;mine&lt;/b&gt;" in refused.text) == (422, True)
    assert "braucht ihren Grund" in refused.text
    assert form["submission_key"] in refused.text
    for wrong in ({"wanted_end": "31.12.2026"}, {"email": "nonsense"}, {"contract": "x" * 201}, {"name": " "}):
        answer = await visitor.post(address, data=form | {"email": "a@b.example", "reason": "Gone."} | wrong)
        assert answer.status_code == 422, wrong
    taken = await visitor.post(address, data=form | {"email": "a@b.example", "reason": "Gone.", "wanted_end": ""})
    assert taken.status_code == 303


async def test_a_seller_to_businesses_offers_neither(shop, visitor):
    for path in ("/withdrawal", "/cancellation"):
        for seller in (f"?seller={SOUTHBAY}", "?seller=prt_nobody", ""):
            assert (await visitor.get(path + seller)).status_code == 404
    await configured(shop, NORTHWIND, withdrawal_button=False)
    assert (await visitor.get(f"/withdrawal?seller={NORTHWIND}")).status_code == 404
    assert (await visitor.get(f"/cancellation?seller={NORTHWIND}")).status_code == 200
    assert (await visitor.get("/declarations/forged")).status_code == 404


async def test_a_flood_is_told_to_wait_and_takes_nothing_from_who_names_the_same(shop, visitor):
    address, form = await form_of(visitor, f"/withdrawal?seller={NORTHWIND}", contract="ScaiDrive")
    forms = [form | {"submission_key": f"{turn:032x}"} for turn in range(6)]
    answers = [(await visitor.post(address, data=each)).status_code for each in forms]
    assert answers == [303] * 5 + [429]
    for typed, status in (({"email": form["email"].upper()}, 429), ({"email": "omar@idris.example"}, 303)):
        assert (await visitor.post(address, data=form | typed)).status_code == status
