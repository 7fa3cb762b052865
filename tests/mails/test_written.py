"""Mails are written in the template that was chosen for them, and in our own words where it fails."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.ports import Ports
from scaicontrol.core.settings import Settings
from scaicontrol.db.engine import Database
from scaicontrol.services import documents, invoices, templates
from scaicontrol.services.invoices.schemas import CreditIn
from scaicontrol.services.mails import mail_digests
from scaicontrol.services.mails import reactions as mails
from scaicontrol.services.notifications.models import OutgoingMail
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.schemas import TemplatePut
from scaicontrol.services.templates.service.store import put_live
from tasks import relay
from tests.factories import petra
from tests.factories.invoices import RENDERER, a_line, rendered
from tests.factories.notices import noticed
from tests.factories.ports import memory_ports
from tests.factories.subscriptions import market, subscribed
from tests.factories.templates import live, partner_names, tenant_names


@pytest.fixture
def dialect() -> str:
    """Mails add nothing that depends on the database; `test_store` asks both."""
    return "sqlite"


@pytest.fixture
def ports() -> Ports:
    return memory_ports()


@pytest_asyncio.fixture
async def backend(settings: Settings, database: Database, clock: FrozenClock, ports: Ports) -> Backend:
    """The product with Northwind selling, and Acme ready to subscribe and to be billed."""
    product = Backend(settings, database, clock, ports)
    await market(product)
    return product


async def settle(backend) -> None:
    """Let every fact have its reactions."""
    while await relay.react(backend):
        pass


async def mails_of(backend, kind):
    async def read(uow):
        query = select(OutgoingMail).where(OutgoingMail.kind == kind)
        return list(await uow.session.scalars(query))

    return await backend.ask(petra, read)


async def test_a_document_travels_in_the_sellers_words(backend):
    html = "<p>Dear {{ recipient.name }}, {{ totals.due | money }}: <a href='{{ portal_url }}'>{{ invoice.number }}</a>"
    await live(
        backend, TemplateType.email_invoice, html_content=html, subject="{{ seller.trade_name }} {{ invoice.number }}"
    )
    await partner_names(backend, "fancy")
    invoice = await rendered(backend, a_line(10000))
    await settle(backend)
    (mail,) = await mails_of(backend, "email_invoice")
    assert mail.subject == f"Northwind {invoice.number}"
    assert re.search(
        rf'Dear Acme Nederland B\.V\., €121\.00: <a href="http://localhost:8000/i/[^"]+">{invoice.number}', mail.html
    )
    assert mail.attachments[0]["filename"] == f"{invoice.number}.pdf"


async def test_the_tenants_choice_comes_before_the_partners(backend):
    for name in ("fancy", "plain"):
        await live(backend, TemplateType.email_invoice, name, subject=f"{name} {{{{ invoice.number }}}}")
    await partner_names(backend, "fancy")
    await tenant_names(backend, "plain")
    invoice = await rendered(backend)
    await settle(backend)
    assert [mail.subject for mail in await mails_of(backend, "email_invoice")] == [f"plain {invoice.number}"]


async def test_a_template_that_fails_does_not_lose_the_mail(backend):
    html = '<p>{% if invoice.purchase_order_ref == "PO-1" %}{{ invoice.number | money }}{% endif %}'
    await live(backend, TemplateType.email_invoice, html_content=html)
    await partner_names(backend, "fancy")
    invoice = await rendered(backend, purchase_order_ref="PO-1")
    await settle(backend)
    (mail,) = await mails_of(backend, "email_invoice")
    assert mail.subject == f"Invoice {invoice.number} from Northwind"


async def test_a_reminder_waits_for_its_paper_while_the_papers_template_fails(backend, clock):
    html = "<p>{% if reminder.days_overdue == 6 %}{{ invoice.number | money }}{% endif %}"
    paper = await live(backend, TemplateType.payment_reminder, html_content=html)
    await partner_names(backend, "fancy")
    invoice = await rendered(backend)
    await settle(backend)
    clock.advance(timedelta(days=20))
    fact = Outbox(payload={"invoice_id": invoice.id, "stage": 1})
    with pytest.raises(Refused, match="The template does not render"):
        await mails.mail_reminder(backend, fact)
    assert await mails_of(backend, "email_dunning_reminder") == []
    await templates.save(backend, petra, paper.id, TemplatePut(version=1, html_content="<p>{{ invoice.number }}"))
    await backend.perform(petra, put_live, paper.id, 2)
    await mails.mail_reminder(backend, fact)
    (mail,) = await mails_of(backend, "email_dunning_reminder")
    assert [each["filename"] for each in mail.attachments] == [f"reminder-1-{invoice.number}.pdf"]


@pytest.mark.parametrize("kind", [each for each in TemplateType if each.is_mail])
async def test_every_kind_is_written_by_people_too(backend, kind, clock):
    """Each mail that a fact causes finds its own template, in the reader's language."""
    await live(
        backend, kind, language="en", html_content="<p>{{ portal_url }}", subject="Ours: {{ seller.legal_name }}"
    )
    await partner_names(backend, "fancy")
    invoice = await rendered(backend)
    subscription = await subscribed(backend)
    about = {"invoice_id": invoice.id, "subscription_id": subscription.id, "stage": 1, "attempt": 1}
    fact = Outbox(
        idempotency_key=f"subscription:{subscription.id}:suspended:1",
        payload=about
        | {"effective_at": clock.now().isoformat(), "next_unit_price_cents": 1200, "currency": "EUR"}
        | {"days_remaining": 3, "next_retry_at": clock.now().isoformat(), "failure_code": "x"},
    )
    write = {
        "email_trial_ending": mails.mail_trial_ending,
        "email_payment_failed": mails.mail_payment_failed,
        "email_dunning_reminder": mails.mail_reminder,
        "email_subscription_suspended": mails.mail_suspended,
        "email_terms_announced": mails.mail_terms_announced,
    }.get(kind)
    if kind == TemplateType.email_credit_note:
        note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Outage"))
        await invoices.finalize(backend, petra, note.id)
        while await documents.render_due(backend, RENDERER):
            pass
    if kind == TemplateType.email_notices:
        await noticed(backend, "Money is asked back", severity="error")
        await mail_digests(backend)
    if write is not None:
        await write(backend, fact)
        await write(backend, fact)  # a second time changes nothing
    await settle(backend)
    assert {mail.subject for mail in await mails_of(backend, kind)} == {"Ours: Northwind Cloud B.V."}
