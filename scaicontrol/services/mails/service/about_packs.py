"""What is said of a pack: as of a subscription, once for everything in it."""

from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import say
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs, partners, tenants
from scaicontrol.services.packs.models import PackSubscription
from scaicontrol.services.templates import MailKind

from .about_subscriptions import SubscriptionTold, written
from .posting import ACTOR, Notice, Post, send, show


async def mail_trial_ending(backend: Backend, pack_subscription_id: str, days: int) -> None:
    """Warn that the trial of a pack ends in so many days."""
    about = await backend.perform(ACTOR, _about, pack_subscription_id, "email_trial_ending", f"d{days}", days)
    await send(backend, about)


async def mail_suspended(backend: Backend, pack_subscription_id: str, step: str) -> None:
    """Say that a pack is suspended; `step` tells one suspension from the next."""
    about = await backend.perform(ACTOR, _about, pack_subscription_id, "email_subscription_suspended", step)
    await send(backend, about)


async def _about(
    uow: UnitOfWork, pack_subscription_id: str, kind: MailKind, step: str, days_remaining: int | None = None
) -> Post | None:
    held = await packs.get_subscription(uow, pack_subscription_id)
    ends_at = held.trial_ends_at
    return await written(
        uow,
        SubscriptionTold(
            kind, step, held.id, held.tenant_id, held.partner_id, held.pack_name, held.pack_name, _page(held), ends_at,
            days_remaining,
        ),
    )  # fmt: skip


def _page(held: PackSubscription) -> str:
    """Where the portal shows a pack to who has it."""
    return f"/packs/{held.pack_slug}"


async def tell_resumed(uow: UnitOfWork, pack_subscription_id: str, step: str) -> None:
    """Say that everything in a pack may be used again."""
    held = await packs.get_subscription(uow, pack_subscription_id)
    profile = await tenants.billing_profile(uow, held.tenant_id)
    terms = await partners.settings_of(uow, held.partner_id)
    language = (profile.preferred_language if profile else None) or terms.default_language or "en"
    await show(
        uow,
        Notice(
            held.tenant_id,
            held.partner_id,
            "subscription.resumed",
            "subscription",
            "info",
            say("mails.pack_resumed.title", language, pack=held.pack_name),
            say("mails.pack_resumed.body", language, pack=held.pack_name),
            step,
            _page(held),
        ),
    )
