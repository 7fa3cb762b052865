"""What only the portal said is mailed once: the next morning, all of a tenant's in one; an error at once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.services import templates, tenants
from scaicontrol.services.mails import mail_digests
from scaicontrol.services.notifications.models import OutgoingMail
from tasks.timetravel import settle
from tests.factories import ACME, GLOBEX, petra
from tests.factories.invoices import rendered
from tests.factories.notices import noticed
from tests.factories.subscriptions import UNBILLED, market

NIGHT = timedelta(hours=20)  # from nine in the morning to five


async def mailed(backend):
    async def read(uow):
        digests = select(OutgoingMail).where(OutgoingMail.kind == "email_notices").order_by(OutgoingMail.created_at)
        return list(await uow.session.scalars(digests))

    return await backend.ask(petra, read)


async def test_all_of_a_day_is_one_mail_in_the_morning_and_is_said_once(backend, clock):
    await market(backend)
    await noticed(backend, "First <thing>", link="/billing/invoices/inv_1")
    clock.advance(NIGHT - timedelta(seconds=1))
    await noticed(backend, "Second thing", body="More of it.")
    assert (await mail_digests(backend), await mailed(backend)) == (0, [])
    clock.advance(timedelta(seconds=1))
    assert sum(await asyncio.gather(*(mail_digests(backend) for _ in range(3)))) == 1
    (mail,) = await mailed(backend)
    profile = await backend.ask(petra, tenants.billing_profile, ACME)
    assert [each["email"] for each in mail.recipients] == [profile.contact_email]
    assert mail.html.index("First &lt;thing&gt;") < mail.html.index("Second thing") < mail.html.index("More of it.")
    assert "/billing/invoices/inv_1" in mail.html
    clock.advance(2 * NIGHT)
    assert (await mail_digests(backend), len(await mailed(backend))) == (0, 1)


async def test_an_error_does_not_wait_for_the_morning_and_takes_along_what_does(backend, clock):
    await market(backend)
    await noticed(backend, "Quiet thing")
    clock.advance(timedelta(minutes=1))
    await noticed(backend, "Loud thing", severity="error")
    assert await mail_digests(backend) == 1
    (mail,) = await mailed(backend)
    assert mail.html.index("Quiet thing") < mail.html.index("Loud thing")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_a_mail_of_its_own_says_and_what_is_for_one_person_is_not_repeated(backend, clock):
    await market(backend)
    await rendered(backend)
    await settle(backend)  # the invoice is mailed, and its notice says so
    await noticed(backend, "For tom alone", user_id="usr_tom")
    clock.advance(NIGHT)
    assert (await mail_digests(backend), await mailed(backend)) == (0, [])


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_tenant_whose_mail_cannot_be_written_holds_nobody_up(backend, clock, monkeypatch):
    await market(backend)
    await noticed(backend, "Waits", tenant_id=GLOBEX)
    clock.advance(timedelta(minutes=1))
    await noticed(backend, "Heard")
    clock.advance(NIGHT)
    write = templates.write_mail

    async def broken(letter):
        if letter.variables["notices"][0]["title"] == "Waits":
            raise LookupError("no such word")
        return await write(letter)

    with monkeypatch.context() as until:
        until.setattr(templates, "write_mail", broken)
        with pytest.raises(LookupError):
            await mail_digests(backend)
    assert [mail.tenant_id for mail in await mailed(backend)] == [ACME]
    assert await mail_digests(backend) == 1
    assert {mail.tenant_id for mail in await mailed(backend)} == {ACME, GLOBEX}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_tenant_without_an_address_is_mailed_nothing_and_holds_nobody_up(backend, clock):
    await market(backend)
    assert await backend.ask(petra, tenants.billing_profile, UNBILLED) is None
    await noticed(backend, "Unheard", tenant_id=UNBILLED)
    await noticed(backend, "Heard")
    clock.advance(NIGHT)
    assert [await mail_digests(backend) for _ in range(2)] == [1, 0]
    assert [mail.tenant_id for mail in await mailed(backend)] == [ACME]
