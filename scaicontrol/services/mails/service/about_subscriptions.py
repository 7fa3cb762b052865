"""Mails about subscriptions: trials that end, suspensions, and terms to come."""

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class SubscriptionTold:
    """What a mail is about: a subscription, or one of a pack; `step` tells it from the next of its kind."""

    kind: MailKind
    step: str
    resource_id: str
    tenant_id: str
    partner_id: str
    service: str
    plan: str
    path: str  # of the portal
    trial_ends_at: datetime | None = None
    days_remaining: int | None = None
    announced: tuple[datetime, Money] | None = None


async def _about_subscription(
    uow: UnitOfWork,
    subscription_id: str,
    kind: MailKind,
    step: str,
    days_remaining: int | None = None,
    announced: tuple[datetime, Money] | None = None,
) -> Post | None:
    subscription = await subscriptions.get(uow, subscription_id)
    told = SubscriptionTold(
        kind, step, subscription.id, subscription.tenant_id, subscription.partner_id, subscription.service.name,
        subscription.plan.name, f"/subscriptions/{subscription.id}", subscription.trial_ends_at, days_remaining,
        announced,
    )  # fmt: skip
    return await written(uow, told)


async def written(uow: UnitOfWork, told: SubscriptionTold) -> Post | None:
    """Write what is told to the tenant's address, in its language; None without a billing profile."""
    profile = await tenants.billing_profile(uow, told.tenant_id)
    if profile is None:
        return None
    terms = await partners.settings_of(uow, told.partner_id)
    seller = partners.seller_snapshot(terms)
    language = profile.preferred_language or terms.default_language or "en"
    ends = told.trial_ends_at and civil_date(told.trial_ends_at, terms.timezone)
    said: dict[str, str] = {}
    day = ends or civil_date(uow.now, terms.timezone)
    if told.announced is not None:
        day, price = civil_date(told.announced[0], terms.timezone), told.announced[1]
        said = {"price": filters.money(price.amount, price.currency, language)}
    name = profile.company_name or ""
    link = f"{await partners.portal_url(uow, told.partner_id)}{told.path}"
    template = await templates.resolve(
        uow, TemplateSelection.of(TemplateType(told.kind), language, seller, tenants.buyer_snapshot(profile))
    )
    letter = Letter(
        told.kind,
        language,
        {
            "service": told.service,
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
                "service": told.service,
                "plan": told.plan,
                "trial_ends_at": ends,
                "days_remaining": told.days_remaining,
            },
            "seller": seller | {"address_lines": address(seller)},
            "brand": {"logo_url": seller.get("logo_url"), "color": seller.get("brand_color")},
        },
        template,
        linked(uow, template, seller),
    )
    return Post(
        letter,
        told.tenant_id,
        told.partner_id,
        told.resource_id,
        told.step,
        [profile.contact_email] if profile.contact_email else [],
        {
            "category": "subscription",
            "severity": "warning",
            "dedup_key": f"{told.kind}:{told.resource_id}:{told.step}",
            "link": told.path,
        },
        topic=_TOPICS[told.kind],
    )
