"""The mail of the morning: what a tenant was told in the portal and no mail has said."""

from dataclasses import dataclass
from typing import Final

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.logging import get_logger
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications, partners, templates, tenants
from scaicontrol.services.templates import Letter, TemplateSelection, TemplateType

from ..letters import address, letterhead, linked, sender
from .posting import ACTOR

log = get_logger(__name__)

_TENANTS: Final = 500  # in one run
_NOTICES: Final = 50  # in one mail; what is over follows in the next
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class _Digest:
    notice_ids: list[str]
    partner_id: str
    address: str
    letter: Letter


async def mail_digests(backend: Backend) -> int:
    """
    Mail every tenant with a notice that is due all that waits for it, as one; give how many were queued.

    A tenant whose mail cannot be written stops nobody else; the first such error is raised when all had their turn.
    """
    due = await backend.ask(ACTOR, notifications.tenants_to_mail, _TENANTS)
    queued: list[str] = []
    failed: list[Exception] = []

    async def one(tenant_id: str) -> None:
        try:
            if await _mail(backend, tenant_id):
                queued.append(tenant_id)
        except Conflict:
            log.info("notices_mailed_elsewhere", tenant_id=tenant_id)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next tenant's mail is another one
            log.warning("notices_not_mailed", tenant_id=tenant_id, error=str(error))
            failed.append(error)

    await side_by_side(one, due, at_once=_AT_ONCE)
    if failed:
        raise failed[0]
    return len(queued)


async def _mail(backend: Backend, tenant_id: str) -> bool:
    digest = await backend.ask(ACTOR, _digest, tenant_id)
    if digest is None:
        return False
    subject, html = await templates.write_mail(digest.letter) if digest.address else ("", "")
    await backend.perform(ACTOR, _queue, tenant_id, digest, subject, html)
    return bool(digest.address)


async def _digest(uow: UnitOfWork, tenant_id: str) -> _Digest | None:
    notices = await notifications.waiting_for_mail(uow, tenant_id, _NOTICES)
    if not notices:
        return None
    partner_id = notices[-1].partner_id
    terms = await partners.settings_of(uow, partner_id)
    profile = await tenants.billing_profile(uow, tenant_id)
    seller = partners.seller_snapshot(terms)
    buyer = tenants.buyer_snapshot(profile) if profile else {}
    language = (profile and profile.preferred_language) or terms.default_language or "en"
    name = (profile and profile.company_name) or ""
    contact = (profile and profile.contact_email) or ""
    portal = await partners.portal_url(uow, partner_id)
    template = await templates.resolve(uow, TemplateSelection.of(TemplateType.email_notices, language, seller, buyer))
    letter = Letter(
        "email_notices",
        language,
        {},
        name,
        f"{portal}/",
        await letterhead(uow, seller, language),
        {
            "recipient": {"name": name, "email": contact or None},
            "portal_url": f"{portal}/",
            "notices": [
                {
                    "title": notice.title,
                    "body": notice.body or None,
                    "link": f"{portal}{notice.link}" if notice.link else None,
                }
                for notice in notices
            ],
            "seller": seller | {"address_lines": address(seller)},
            "brand": {"logo_url": seller.get("logo_url"), "color": seller.get("brand_color")},
        },
        template,
        linked(uow, template, seller),
    )
    return _Digest([notice.id for notice in notices], partner_id, contact, letter)


async def _queue(uow: UnitOfWork, tenant_id: str, digest: _Digest, subject: str, html: str) -> None:
    """Queue the mail and take its notices off the list in one: who comes second finds them gone."""
    await notifications.record_mailed(uow, digest.notice_ids)
    if not digest.address:
        return  # nobody is reached by mail: the portal has said it
    await notifications.queue_mail(
        uow,
        tenant_id=tenant_id,
        partner_id=digest.partner_id,
        kind="email_notices",
        resource_id=tenant_id,
        step=digest.notice_ids[-1],
        recipients=[(digest.address, digest.letter.name)],
        subject=subject,
        html=html,
        sender=await sender(uow, digest.partner_id),
    )
