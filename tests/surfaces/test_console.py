"""Operators at the console: whose rows they see, that verbs are the services' own, and who is kept out."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from admin_views import pressing, site
from admin_views.site import install_console
from scaicontrol.api import actor_resolution, browser_login
from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, invoices
from scaicontrol.services.invoices.schemas import InvoicePatch
from tests.factories import INITECH, ada, petra
from tests.factories.changes import agreed
from tests.factories.invoices import a_draft, a_line, again, finalized, rendered, sent
from tests.factories.subscriptions import show, subscribed

from .console_browser import OURS, URL, address, browser, press, said

__all__ = ["browser"]


async def topics(backend: Backend, resource_id: str) -> list[tuple[str, str, str]]:
    async def read(uow: UnitOfWork) -> list[tuple[str, str, str]]:
        entries = select(AuditEntry).where(AuditEntry.resource_id == resource_id).order_by(AuditEntry.id)
        return [(e.action, e.actor_id, e.surface) for e in await uow.session.scalars(entries)]

    return await backend.ask(Actor.system("test"), read)


def test_the_console_reads_the_cookie_that_the_login_sets():
    assert (site.CONSOLE_COOKIE, site.CONSOLE_PURPOSE) == (
        actor_resolution.CONSOLE_COOKIE,
        actor_resolution.CONSOLE_PURPOSE,
    )
    assert site.NO_ENTRY == browser_login.NO_ENTRY
    assert pressing.VIEW_COOKIE == actor_resolution.VIEW_COOKIE


async def test_the_menu_marks_the_page_one_is_on_and_no_other(browser):
    async with browser("ada") as client:
        for path, name in (("/admin/", "Home"), ("/admin/registry", "Registry"), ("/admin/invoice/list", "Invoices")):
            assert re.findall(r'aria-current="page">([^<]+)', (await client.get(path)).text) == [name]


async def test_strangers_are_sent_to_sign_in(browser):
    async with browser("") as client:
        answer = await client.get("/admin/invoice/list?status=draft")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/auth/login?return_to=/admin/invoice/list%3Fstatus%3Ddraft"
        assert (await client.get("/admin")).headers["location"] == "/admin/"
        client.cookies.set(site.CONSOLE_COOKIE, "forged")
        assert (await client.get("/admin/")).status_code == 303


async def test_tenants_are_led_to_the_portal(browser):
    async with browser("alice") as client:
        for answer in (await client.get("/admin/"), await client.post("/admin/invoice/inv_1/do/void", headers=OURS)):
            assert answer.status_code == 403
            assert 'href="/"' in answer.text
    async with browser("") as client:  # a login that opened no session here leads to the same page, and not in a circle
        assert (await client.get(site.NO_ENTRY)).status_code == 403


async def test_a_partner_sees_its_own_documents_only(browser, backend):
    mine, foreign = await sent(backend), await a_draft(backend, by=ada, tenant_id=INITECH)
    async with browser("petra") as client:
        listed = await client.get("/admin/invoice/list")
        assert mine.id in listed.text
        assert foreign.id not in listed.text
        assert (await client.get(address(foreign))).status_code == 404
        assert (await client.get(address(foreign, "void"))).status_code == 404
    async with browser("ada") as client:
        listed = await client.get("/admin/invoice/list")
        assert mine.id in listed.text
        assert foreign.id in listed.text


async def test_who_may_not_administer_invoices_finds_no_list(browser, backend):
    draft = await a_draft(backend)
    async with browser("pim") as client:
        assert "Invoices" not in (await client.get("/admin/")).text
        assert (await client.get("/admin/invoice/list")).status_code == 403
        assert (await client.get(address(draft))).status_code == 403
        assert (await client.get(address(draft, "void"))).status_code == 403


async def test_lists_are_narrowed_searched_and_sorted(browser, backend):
    draft, done = await a_draft(backend), await finalized(backend)
    async with browser("petra") as client:
        drafts = await client.get("/admin/invoice/list?status=draft")
        assert draft.id in drafts.text
        assert done.id not in drafts.text
        found = await client.get(
            f"/admin/invoice/list?search={str(done.number)[:6]}&sort=-total_cents&issued_from=2026-01-01"
        )
        assert done.id in found.text
        assert draft.id not in found.text
        assert "Nothing matches" in (await client.get("/admin/invoice/list?search=%25")).text
        assert (await client.get("/admin/invoice/list?status=lost")).status_code == 400
        assert (await client.get("/admin/invoice/list?pageSize=x")).status_code == 400
        assert (await client.get("/admin/invoice/list?after=x")).status_code == 400


async def test_finalizing_leaves_what_the_service_leaves(browser, backend):
    by_hand, by_service = await a_draft(backend), await a_draft(backend)
    async with browser("petra") as client:
        page = await client.get(address(by_hand, "finalize"))
        assert "Nothing stands in its way" in page.text
        assert "22.99 EUR" in page.text
        answer = await press(client, address(by_hand, "finalize"))
        assert answer.status_code == 303
        detail = await client.get(answer.headers["location"])
        assert "is finalized. Its files are being made." in detail.text
        assert "is finalized. Its files are being made." not in (await client.get(address(by_hand))).text
    await invoices.finalize(backend, petra, by_service.id)
    console, service = await topics(backend, by_hand.id), await topics(backend, by_service.id)
    assert [entry[:2] for entry in console] == [entry[:2] for entry in service]
    assert console[-1][2] == "console"


async def test_a_shut_gate_names_every_reason_and_has_no_button(browser, backend):
    draft = await a_draft(backend)
    await backend.perform(petra, invoices.update, draft.id, InvoicePatch(lines=[]))
    report = await invoices.check(backend, petra, draft.id)
    async with browser("petra") as client:
        page = await client.get(address(draft, "finalize"))
    assert report.reasons
    assert all(reason.message in said(page) for reason in report.reasons)
    assert ">Finalize</button>" not in page.text


async def test_a_refusal_is_the_services_sentence(browser, backend):
    invoice = await sent(backend)
    async with browser("petra") as client:
        path = address(invoice, "void")
        token = re.search(r'name="form_token" value="([^"]+)"', (await client.get(path)).text)
        assert token
        await agreed(backend, petra, invoices.void, invoice.id, "faster")
        with pytest.raises(Refused) as refused:
            await backend.perform(petra, invoices.void, invoice.id, "again")
        answer = await client.post(path, data={"form_token": token[1], "reason": "Typed before"}, headers=OURS)
    assert answer.status_code == 400
    assert refused.value.message in said(answer)
    assert "Typed before" in answer.text


async def test_a_missing_reason_changes_nothing(browser, backend):
    invoice = await sent(backend)
    async with browser("petra") as client:
        answer = await press(client, address(invoice, "void"), reason=" ")
    assert answer.status_code == 422
    assert "Nothing was done: reason is missing." in said(answer)
    assert (await again(backend, invoice)).status == "sent"


async def test_a_second_click_is_told_what_the_first_one_did(browser, backend):
    invoice = await rendered(backend)
    path = address(invoice, "regenerate_pdf")
    async with browser("petra") as client:
        token = re.search(r'name="form_token" value="([^"]+)"', (await client.get(path)).text)
        assert token
        form = {"form_token": token[1], "reason": "New logo"}
        for _ in range(2):
            answer = await client.post(path, data=form, headers=OURS)
            assert "Version 2 is being made." in (await client.get(answer.headers["location"])).text
        changed = await client.post(path, data=form | {"reason": "Other"}, headers=OURS)
    assert changed.status_code == 409
    assert [topic for topic, _, where in await topics(backend, invoice.id) if where == "console"] == [
        "invoice.render_requested"
    ]


async def test_a_session_that_ended_loses_nothing_typed(browser, backend):
    invoice = await sent(backend)
    path = address(invoice, "void")
    async with browser("") as stranger:
        form = {"form_token": "old", "reason": 'Wrong "tenant"'}
        kept = await stranger.post(path, data=form, headers=OURS)
    assert kept.status_code == 401
    again_sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', kept.text))
    assert {name: unescape(value) for name, value in again_sent.items()} == {"reason": 'Wrong "tenant"'}
    async with browser("petra") as client:
        page = await client.post(path, data={"reason": 'Wrong "tenant"'}, headers=OURS)
        assert page.status_code == 403
        assert 'Wrong "tenant"' in unescape(page.text)
    assert (await again(backend, invoice)).status == "sent"


async def test_files_of_the_console_are_kept_by_their_version_and_pages_are_compressed(browser):
    async with browser("petra") as client:
        page = await client.get("/admin/invoice/list")
        assert page.headers["content-encoding"] == "gzip"
        files = re.findall(r'(?:href|src)="(/admin/statics/[^"]+)"', page.text)
        assert len(files) == 2
        for file in files:
            assert "immutable" in (await client.get(file)).headers["cache-control"]
            old = await client.get(file.partition("?")[0] + "?v=000000000000")
            assert "immutable" not in old.headers.get("cache-control", "")


async def test_money_is_booked_in_major_units_exactly(browser, backend):
    invoice = await sent(backend)
    asked = {"paid_on": "2026-01-15", "reference": "ABN 4711", "method": "bank transfer"}
    async with browser("petra") as client:
        wrong = await press(client, address(invoice, "mark_paid"), amount="10.505", **asked)
        assert wrong.status_code == 422
        assert "is not an amount of EUR" in said(wrong)
        assert (await press(client, address(invoice, "mark_paid"), amount="10.5", **asked)).status_code == 303
        page = await client.get(address(invoice))
    assert "amount due: 22.99 EUR → 12.49 EUR" in page.text
    assert (await again(backend, invoice)).amount_paid_cents == 1050


async def test_what_raised_and_lowered_a_document_is_shown(browser, backend):
    off = {"percent": "10", "reason": "Loyalty"}
    line = a_line(10_000, charges=[{"amount_cents": 500, "reason": "Handling"}])
    draft = await a_draft(backend, line, allowances=[off])
    async with browser("petra") as client:
        page = said(await client.get(address(draft)))
    assert "Handling 5.00 EUR" in page
    assert "Loyalty -10.50 EUR" in page
    assert "Net 94.50 EUR" in page


async def test_documents_are_credited_and_their_files_fetched(browser, backend):
    invoice = await rendered(backend)
    async with browser("petra") as client:
        assert (await press(client, address(invoice, "credit"), reason="Outage")).status_code == 303
        page = await client.get(address(invoice))
        (link,) = re.findall(r'href="https://localhost:8000(/admin/invoice/[^"]+/file/1/pdf)"', page.text)[:1]
        file = await client.get(link)
        assert file.content.startswith(b"%PDF")
        assert f'filename="{invoice.number}.pdf"' in file.headers["content-disposition"]
        assert (await client.get(link.replace("/1/", "/7/"))).status_code == 404
    async with browser("sam") as client:
        assert (await client.get(link)).status_code == 404


async def test_subscriptions_are_suspended_and_resumed(browser, backend):
    subscription = await subscribed(backend)
    async with browser("petra") as client:
        assert (await press(client, address(subscription, "suspend"), reason="Abuse")).status_code == 303
        assert (await show(backend, subscription.id)).status == "suspended"
        page = await client.get(address(subscription))
        assert "/do/resume" in page.text
        assert "/do/suspend" not in page.text
        assert (await press(client, address(subscription, "resume"))).status_code == 303
        assert (await press(client, address(subscription, "cancel"), reason="Asked")).status_code == 303
        assert (await show(backend, subscription.id)).status == "cancelling"
        assert (await press(client, address(subscription, "cancel_now"), reason="Asked")).status_code == 303
    assert (await show(backend, subscription.id)).status == "cancelled"
    assert [topic for topic, _, surface in await topics(backend, subscription.id) if surface == "console"] == [
        "subscription.suspended",
        "subscription.resumed",
        "subscription.changed",
        "subscription.cancelled",
    ]


async def test_requests_of_other_sites_are_refused(browser, backend):
    draft = await a_draft(backend)
    path = address(draft, "void")
    async with browser("petra") as client:
        page = await client.get(path)
        token = re.search(r'name="form_token" value="([^"]+)"', page.text)
        assert token
        form = {"form_token": token[1], "reason": "Mistake"}
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
            assert (await client.post(path, data=form, headers=headers)).status_code == 403
        for stolen in ({}, {"form_token": "forged"}, {"form_token": token[1] + "x"}):
            assert (await client.post(path, data={**stolen, "reason": "x"}, headers=OURS)).status_code == 403
        elsewhere = address(draft, "finalize")
        assert (await client.post(elsewhere, data=form, headers=OURS)).status_code == 403
    async with browser("ada") as other:
        assert (await other.post(path, data=form, headers=OURS)).status_code == 403
    assert (await again(backend, draft)).status == "draft"


async def test_names_cannot_bring_scripts(browser, backend):
    draft = await a_draft(backend, a_line(description="<script>alert(1)</script>"), notes="<img src=x onerror=y>")
    subscription = await subscribed(backend, external_reference="<b>PO</b>")
    async with browser("petra") as client:
        for path in (address(draft), address(subscription), "/admin/subscription/list"):
            page = await client.get(path)
            assert "<script>alert" not in page.text
            assert "<img src=x" not in page.text
            assert "<b>PO" not in page.text
            assert "script-src 'self';" in page.headers["content-security-policy"]
            assert page.headers["cache-control"] == "no-store"
        reflected = await client.get("/admin/invoice/list?search=%22%3E%3Cscript%3E&error=%3Cb%3Ehello")
        assert "<script>" not in reflected.text
        assert "hello" not in reflected.text


async def test_nothing_can_be_edited_past_the_verbs(browser, backend):
    draft = await a_draft(backend)
    async with browser("ada") as client:
        for path in ("/admin/invoice/create", f"/admin/invoice/edit/{draft.id}"):
            assert (await client.post(path, data={"status": "paid"}, headers=OURS)).status_code == 403
        assert (await client.delete(f"/admin/invoice/delete?pks={draft.id}", headers=OURS)).status_code == 403
        assert (await client.get("/admin/logout")).headers["location"] == f"{URL}/admin/"
        assert (await client.get("/admin/invoice/list")).status_code == 200


async def test_what_breaks_says_an_id_and_nothing_else(browser, backend, monkeypatch):
    async def broken(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM vault")

    draft = await a_draft(backend)
    monkeypatch.setattr(documents, "detail", broken)
    async with browser("petra") as client:
        page = await client.get(address(draft))
    assert page.status_code == 500
    assert "req_" in page.text
    assert "secret" not in page.text


async def test_two_consoles_in_one_process_keep_apart(backend):
    first, second = (install_console(FastAPI()) for _ in range(2))
    assert {type(view)._admin_ref for view in first.views} == {first}
    assert {type(view)._admin_ref for view in second.views} == {second}
