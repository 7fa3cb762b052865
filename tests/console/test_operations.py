"""The console's jobs, audit log, notices and mails: what ran, who did what, and what was said to whom."""

from datetime import timedelta

import pytest

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.services import invoices, notifications
from scaicontrol.services.invoices.schemas import InvoicePatch
from tasks.jobs import Job, run_job
from tests.factories import ACME, NORTHWIND, ada, petra
from tests.factories.invoices import a_draft, sent
from tests.surfaces.console_browser import press, said


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def _counts(_: object) -> str:
    return "2 done"


JOB = Job("dunning", timedelta(minutes=15), _counts)


async def test_a_job_says_what_it_did_when_it_is_due_and_that_it_is_late(browser, backend, clock):
    await run_job(backend, JOB)
    async with browser("ada") as client:
        listed = said(await client.get("/admin/job/list"))
        assert "ok: 2 done" in listed
        assert "on time" in listed
        assert "15 minutes" in listed
        clock.advance(timedelta(hours=2))
        assert "late" in said(await client.get("/admin/job/list"))
        page = said(await client.get("/admin/job/details/dunning"))
        assert "It was due on" in page


async def test_a_job_that_was_never_late_within_its_pace(backend, clock):
    await run_job(backend, JOB)
    [lease] = await backend.ask(Actor.system("test"), leases.jobs)
    assert lease.next_due_at == lease.last_due_at + timedelta(minutes=15)
    assert not lease.lateness(lease.next_due_at + timedelta(minutes=14))
    assert lease.lateness(lease.next_due_at + timedelta(minutes=30)) == timedelta(minutes=30)


async def test_a_job_is_run_now_by_who_may(browser, backend):
    await run_job(backend, JOB)
    async with browser("ada") as client:
        answer = await press(client, "/admin/job/dunning/do/run")
        assert "A worker is asked to run it" in said(await client.get(answer.headers["location"]))
        assert (await client.get("/admin/job/details/nothing")).status_code == 404
    async with browser("petra") as client:
        assert (await client.get("/admin/job/list")).status_code == 403


async def test_the_audit_log_shows_who_changed_what_from_what_to_what(browser, backend):
    invoice = await sent(backend)
    async with browser("petra") as client:
        await press(
            client,
            f"/admin/invoice/{invoice.id}/do/mark_paid",
            amount="10.00",
            paid_on="2026-01-15",
            reference="ABN 4711",
            method="bank transfer",
        )
    async with browser("ada") as client:
        listed = await client.get(f"/admin/audit-entry/list?resource={invoice.id}&door=console")
        assert "usr_petra" in listed.text
        [link] = {part.split('"')[0] for part in listed.text.split('href="') if "/audit-entry/details/" in part[:120]}
        page = said(await client.get(link))
        assert "amount due cents" in page
        assert "2299" in page
        assert f"/admin/invoice/details/{invoice.id}" in (await client.get(link)).text
        assert "Nothing matches" in (await client.get("/admin/audit-entry/list?actor=usr_nobody")).text
        assert (await client.get("/admin/audit-entry/list?from=yesterday")).status_code == 400


async def test_an_export_of_the_audit_log_leaves_an_entry(browser, backend):
    await backend.perform(petra, invoices.update, (await a_draft(backend)).id, InvoicePatch(notes="x"))
    async with browser("ada") as client:
        taken = await client.get("/admin/audit-entry/export/csv?action=invoice.updated")
        assert len(taken.text.splitlines()) == 2
        assert "export taken" in said(await client.get("/admin/audit-entry/list"))


async def test_mails_and_notices_are_read_as_they_were_sent(browser, backend):
    invoice = await sent(backend)
    mail = await backend.perform(
        ada,
        notifications.queue_mail,
        tenant_id=ACME,
        partner_id=NORTHWIND,
        kind="email_invoice",
        resource_id=invoice.id,
        step="delivery-1",
        recipients=[("ap@acme.example", "Acme")],
        subject="Your invoice",
        html="<p>Here it is.</p><script>alert(1)</script>",
    )
    notice = await backend.perform(
        ada, notifications.notify, tenant_id=ACME, partner_id=NORTHWIND, category="billing", title="Paid", dedup_key="1"
    )
    assert notice is not None
    async with browser("petra") as client:
        assert "Your invoice" in said(await client.get("/admin/outgoing-mail/list?status=pending"))
        page = await client.get(f"/admin/outgoing-mail/details/{mail.id}")
        assert "ap@acme.example" in said(page)
        assert "Here it is." in said(page)
        assert "<script>alert" not in page.text
        assert f"/admin/invoice/details/{invoice.id}" in page.text
        assert "Paid" in said(await client.get("/admin/notification/list"))
        assert "everybody" in said(await client.get(f"/admin/notification/details/{notice.id}"))
    async with browser("sam") as client:
        assert (await client.get(f"/admin/outgoing-mail/details/{mail.id}")).status_code == 404
        assert (await client.get(f"/admin/notification/details/{notice.id}")).status_code == 404
