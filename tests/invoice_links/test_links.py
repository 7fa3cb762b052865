"""Whoever has the link in a mail sees that one document and may pay it; nobody else does, and nothing else opens."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from starlette.applications import Starlette

from scaicontrol.api import branding, public_pages
from scaicontrol.api.public_pages import frame
from scaicontrol.core import signed_values
from scaicontrol.core.actor import ActorKind
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Forbidden, NotFound
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import documents, invoice_links, invoices, payments, statements, subscriptions, tenants
from scaicontrol.services.notifications.models import OutgoingMail
from tasks import relay
from tests.factories import ACME, NORTHWIND, ada, alice, gina, petra, pim, sam, tom
from tests.factories.invoices import rendered
from tests.factories.partners import configured
from tests.factories.payments import faulty_sandbox, store_card
from tests.factories.subscriptions import market, subscribed

HOST = "https://portal.test"
DAY = date(2026, 1, 15)


@pytest_asyncio.fixture
async def shop(backend: Backend) -> Backend:
    await market(backend, payment_providers=["bank_transfer", "sandbox"], trade_name="Northwind")
    backend.settings = backend.settings.model_copy(update={"public_base_url": HOST})
    faulty_sandbox(backend)
    return backend


@pytest_asyncio.fixture
async def reader(shop: Backend) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who has never signed in."""
    app = Starlette(routes=[*branding.root_routes, *public_pages.root_routes])
    app.state.backend = shop
    frame._LIMIT._seen.clear()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as client:
        yield client


async def mailed(backend: Backend, **fields: object):
    """An invoice of Acme with its files, and the path that its mail leads to."""
    invoice = await rendered(backend, **fields)
    while await relay.react(backend):
        pass

    async def read(uow):
        query = select(OutgoingMail).where(OutgoingMail.kind == "email_invoice")
        return [
            mail
            for mail in await uow.session.scalars(query)
            if mail.attachments[0]["filename"] == f"{invoice.number}.pdf"
        ]

    (mail,) = await backend.ask(ada, read)
    (address,) = set(re.findall(r'href="(https://portal\.test/i/[^"]+)"', mail.html))
    return invoice, address.removeprefix(HOST)


async def test_a_mails_link_opens_its_document_with_files_and_payment(shop, reader):
    invoice, path = await mailed(shop)
    page = await reader.get(path, headers={"accept-language": "de-CH,de;q=0.9"})
    assert page.status_code == 200
    for said in (
        f"Rechnung {invoice.number}",
        "22,99",
        "NL91 ABNA 0417 1643 00",
        "mit Sandbox (no money moves) bezahlen",
        "Northwind",
    ):
        assert said in page.text, said
    assert "ScaiControl" not in page.text
    careful = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
    assert {name: page.headers[name] for name in careful} == careful
    assert "script-src" not in page.headers["content-security-policy"]
    assert (await reader.get(f"{path}/pdf")).content.startswith(b"%PDF-")
    assert b"CrossIndustryInvoice" in (await reader.get(f"{path}/cii")).content
    begun = await reader.post(f"{path}/pay", data={"provider": "sandbox"})
    assert (begun.status_code, 'http-equiv="refresh"' in begun.text) == (200, True)
    (payment,) = await shop.ask(petra, payments.of_invoice, invoice.id)
    assert (payment.amount_cents, payment.provider, payment.payment_method_id) == (2299, "sandbox", None)
    again = await reader.post(f"{path}/pay", data={"provider": "sandbox"})
    assert (again.status_code, len(await shop.ask(petra, payments.of_invoice, invoice.id))) == (409, 1)
    assert "A payment is under way" in (await reader.get(path, headers={"accept-language": "en"})).text


async def test_what_does_not_open_is_answered_the_same(shop, reader, clock):
    _, path = await mailed(shop)
    other, revoked = await mailed(shop)
    await shop.perform(alice, invoice_links.revoke, other.id)
    other_purpose = await signed_values.sign(shop, "console-session", path.split("/")[-1])
    changed = path[:-3] + ("aaa" if path[-3:] != "aaa" else "bbb")
    answers = [await reader.get(each) for each in (changed, "/i/x", f"/i/{other_purpose}", revoked, f"{revoked}/pdf")]
    answers.append(await reader.post(f"{revoked}/pay", data={"provider": "sandbox"}))
    clock.advance(timedelta(days=30))
    answers.append(await reader.get(path))
    assert {answer.status_code for answer in answers} == {404}
    pages = {re.sub(r"/i/[^?\"]+", "/i/…", answer.text) for answer in answers}
    assert len(pages) == 1
    headers = [{k: v for k, v in answer.headers.items() if k != "content-length"} for answer in answers]
    assert all(each == headers[0] for each in headers)


