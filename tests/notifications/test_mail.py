"""A mail goes out once as far as anybody can tell; what nobody can tell is held, then sent again at most once."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.errors import Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.ports import MailOutcome, MailResult
from scaicontrol.services import notifications
from scaicontrol.services.notifications import StoredAttachment
from scaicontrol.services.notifications.lifecycle import MailLifecycle, MailStatus
from scaicontrol.services.notifications.models import OutgoingMail
from tests.factories import ACME, NORTHWIND, ada
from tests.factories.subscriptions import CLOCK
from tests.factories.tenants import store_cast

BUSY, UNKNOWN = MailResult(MailOutcome.busy), MailResult(MailOutcome.unknown)
REFUSED = MailResult(MailOutcome.refused, detail="No such address.")


@pytest_asyncio.fixture
async def backend(backend):
    await store_cast(backend)
    return backend


async def queue(backend, step="1", attachments=()):
    return await backend.perform(
        CLOCK,
        notifications.queue_mail,
        tenant_id=ACME,
        partner_id=NORTHWIND,
        kind="email_invoice",
        resource_id="inv_1",
        step=step,
        recipients=[("ap@acme.example", "Acme")],
        subject="Your invoice",
        html="<p>Here it is.</p>",
        attachments=attachments,
    )


async def states(backend):
    async def read(uow):
        return [str(row.status) for row in await uow.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))]

    return await backend.ask(ada, read)


async def told(backend):
    async def read(uow):
        rows = select(Outbox.event_type).where(Outbox.event_type.startswith("mail.")).order_by(Outbox.id)
        return list(await uow.session.scalars(rows))

    return await backend.ask(ada, read)


async def test_one_occasion_is_one_mail(backend):
    assert (await queue(backend)).id == (await queue(backend)).id
    for _ in range(2):
        await notifications.dispatch_mail(backend)
    assert len(backend.ports.mail.sent) == 1
    assert await told(backend) == ["mail.queued", "mail.accepted"]


async def test_a_busy_transport_is_tried_again_four_times_in_all(backend, clock):
    await queue(backend)
    backend.ports.mail.answers = [BUSY] * 9
    made = []
    for minutes in (0, 1, 5, 30, 600):
        clock.advance(timedelta(minutes=minutes))
        made.append(await notifications.dispatch_mail(backend))
    assert made == [1, 1, 1, 1, 0]
    assert await states(backend) == ["failed"]
    assert await told(backend) == ["mail.queued", "mail.failed"]


async def test_a_transport_that_says_when_is_believed(backend, clock):
    await queue(backend)
    backend.ports.mail.answers = [MailResult(MailOutcome.busy, retry_after=3600)]
    await notifications.dispatch_mail(backend)
    clock.advance(timedelta(minutes=59))
    assert await notifications.dispatch_mail(backend) == 0
    clock.advance(timedelta(minutes=1))
    assert await notifications.dispatch_mail(backend) == 1


async def test_an_unknown_outcome_is_held_ten_minutes_and_sent_again_once(backend, clock):
    await queue(backend)
    backend.ports.mail.answers = [UNKNOWN, UNKNOWN]
    await notifications.dispatch_mail(backend)
    clock.advance(timedelta(minutes=9))
    assert await notifications.dispatch_mail(backend) == 0
    clock.advance(timedelta(minutes=1))
    assert await notifications.dispatch_mail(backend) == 1
    clock.advance(timedelta(minutes=10))
    assert await notifications.dispatch_mail(backend) == 0
    assert await states(backend) == ["failed"]
    assert len(backend.ports.mail.sent) == 2


async def test_a_process_that_died_while_sending_leaves_an_unknown_outcome(backend, clock, monkeypatch):
    await queue(backend)

    async def die(_):
        raise ConnectionError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(backend.ports.mail, "send", die)
        with pytest.raises(ConnectionError):
            await notifications.dispatch_mail(backend)
    assert await states(backend) == ["sending"]
    assert await notifications.dispatch_mail(backend) == 0
    clock.advance(timedelta(minutes=5))
    await notifications.dispatch_mail(backend)
    assert await states(backend) == ["unknown"]
    clock.advance(timedelta(minutes=10))
    await notifications.dispatch_mail(backend)
    assert await states(backend) == ["accepted"]


async def test_a_refused_mail_is_not_repeated(backend, clock):
    await queue(backend)
    backend.ports.mail.answers = [REFUSED]
    await notifications.dispatch_mail(backend)
    clock.advance(timedelta(days=1))
    assert await notifications.dispatch_mail(backend) == 0
    assert await states(backend) == ["failed"]


async def test_an_attachment_that_cannot_be_read_yet_postpones_the_mail(backend, clock):
    await queue(backend, attachments=[StoredAttachment("invoice.pdf", "application/pdf", "invoices/1.pdf")])
    await notifications.dispatch_mail(backend)
    assert await states(backend) == ["pending"]
    await backend.ports.objects.put("invoices/1.pdf", b"%PDF", "application/pdf")
    clock.advance(timedelta(minutes=1))
    await notifications.dispatch_mail(backend)
    assert [each.body for each in backend.ports.mail.sent[0].attachments] == [b"%PDF"]


async def test_two_dispatchers_send_each_mail_once(backend):
    for number in range(5):
        await queue(backend, step=str(number))
    await asyncio.gather(*(notifications.dispatch_mail(backend) for _ in range(3)))
    assert len(backend.ports.mail.sent) == 5


async def test_more_mails_than_a_batch_all_leave(backend):
    for number in range(105):
        await queue(backend, step=str(number))
    assert await notifications.dispatch_mail(backend) == 105


MAILS = {
    ("pending", "begin"): "sending",
    ("sending", "accept"): "accepted",
    ("unknown", "accept"): "accepted",
    ("sending", "postpone"): "pending",
    ("sending", "lose"): "unknown",
    ("unknown", "resend"): "pending",
    ("sending", "fail"): "failed",
    ("unknown", "fail"): "failed",
    ("accepted", "deliver"): "delivered",
    ("unknown", "deliver"): "delivered",
    ("accepted", "bounce"): "bounced",
    ("accepted", "drop"): "dropped",
}


@pytest.mark.parametrize("event", sorted({event for _, event in MAILS}))
@pytest.mark.parametrize("state", list(MailStatus))
def test_each_pair_of_state_and_event(state, event):
    mail, target = OutgoingMail(id="mel_1", status=state), MAILS.get((state, event))
    if target is None:
        with pytest.raises(Refused):
            mail.advance(event)
    else:
        mail.advance(event)
    assert mail.status == (target or state)


def test_the_table_is_the_machine():
    assert {(source, event): target for source, event, target in MailLifecycle.transitions()} == MAILS
