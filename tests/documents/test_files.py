"""Files of documents: made once, kept for ever, sent, and handed out."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import pytest

from scaicontrol.core.errors import Conflict, Invalid, NotFound, Refused
from scaicontrol.services import documents
from scaicontrol.services.documents.schemas import SendIn
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices.lifecycle import Channel, InvoiceStatus
from tests.factories import alice, gina, petra
from tests.factories.invoices import RENDERER, again, finalized, rendered
from tests.invoices.test_finalize import facts


async def test_files_are_stored_under_number_and_version_with_their_digests(backend, ports):
    invoice = await rendered(backend)
    versions = await backend.ask(petra, documents.versions, invoice.id)
    assert {(stored.version, stored.kind, stored.format) for stored in versions} == {
        (1, "pdf", "pdf"),
        (1, "xml", "cii"),
    }
    for stored in versions:
        assert stored.storage_key.startswith("documents/prt_northwind/2026/SCAI-2026-000001/v1/")
        assert sha256(ports.objects.stored[stored.storage_key]).hexdigest() == stored.sha256
    assert str(invoice.pdf_url).endswith(f"/billing/invoices/{invoice.id}/pdf")


async def test_a_store_that_is_down_delays_the_files_and_loses_nothing(backend, ports, clock):
    invoice = await finalized(backend)
    ports.objects.down = True
    assert await documents.render_due(backend, RENDERER) == 0
    clock.advance(timedelta(minutes=16))
    [late] = await backend.ask(petra, documents.late_renders)
    assert (late.attempts, late.last_error) == (1, "The object store does not answer.")
    ports.objects.down = False
    assert await documents.render_due(backend, RENDERER) == 1
    assert await backend.ask(petra, documents.late_renders) == []
    assert len(await backend.ask(petra, documents.versions, invoice.id)) == 2


async def test_workers_at_once_make_each_file_once(backend, ports):
    for _ in range(3):
        await finalized(backend)
    made = await asyncio.gather(*(documents.render_due(backend, RENDERER) for _ in range(3)))
    assert sum(made) == 3
    assert len(ports.renderer.rendered) == 3


async def test_regenerating_adds_a_version_and_keeps_the_old_one(backend, ports):
    invoice = await rendered(backend)
    kept = dict(ports.objects.stored)
    wanted = await backend.perform(petra, documents.regenerate_pdf, invoice.id, "New letterhead")
    assert (wanted.version, wanted.requested_by) == (2, "usr_petra")
    await documents.render_due(backend, RENDERER)
    assert kept.items() <= ports.objects.stored.items()
    stored = await backend.ask(petra, documents.versions, invoice.id)
    assert {(each.version, each.reason) for each in stored} == {(1, None), (2, "New letterhead")}
    assert (await again(backend, invoice)).number == invoice.number


async def test_a_tenant_fetches_its_pdf_and_nobody_elses(backend):
    invoice = await rendered(backend)
    file = await documents.pdf(backend, alice, invoice.id)
    assert (file.filename, file.body[:4]) == ("SCAI-2026-000001.pdf", b"%PDF")
    with pytest.raises(NotFound):
        await documents.pdf(backend, gina, invoice.id)


async def test_a_file_that_is_still_being_made_says_when_to_come_back(backend):
    invoice = await finalized(backend)
    for fetch in (documents.pdf, documents.einvoice):
        with pytest.raises(Conflict) as conflict:
            await fetch(backend, alice, invoice.id)
        assert conflict.value.retry_after


async def test_another_format_is_made_on_demand_and_archived(backend):
    invoice = await rendered(backend, buyer_reference="PO 1")
    first = await documents.einvoice(backend, alice, invoice.id, Format.facturx)
    assert (first.filename, first.media_type) == ("SCAI-2026-000001-facturx.pdf", "application/pdf")
    assert (await documents.einvoice(backend, alice, invoice.id, Format.facturx)).body == first.body
    kinds = [stored.format for stored in await backend.ask(petra, documents.versions, invoice.id)]
    assert sorted(kinds) == ["cii", "facturx", "pdf"]
    assert (await documents.einvoice(backend, alice, invoice.id)).body.startswith(b"<?xml")


async def test_a_format_the_document_cannot_have_is_refused_by_rule(backend):
    invoice = await rendered(backend)
    with pytest.raises(Refused, match="cannot be written as ubl") as refused:
        await documents.einvoice(backend, alice, invoice.id, Format.ubl)
    assert "buyer.peppol_id" in {reason.field for reason in refused.value.reasons}


async def test_an_archived_invoice_is_mailed_by_itself_and_becomes_sent_when_the_mail_is_accepted(backend):
    invoice = await rendered(backend)
    asked = dict(await facts(backend, invoice.id))["invoice.delivery_requested"]
    assert asked["recipients"] == ["ap@acme.example"]
    assert (await again(backend, invoice)).status == InvoiceStatus.finalized
    for _ in range(2):
        await backend.perform(petra, documents.record_delivery, asked["delivery_id"])
    assert (await again(backend, invoice)).status == InvoiceStatus.sent
    told = [payload for topic, payload in await facts(backend, invoice.id) if topic == "invoice.sent"]
    assert [(each["channel"], each["einvoice_format"], each["sent_at"]) for each in told] == [
        ("email", None, "2026-01-15T09:00:00Z")
    ]
    assert set(told[0]) == {
        "invoice_id", "number", "document_type", "tenant_id", "partner_id", "channel", "einvoice_format", "sent_at",
    }  # fmt: skip
    material = await backend.ask(petra, documents.mail_material, asked["delivery_id"])
    assert [name for name, _, _ in material.attachments] == ["SCAI-2026-000001.pdf"]


async def test_each_sending_is_told_and_the_first_one_dates_it(backend, clock):
    invoice = await rendered(backend)
    for _ in range(2):
        await backend.perform(petra, documents.send, invoice.id, SendIn(channel=Channel.portal))
        clock.advance(timedelta(hours=1))
    sent = [topic for topic, _ in await facts(backend, invoice.id) if topic == "invoice.sent"]
    stored = await again(backend, invoice)
    assert (len(sent), stored.delivery, stored.sent_at) == (2, "portal", invoice.finalized_at)


async def test_a_tenant_mails_to_its_contact_only_and_five_times_a_day(backend):
    invoice = await rendered(backend)
    with pytest.raises(Invalid, match="billing contact only"):
        await backend.perform(alice, documents.send, invoice.id, SendIn(to=["thief@example.com"]))
    for _ in range(4):  # the first of the day left by itself
        await backend.perform(alice, documents.send, invoice.id)
    with pytest.raises(Refused, match="5 times within a day"):
        await backend.perform(alice, documents.send, invoice.id)
