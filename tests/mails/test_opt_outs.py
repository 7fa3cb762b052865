"""What a tenant opted out of is neither mailed nor shown; what must be told always is, and cannot be opted out of."""

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import tenants
from scaicontrol.services.mails import reactions as mails
from scaicontrol.services.notifications.models import Notification, OutgoingMail
from scaicontrol.services.tenants.schemas import PreferencesPatch
from tests.factories import ACME, alice, petra
from tests.factories.ports import memory_ports
from tests.factories.subscriptions import market, subscribed


@pytest.fixture
def dialect() -> str:
    """What is told depends on no database."""
    return "sqlite"


@pytest_asyncio.fixture
async def backend(settings, database, clock) -> Backend:
    product = Backend(settings, database, clock, memory_ports())
    await market(product)
    return product


async def opt_out(backend, *names: str):
    patch = PreferencesPatch(notification_opt_outs=list(names))
    return await backend.perform(alice, tenants.update_preferences, ACME, patch)


async def told(backend) -> tuple[list[str], int]:
    """Give the kinds of the mails that were queued, and how many notices were shown."""

    async def read(uow):
        kinds = await uow.session.scalars(select(OutgoingMail.kind).order_by(OutgoingMail.kind))
        return list(kinds), len((await uow.session.scalars(select(Notification))).all())

    kinds, notices = await backend.ask(petra, read)
    return kinds, notices


@pytest.mark.parametrize("opt_outs", [["subscription"], ["subscription.trial_ending"], ["subscription.*", "usage"]])
async def test_what_was_opted_out_of_is_not_told_and_what_must_be_is(backend, clock, opt_outs):
    subscription = await subscribed(backend)
    await opt_out(backend, *opt_outs)
    fact = Outbox(
        idempotency_key=f"subscription:{subscription.id}:suspended:1",
        payload={
            "subscription_id": subscription.id, "days_remaining": 3, "effective_at": clock.now().isoformat(),
            "next_unit_price_cents": 1200, "currency": "EUR",
        },
    )  # fmt: skip

    await mails.mail_trial_ending(backend, fact)
    assert await told(backend) == ([], 0)

    await mails.mail_suspended(backend, fact)
    await mails.mail_terms_announced(backend, fact)
    assert await told(backend) == (["email_subscription_suspended", "email_terms_announced"], 2)

    await opt_out(backend)
    await mails.mail_trial_ending(backend, fact)
    assert "email_trial_ending" in (await told(backend))[0]


ALWAYS = ["billing", "security", "invoice.sent", "subscription.suspended", "subscription.terms_announced"]


@pytest.mark.parametrize("name", ALWAYS)
async def test_nobody_opts_out_of_what_must_be_told(backend, name):
    await opt_out(backend, "usage.threshold_reached")
    with pytest.raises(Invalid, match=f"Nobody can opt out of '{name}': it is always told. What can be left out is "):
        await opt_out(backend, "usage", name)
    assert (await backend.ask(alice, tenants.get, ACME)).notification_opt_outs == ["usage.threshold_reached"]
