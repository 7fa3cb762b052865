"""Mails about declarations: their receipt, and what became of them; only to addresses that we hold."""

from collections.abc import Sequence

from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import say
from scaicontrol.core.periods import last_day_before
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import declarations, partners, subscriptions, tenants
from scaicontrol.services.declarations.models import Declaration
from scaicontrol.services.templates import Letter, MailKind, filters
from scaicontrol.services.tenants.reads import find as find_tenant

from ..letters import letterhead
from .posting import ACTOR, Post, send


async def mail_receipt(backend: Backend, declaration_id: str) -> None:
    """Send back what was declared and when it came, as the law asks; nobody we do not know is written to."""
    await send(backend, await backend.perform(ACTOR, _about, declaration_id, "email_declaration_received"))


async def mail_decision(backend: Backend, declaration_id: str) -> None:
    """Say what became of a declaration."""
    await send(backend, await backend.perform(ACTOR, _about, declaration_id, None))


async def _about(uow: UnitOfWork, declaration_id: str, kind: MailKind | None) -> Post | None:
    declaration = await declarations.get(uow, declaration_id)
    decision = await declarations.decision_of(uow, declaration_id)
    tenant_id = declaration.found_tenant_id
    if kind is None and decision is not None and decision.subscription_id is not None:
        tenant_id = (await subscriptions.get(uow, decision.subscription_id)).tenant_id  # as the person found
    addresses = await _held(uow, declaration, tenant_id) if tenant_id is not None else []
    if tenant_id is None or not addresses:
        return None
    said: list[tuple[str, str]] = []
    if kind is None:
        if decision is None:
            return None
        kind = "email_declaration_carried_out" if decision.outcome == "carried_out" else "email_declaration_declined"
        if decision.note:
            said.append((say("declarations.note", declaration.language), decision.note))
    terms = await partners.settings_of(uow, declaration.partner_id)
    ends = decision.ends_at if decision else None
    language, seller = declaration.language, partners.seller_snapshot(terms)
    shown = [*said, *declarations.contents(declaration, terms.timezone)]
    letter = Letter(
        kind,
        language,
        {
            "what": say(f"declarations.kind.{declaration.kind}", language),
            "date": filters.day(last_day_before(ends, terms.timezone), language) if ends else "–",
        },
        declaration.name,
        f"{await partners.portal_url(uow, declaration.partner_id)}/",
        await letterhead(uow, seller, language),
        {"notices": [{"title": label, "body": value, "link": None} for label, value in shown]},
    )
    return Post(
        letter,
        tenant_id,
        declaration.partner_id,
        declaration.id,
        kind,
        addresses,
        {"category": "billing", "dedup_key": f"{kind}:{declaration.id}"},
    )


async def _held(uow: UnitOfWork, declaration: Declaration, tenant_id: str) -> Sequence[str]:
    """Give the addresses to write to: where the tenant is billed, and the typed one where it is known for it."""
    profile = await tenants.billing_profile(uow, tenant_id)
    tenant = await find_tenant(uow, tenant_id)
    contact = (profile and profile.contact_email) or (tenant and tenant.contact_email)
    is_known = declaration.is_sender_known and tenant_id == declaration.found_tenant_id
    typed = declaration.email if is_known else None
    held = {address.casefold(): address for address in (contact, typed) if address}
    return list(held.values())
