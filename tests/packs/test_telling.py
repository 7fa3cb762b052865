"""A tenant is told of a pack what it is told of a subscription, once for everything in it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.services import packs
from scaicontrol.services.notifications.models import Notification, OutgoingMail
from scaicontrol.services.tenants.models import BillingProfile
from tasks import timetravel
from tests.factories import ACME, ada, petra
from tests.factories.packs import packed, sold
from tests.factories.subscriptions import CLOCK


@pytest.fixture
def dialect() -> str:
    """What is told depends on no database."""
    return "sqlite"


async def told(backend):
    """Run what follows; give the kinds and subjects of mails, and the titles of what only the portal says."""
    await timetravel.settle(backend)

    async def read(uow):
        mails = await uow.session.scalars(select(OutgoingMail).order_by(OutgoingMail.created_at, OutgoingMail.id))
        notices = await uow.session.scalars(select(Notification).where(Notification.mail_due_at.is_not(None)))
        return [(mail.kind, mail.subject) for mail in mails], [notice.title for notice in notices]

    return await backend.ask(petra, read)


async def test_the_end_of_its_trial_is_announced(backend, clock):
    await sold(backend, trial_days=14)
    await packed(backend)
    clock.advance(timedelta(days=7))
    await backend.perform(CLOCK, packs.notice_trial_ending)
    [(kind, subject)], _ = await told(backend)
    assert kind == "email_trial_ending"
    assert subject.startswith("Your trial of Office ends on ")


@pytest.mark.parametrize(
    ("language", "suspended", "resumed"),
    [
        ("en", "Office has been suspended", "Office may be used again"),
        ("de", "Office wurde gesperrt", "Office kann wieder genutzt werden"),
    ],
)
async def test_suspension_is_mailed_and_resumption_shown_each_time(backend, clock, language, suspended, resumed):
    async def speak(uow):
        (await uow.session.get_one(BillingProfile, ACME)).preferred_language = language

    await sold(backend)
    await backend.perform(ada, speak)
    row = await packed(backend)
    for _ in range(2):
        await backend.perform(petra, packs.suspend, row.id, "Abuse.")
        await backend.perform(petra, packs.resume, row.id)
        clock.advance(timedelta(minutes=1))
    mails, notices = await told(backend)
    assert [mail for mail in mails if "suspended" in mail[0]] == [("email_subscription_suspended", suspended)] * 2
    assert notices == [resumed] * 2


async def test_what_is_told_leads_to_the_pack(backend):
    await sold(backend)
    row = await packed(backend)
    await backend.perform(petra, packs.suspend, row.id, "Abuse.")
    await backend.perform(petra, packs.resume, row.id)
    await told(backend)

    async def read(uow):
        return set(await uow.session.scalars(select(Notification.link).where(Notification.category == "subscription")))

    assert await backend.ask(petra, read) == {"/packs/office"}


async def test_a_cancellation_that_is_undone_is_no_resumption(backend):
    await sold(backend)
    row = await packed(backend)
    await backend.perform(petra, packs.cancel, row.id)
    await backend.perform(petra, packs.resume, row.id)
    _, notices = await told(backend)
    assert notices == []
