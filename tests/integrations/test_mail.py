"""What became of a mail is told apart, because it cannot be asked twice."""

import base64
from dataclasses import replace

import httpx2
import pytest

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.ports import Attachment, Mail, MailOutcome
from scaicontrol.integrations.client import client
from scaicontrol.integrations.scaisend import ScaiSend

from .conftest import World, development_settings

PDF = Attachment("SCAI-2026-000001.pdf", "application/pdf", b"%PDF-1.7 made up")
ANNA = [("anna@acme.example", "Anna Jansen")]
INVOICE = Mail("ml_1", ANNA, "Invoice SCAI-2026-000001", "<p>Dear Anna</p>", [PDF], {"invoice_id": "inv_1"})


async def key() -> str:
    return "sg_live_" + "d" * 32


async def test_an_accepted_mail_arrives_with_everything(dev_world: World) -> None:
    result = await ScaiSend(dev_world.settings, key, dev_world.http).send(INVOICE)
    assert result.outcome is MailOutcome.accepted
    mail = (await dev_world.http.get(f"{dev_world.dev}/scaisend/api/mails/{result.message_id}")).json()
    assert mail["custom_args"] == {"scaicontrol_mail_id": "ml_1", "invoice_id": "inv_1"}
    assert base64.b64decode(mail["attachments"][0]["content"]) == PDF.body


async def test_a_seller_writes_in_its_own_name_from_our_address(dev_world: World) -> None:
    theirs = replace(INVOICE, sender_name="Northwind", reply_to="billing@northwind.example")
    result = await ScaiSend(dev_world.settings, key, dev_world.http).send(theirs)
    mail = (await dev_world.http.get(f"{dev_world.dev}/scaisend/api/mails/{result.message_id}")).json()
    assert mail["from"] == {"email": dev_world.settings.scaisend_from_email, "name": "Northwind"}
    assert mail["reply_to"] == {"email": "billing@northwind.example", "name": "Northwind"}


async def test_the_mailbox_is_searched_and_survives_a_restart(dev_world: World) -> None:
    from scaicontrol.integrations.standins.scaisend import Mailbox

    await ScaiSend(dev_world.settings, key, dev_world.http).send(INVOICE)
    found = (await dev_world.http.get(f"{dev_world.dev}/scaisend/api/mails?q=000001+anna")).json()["data"]
    assert [mail["subject"] for mail in found] == [INVOICE.subject]
    assert (await dev_world.http.get(f"{dev_world.dev}/scaisend/api/mails?to=bruno@bauwerk.example")).json()[
        "data"
    ] == []
    restarted = Mailbox(dev_world.context, dev_world.standins.issuer)
    assert [mail["subject"] for mail in restarted._mails] == [INVOICE.subject]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("rate_limited", MailOutcome.busy),
        ("internal_error", MailOutcome.busy),
        ("invalid", MailOutcome.refused),
        ("silent_after_accept", MailOutcome.unknown),
    ],
)
async def test_each_answer_is_its_own_outcome(dev_world: World, fault: str, outcome: MailOutcome) -> None:
    await dev_world.fault("scaisend", fault)
    async with client(timeout=0.5) as impatient:
        result = await ScaiSend(dev_world.settings, key, impatient).send(INVOICE)
    assert result.outcome is outcome
    assert result.detail
    assert result.retry_after == (2 if fault == "rate_limited" else None)


async def test_a_mail_whose_answer_was_lost_may_have_arrived(dev_world: World) -> None:
    await dev_world.fault("scaisend", "silent_after_accept")
    async with client(timeout=0.5) as impatient:
        await ScaiSend(dev_world.settings, key, impatient).send(INVOICE)
    assert len((await dev_world.http.get(f"{dev_world.dev}/scaisend/api/mails")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (httpx2.ConnectError("no"), MailOutcome.busy),
        (httpx2.ConnectTimeout("no"), MailOutcome.busy),
        (httpx2.ReadTimeout("no"), MailOutcome.unknown),
        (httpx2.ReadError("no"), MailOutcome.unknown),
        (httpx2.WriteError("no"), MailOutcome.unknown),
        (httpx2.RemoteProtocolError("no"), MailOutcome.unknown),
        (401, MailOutcome.busy),
        (403, MailOutcome.refused),
        (400, MailOutcome.refused),
        (413, MailOutcome.refused),
        (502, MailOutcome.unknown),
        (503, MailOutcome.busy),
        (504, MailOutcome.unknown),
        (202, MailOutcome.accepted),
    ],
    ids=str,
)
async def test_an_outcome_follows_from_what_can_have_happened(failure: Exception | int, outcome: MailOutcome) -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        if isinstance(failure, Exception):
            raise failure
        return httpx2.Response(failure, json={"message_ids": ["m1", "m2"]})

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    result = await ScaiSend(development_settings("http://localhost:1"), key, http).send(INVOICE)
    assert result.outcome is outcome
    assert result.message_id == ("m1" if failure == 202 else None)


async def test_too_much_is_refused_before_it_leaves(dev_world: World) -> None:
    sender = ScaiSend(dev_world.settings, key, dev_world.http)
    large = Attachment("large.pdf", "application/pdf", b"x" * (20 * 1024 * 1024 + 1))
    for attachments in ([large], [PDF] * 11):
        result = await sender.send(Mail("ml_1", [("a@b.example", "")], "s", "h", attachments))
        assert result.outcome is MailOutcome.refused
    assert (await sender.send(Mail("ml_1", [], "s", "h"))).outcome is MailOutcome.refused


async def test_without_a_key_nothing_is_lost(dev_world: World) -> None:
    async def no_key() -> str:
        raise Unavailable("ScaiVault does not answer.")

    result = await ScaiSend(dev_world.settings, no_key, dev_world.http).send(INVOICE)
    assert (result.outcome, result.detail) == (MailOutcome.busy, "ScaiVault does not answer.")


async def test_a_sandboxed_mail_is_validated_and_not_delivered(dev_world: World) -> None:
    settings = development_settings(dev_world.url, scaisend_sandbox=True)
    assert (await ScaiSend(settings, key, dev_world.http).send(INVOICE)).outcome is MailOutcome.accepted
    assert (await dev_world.http.get(f"{dev_world.dev}/scaisend/api/mails")).json()["data"] == []


async def test_a_mail_is_read_in_the_browser(dev_world: World) -> None:
    sent = await ScaiSend(dev_world.settings, key, dev_world.http).send(INVOICE)
    page = f"{dev_world.dev}/scaisend/mails/{sent.message_id}"
    assert "SCAI-2026-000001.pdf" in (await dev_world.http.get(page)).text
    inside = await dev_world.http.get(f"{page}/html")
    assert "Dear Anna" in inside.text
    assert "script" not in inside.headers["content-security-policy"]
    assert (await dev_world.http.get(f"{page}/attachments/0")).content == PDF.body
