"""People's text on every screen of the terminal dashboard, as they wrote it; and Enter on everything that is wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest
from rich.text import Text
from sqlalchemy import select, update

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.ids import new_id
from scaicontrol.core.leases import JobLease
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import attention, invoices, subscriptions
from scaicontrol.services.accounting.models import AccountingIntegration, AccountingSyncItem
from scaicontrol.services.bank_statements.models import BankLine, BankStatement
from scaicontrol.services.billing.models import DRAFT, QuarantineItem
from scaicontrol.services.changes.models import ChangePlan
from scaicontrol.services.credits.models import Receivable
from scaicontrol.services.invoices.models import DocumentRender, Invoice, InvoiceLine
from scaicontrol.services.notifications.models import OutgoingMail
from scaicontrol.services.payments.models import ATTEMPTS, Dispute, Payment, Refund
from scaicontrol.services.provisioning.models import ProvisioningWorkflow
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.tenants.models import BillingProfile
from scaicontrol.services.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.factories import ACME, NORTHWIND, SCAIDRIVE, ada, gina
from tests.factories.catalog import store_plan
from tests.factories.declarations import cancelled_by_a_consumer
from tests.factories.invoices import a_draft, a_line, finalized, sent
from tests.factories.registry import store_service
from tests.factories.subscriptions import market, subscribed
from tui.dialogs import AskText, Confirm
from tui.findings import LEADS
from tui.screens.details import DetailScreen
from tui.screens.lists import ListScreen
from tui.screens.now import NowScreen

from .terminal import LARGE, SMALL, Driver, dashboard

PLANNED = {
    **{name: [] for name in ("changes", "money", "totals", "documents", "mails", "webhooks", "services", "facts")},
    "action": "invoices.void", "arguments": {}, "reversible": {"kind": "no", "action": None},
    "warnings": ["[b]Beware[/b]"], "requires_approval": True, "policy_rule": "always", "input_versions": {},
}  # fmt: skip
# Harmless to read, and each would be swallowed or be an error as markup; 🎉 would be drawn for its name.
SEATS, LTD, TADA, LINK = "Seats [annual]", "[/bold] Ltd", ":tada: [1] [", "[@click=app.quit]x"


@pytest.fixture
def dialect() -> str:
    """The screens are the same on either database."""
    return "sqlite"


@pytest.fixture
async def trouble(backend: Backend, clock: FrozenClock) -> Backend:
    """Everything that can be wrong, in the words of people who like brackets."""
    await market(backend)
    await store_plan(backend, "seats", name=SEATS)
    await store_service(backend, "scai[annual]", health_status="unreachable")
    await store_service(backend, "scaiwaits", status="pending", approved_at=None)
    late = await sent(backend, a_line(description=SEATS))
    held, other = await subscribed(backend), await subscribed(backend, actor=gina)
    clock.advance(timedelta(days=60))
    await backend.perform(ada, invoices.mark_overdue)
    await backend.perform(ada, subscriptions.suspend, other.id, LTD)
    await finalized(backend, a_line(description=f"{LTD} {TADA}"))
    clock.advance(timedelta(hours=1))
    await backend.perform(ada, _go_wrong, late, held)
    await cancelled_by_a_consumer(backend, held.id)
    return backend


async def _go_wrong(uow: UnitOfWork, invoice: Invoice, held: Subscription) -> None:
    ours = {"tenant_id": ACME, "partner_id": NORTHWIND}
    bad = WebhookEndpoint(
        id=new_id("whk"), name=LTD, target_url=f"https://hooks.example.com/{SEATS}", topics=["*"],
        secret_vault_path="x", is_active=False, disabled_reason="failing", disabled_at=uow.now,
    )  # fmt: skip
    account = {"partner_id": NORTHWIND, "iban": "NL91ABNA0417164300"}
    books = AccountingIntegration(
        id=new_id("aci"), partner_id=NORTHWIND, provider="csv", name=LTD, config={}, mapping={}, cursor=uow.now
    )
    told = BankStatement(
        id=new_id("bst"), reference="1", message="camt.053.001.08", to_on=uow.now.date(), balances=[], pending=0,
        content_sha256="c", file_sha256="f", imported_by="usr_ada", **account,
    )  # fmt: skip
    uow.session.add_all([bad, told, books])
    await uow.session.flush()
    uow.session.add_all([
        WebhookDelivery(
            id=new_id("evt"), event_type="invoice.paid", status="dead", idempotency_key="k", resource_type="invoice",
            resource_id=invoice.id, occurred_at=uow.now, subscription_id=bad.id, error_message=LTD,
        ),
        QuarantineItem(
            id=new_id("qtn"), subject_id=held.id, charge_kind="base", period_start=uow.now, reason_code="no_price",
            detail=f"{SEATS} {LTD}", **ours,
        ),
        QuarantineItem(
            id=new_id("qtn"), subject_id=invoice.id, charge_kind=DRAFT, period_start=uow.now, reason_code="gate",
            detail=f"{SEATS} {LTD}", **ours,
        ),
        Payment(
            id="pay_1", invoice_id=invoice.id, provider="sandbox", amount_cents=1, currency="EUR",
            status="failed", attempt=2, failure_code=LTD, idempotency_key="k", **ours,
        ),
        Payment(
            id="pay_2", invoice_id=invoice.id, provider="sandbox", amount_cents=1, currency="EUR", status="pending",
            attempt=1, failure_code="provider_mismatch", failure_message=LTD, reported_cents=1,
            reported_currency="USD", idempotency_key="l", **ours,
        ),
        AccountingSyncItem(
            id=new_id("asi"), partner_id=NORTHWIND, integration_id=books.id, document_id=invoice.id, kind="invoice",
            number="1", booked_on=uow.now.date(), status="failed", attempts=1, last_error=LTD,
        ),
        Receivable(
            id=new_id("rcv"), currency="EUR", source="taken_back", source_id="pay_1:2", invoice_id=invoice.id,
            amount_cents=1, remaining_cents=1, **ours,
        ),
        Dispute(
            id=new_id("dsp"), invoice_id=invoice.id, source_id="pay_1", provider="manual", external_id="pay_1:k",
            status="opened", amount_cents=1, currency="EUR", reason="MD06", opened_at=uow.now, **ours,
        ),
        BankLine(
            id=new_id("bln"), statement_id=told.id, position=1, part=1, kind="incoming", status="waiting",
            amount_cents=1, currency="EUR", booked_on=uow.now.date(), remittance=LTD, counterparty_name=SEATS,
            fingerprint="p", waits_for="unmatched", note=TADA, **account,
        ),
        ProvisioningWorkflow(
            id=new_id("wfl"), subscription_id=held.id, service_id=SCAIDRIVE, action="provision", cause="k",
            status="failed", plan_key=SEATS, quantity=1, **ours,
        ),
    ])  # fmt: skip
    await uow.session.flush()
    uow.session.add_all([
        ChangePlan(
            id=new_id("cpl"), status="pending_approval", action="invoices.void", arguments={}, content=PLANNED,
            plan_hash="h", requires_approval=True, created_by=LTD, created_by_kind="user", surface="api",
            expires_at=uow.now + timedelta(days=1),
        ),
        OutgoingMail(
            id=new_id("mel"), kind="invoice", resource_id=invoice.id, step="k", recipients=[{"email": "a@example.com"}],
            subject=LTD, html="", status="bounced", **ours,
        ),
        JobLease(name=f"job{TADA}", last_started_at=uow.now - timedelta(hours=2)),
    ])  # fmt: skip
    uow.session.add(
        Refund(
            id=new_id("rfn"), payment_id="pay_1", amount_cents=1, status="failed", attempts=ATTEMPTS,
            idempotency_key="r", failure_message=LTD, **ours,
        )
    )  # fmt: skip
    for changed in (
        update(Subscription).where(Subscription.id == held.id).values(status="past_due", external_reference=LTD),
        update(DocumentRender).where(DocumentRender.due_at.is_not(None)).values(last_error=f"{LTD} {TADA}"),
        update(BillingProfile).where(BillingProfile.tenant_id == ACME).values(company_name=f"{SEATS} {LTD}"),
    ):
        await uow.session.execute(changed)


async def open_document(screen: Driver, wanted: str) -> None:
    screen.app.action_go(f"invoices {wanted}")
    await screen.still()
    await screen.press("enter")


async def home(screen: Driver) -> None:
    for _ in range(3):  # a page, its list, and a filter that was typed
        if not isinstance(screen.app.screen, NowScreen):
            await screen.press("escape")
    assert isinstance(screen.app.screen, NowScreen)


@pytest.mark.parametrize(
    "size", [SMALL, pytest.param(LARGE, marks=pytest.mark.long)], ids=lambda size: f"{size[0]}x{size[1]}"
)
async def test_enter_leads_from_every_finding_to_its_rows_and_on_to_their_pages(
    trouble: Backend, size: tuple[int, int]
):
    async with dashboard(trouble, size=size) as screen:
        wrong = screen.now.found
        assert len(wrong) == len(attention.QUESTIONS), [finding.key for finding in wrong]
        assert {finding.key for finding in wrong} == set(LEADS)
        pages = []
        for place, finding in enumerate(wrong):
            screen.table.move_cursor(row=place)
            await screen.press("enter")
            listed = screen.app.screen
            assert isinstance(listed, ListScreen), finding.key
            shown = {row.id for row in listed.rows} | {word for row in listed.rows for word in row.about.split()}
            if finding.key not in {
                "declarations",
                "exports",
            }:  # mended at the console; the list shows what they are about
                assert {example.id for example in finding.examples} <= shown, finding.key
            await screen.press("enter")
            assert isinstance(screen.app.screen, DetailScreen), finding.key
            assert screen.app.screen.trouble == "", finding.key
            pages.append(screen.text)
            await screen.press("G", "ctrl+r")
            pages.append(screen.text)
            await home(screen)
        whole = "\n".join(pages)
        for words in (LTD, "scai[annual]", f"{SEATS} {LTD}", "MD06", "[b]Beware[/b]"):
            assert words in whole, words


async def test_what_is_mended_elsewhere_leaves_the_list_in_place(trouble: Backend):
    async with dashboard(trouble) as screen:
        await screen.press("colon", *"quar", "enter")
        assert [cells[0] for cells in screen.cells] == ["gate", "no price"]

        async def solve(uow: UnitOfWork) -> None:
            await uow.session.execute(update(QuarantineItem).values(resolved_at=uow.now))

        await trouble.perform(ada, solve)
        await screen.press("ctrl+r")
        assert screen.cells == []
        assert "nothing" in screen.bar


async def test_a_document_shows_what_people_wrote(trouble: Backend):
    draft = await a_draft(trouble, *(a_line(description=words) for words in (SEATS, LTD, TADA, LINK)))
    async with dashboard(trouble) as screen:
        await open_document(screen, draft.id)
        assert [words for words in (SEATS, LTD, TADA, LINK) if words not in screen.text] == []
    done = await finalized(trouble, a_line(description=SEATS))
    async with dashboard(trouble) as screen:
        await open_document(screen, str(done.number))
        assert f"{ACME} {SEATS} {LTD}" in screen.text


async def test_a_subscription_shows_what_people_wrote(trouble: Backend):
    async with dashboard(trouble) as screen:
        await screen.press("3")
        for row in range(screen.table.row_count):
            screen.table.move_cursor(row=row)
            await screen.press("enter")
            assert LTD in screen.text
            await screen.press("escape")


async def test_dialogs_bars_prompts_and_notifications_show_what_was_written(trouble: Backend):
    named = replace(ada, name=f"Ada {LTD} {TADA}")
    async with dashboard(trouble, named, write=True, toasts=True) as screen:
        assert named.name in screen.bar
        assert str(named.name) in screen.text
        await screen.press("colon", *"[/bold]", "enter")
        assert "There is no place called [/bold]; try" in screen.said
        assert "There is no place called [/bold]" in screen.text
        await screen.press("3", "slash", *"[/b] [annual]")
        assert "/[/b] [annual]" in screen.bar
        await screen.press("enter", "escape")
        await screen.press("slash", *"suspended", "enter", "r")
        await screen.until(AskText)
        await screen.press(*"why [annual]", "enter")
        await screen.until(Confirm)
        await screen.press("n")
        await screen.until_done()
        screen.app.push_screen(Confirm(f"Void {LTD}?", f"Frees {SEATS}.", [Text(LINK)]))
        await screen.still()
        assert [words for words in (f"Void {LTD}?", f"Frees {SEATS}.", LINK) if words not in screen.text] == []


async def test_a_refusal_is_shown_as_it_was_said(trouble: Backend):
    async with dashboard(trouble, toasts=True) as screen:
        for words in (SEATS, LTD, TADA, LINK):
            screen.app.screen.notify(f"It is called {words}.", title="", severity="error")
            await screen.still()
            assert f"It is called {words}." in screen.text


async def test_a_control_character_does_not_reach_the_terminal(trouble: Backend):
    draft = await a_draft(trouble, a_line(description="before"))

    async def as_it_was_saved_before_such_text_was_refused(uow: UnitOfWork) -> None:
        line = await uow.session.scalar(select(InvoiceLine).where(InvoiceLine.invoice_id == draft.id))
        assert line is not None
        line.description = "before\x1b[31mafter"

    await trouble.perform(ada, as_it_was_saved_before_such_text_was_refused)
    async with dashboard(trouble) as screen:
        await open_document(screen, draft.id)
        assert "before\ufffd[31mafter" in screen.text
