"""Mails about subscriptions: trials that end, suspensions, and terms to come."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from scaicontrol.core.backend import Backend
from scaicontrol.core.money import Money
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, subscriptions, templates, tenants
from scaicontrol.services.templates import Letter, MailKind, TemplateSelection, TemplateType, filters

from ..letters import address, letterhead, linked
from .posting import ACTOR, Post, send

_TOPICS: Final[Mapping[MailKind, str]] = {
    "email_trial_ending": "subscription.trial_ending",
    "email_subscription_suspended": "subscription.suspended",
    "email_terms_announced": "subscription.terms_announced",
}


async def mail_trial_ending(backend: Backend, subscription_id: str, days: int) -> None:
    """Warn that a trial ends in so many days."""
    about = await backend.perform(
        ACTOR, _about_subscription, subscription_id, "email_trial_ending", f"d{days}", days_remaining=days
    )
    await send(backend, about)


async def mail_suspended(backend: Backend, subscription_id: str, step: str) -> None:
    """Say that a subscription is suspended; `step` tells one suspension from the next."""
    await send(
        backend,
        await backend.perform(ACTOR, _about_subscription, subscription_id, "email_subscription_suspended", step),
    )


async def mail_terms_announced(
    backend: Backend, subscription_id: str, step: str, effective_at: datetime, price: Money
) -> None:
    """Say from when a subscription has which new price; `step` tells one announcement from the next."""
    about = await backend.perform(
        ACTOR, _about_subscription, subscription_id, "email_terms_announced", step, announced=(effective_at, price)
    )
    await send(backend, about)


async def _about_subscription(
    uow: UnitOfWork,
    subscription_id: str,
    kind: MailKind,
    step: str,
    days_remaining: int | None = None,
    announced: tuple[datetime, Money] | None = None,
) -> Post | None:
    subscription = await subscriptions.get(uow, subscription_id)
    profile = await tenants.billing_profile(uow, subscription.tenant_id)
    if profile is None:
        return None
    terms = await partners.settings_of(uow, subscription.partner_id)
    seller = partners.seller_snapshot(terms)
    language = profile.preferred_language or terms.default_language or "en"
    ends = subscription.trial_ends_at and civil_date(subscription.trial_ends_at, terms.timezone)
    said: dict[str, str] = {}
    day = ends or civil_date(uow.now, terms.timezone)
    if announced is not None:
        day, price = civil_date(announced[0], terms.timezone), announced[1]
        said = {"price": filters.money(price.amount, price.currency, language)}
    name = profile.company_name or ""
    link = f"{await partners.portal_url(uow, subscription.partner_id)}/subscriptions/{subscription.id}"
    template = await templates.resolve(
        uow, TemplateSelection.of(TemplateType(kind), language, seller, tenants.buyer_snapshot(profile))
    )
    letter = Letter(
        kind,
        language,
        {
            "service": subscription.service.name,
            "date": filters.day(day, language),
            **said,
        },
        name,
        link,
        await letterhead(uow, seller, language),
        {
            "recipient": {"name": name, "email": profile.contact_email},
            "portal_url": link,
            "subscription": {
                "service": subscription.service.name,
                "plan": subscription.plan.name,
                "trial_ends_at": ends,
                "days_remaining": days_remaining,
            },
            "seller": seller | {"address_lines": address(seller)},
            "brand": {"logo_url": seller.get("logo_url"), "color": seller.get("brand_color")},
        },
        template,
        linked(uow, template, seller),
    )
    return Post(
        letter,
        subscription.tenant_id,
        subscription.partner_id,
        subscription.id,
        step,
        [profile.contact_email] if profile.contact_email else [],
        {
            "category": "subscription",
            "severity": "warning",
            "dedup_key": f"{kind}:{subscription.id}:{step}",
            "link": f"/subscriptions/{subscription.id}",
        },
        topic=_TOPICS[kind],
    )