async def test_a_link_is_an_actor_of_one_document(shop, reader):
    invoice, path = await mailed(shop)
    other, _ = await mailed(shop)
    subscription = await subscribed(shop)
    method = await store_card(shop)
    opened = await invoice_links.open_link(shop, path.removeprefix("/i/"))
    assert opened is not None
    link = opened.actor
    assert (link.kind, link.document_id) == (ActorKind.link, invoice.id)
    assert (await shop.ask(link, invoices.get, invoice.id)).number == invoice.number
    assert [each.id for each in (await shop.ask(link, invoices.page, PageRequest())).items] == [invoice.id]
    assert (await shop.ask(link, payments.page, PageRequest())).items == []

    async def refused(awaitable, *kinds):
        with pytest.raises(kinds or (NotFound, Forbidden)):
            await awaitable

    await refused(shop.ask(link, invoices.get, other.id), NotFound)
    await refused(shop.fast_read(link, invoices.own, other.id), NotFound)
    await refused(documents.pdf(shop, link, other.id), NotFound)
    await refused(payments.pay(shop, link, other.id, provider="sandbox"), NotFound)
    await refused(payments.pay(shop, link, invoice.id, method_id=method.id), Forbidden)
    await refused(payments.pay(shop, link, invoice.id), Forbidden)  # nor by the method that renewals are charged to
    await refused(shop.ask(link, payments.methods, ACME), Forbidden)
    await refused(shop.ask(link, subscriptions.get, subscription.id), Forbidden)
    await refused(shop.ask(link, tenants.billing_profile, ACME), Forbidden)
    await refused(shop.perform(link, invoice_links.revoke, invoice.id), Forbidden)
    await refused(shop.ask(link, statements.statement, ACME, DAY, DAY), Forbidden)
    assert (await reader.post(f"{path}/pay", data={"provider": "bank_transfer"})).status_code == 400


async def test_its_uses_are_counted_and_told(shop, reader):
    invoice, path = await mailed(shop)
    for _ in range(2):
        await reader.get(path)
    await reader.head(path)
    await reader.get(f"{path}/pdf")
    (link,) = await shop.ask(alice, invoice_links.of_invoice, invoice.id)
    assert (link.uses, link.last_used_at) == (2, shop.clock.now())

    async def audited(uow):
        query = select(AuditEntry.action).where(AuditEntry.resource_id == invoice.id).order_by(AuditEntry.id)
        return [action for action in await uow.session.scalars(query) if action.startswith("invoice_link.")]

    assert await shop.ask(ada, audited) == ["invoice_link.used"] * 2
    await shop.perform(petra, invoice_links.revoke, invoice.id)
    assert await shop.perform(petra, invoice_links.revoke, invoice.id) == []
    assert await shop.ask(ada, audited) == ["invoice_link.used"] * 2 + ["invoice_link.revoked"]


async def test_only_whoever_is_billed_or_bills_ends_a_link(shop):
    invoice, _ = await mailed(shop)
    for actor in (tom, gina, sam, pim):
        with pytest.raises(ControlError):
            await shop.perform(actor, invoice_links.revoke, invoice.id)
    assert len(await shop.perform(alice, invoice_links.revoke, invoice.id)) == 1


async def test_a_flood_is_told_to_wait(shop, reader):
    answers = [(await reader.get("/i/guess")).status_code for _ in range(61)]
    assert answers == [404] * 60 + [429]
    waits = await reader.get("/i/guess")
    assert int(waits.headers["retry-after"]) > 0
    assert "Wait a minute" in waits.text


async def test_a_seller_may_want_no_links(shop):
    await configured(shop, NORTHWIND, invoice_link_days=0)
    invoice = await rendered(shop)
    while await relay.react(shop):
        pass

    async def read(uow):
        return (await uow.session.scalars(select(OutgoingMail.html).where(OutgoingMail.kind == "email_invoice"))).one()

    assert f'href="{HOST}/billing/invoices/{invoice.id}"' in await shop.ask(ada, read)


async def test_a_mail_goes_in_the_sellers_name_from_its_own_host(shop):
    await configured(
        shop, NORTHWIND, mail_sender_name="Northwind Billing", portal_host="portal.northwind.example",
        imprint_url="https://northwind.example/imprint",
    )  # fmt: skip
    invoice = await rendered(shop)
    while await relay.react(shop):
        pass

    async def read(uow):
        return (await uow.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "email_invoice"))).one()

    mail = await shop.ask(ada, read)
    assert (mail.sender_name, mail.reply_to) == ("Northwind Billing", "billing@northwind.example")
    assert re.search(r'href="https://portal\.northwind\.example/i/[^"]+"', mail.html)
    assert 'href="https://northwind.example/imprint"' in mail.html
    assert "ScaiControl" not in mail.html
    assert invoice.number in mail.subject
