"""A mail on its way out: written in the words of its template, then queued with its notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoice_links, notifications, templates
from scaicontrol.services.notifications import StoredAttachment
from scaicontrol.services.templates import Letter
from scaicontrol.services.tenants.reads import is_told

from ..letters import sender

ACTOR = Actor.system("mails")


@dataclass(frozen=True, slots=True)
class Post:
    """
    A mail with its addresses and the notice that stands for it in the portal; (`resource_id`, `step`) is unique.

    `topic` is the fact's, for a tenant that may have opted out of it.
    """

    letter: Letter
    tenant_id: str
    partner_id: str
    resource_id: str
    step: str
    addresses: Sequence[str]
    notice: Mapping[str, str]
    attachments: Sequence[StoredAttachment] = ()
    topic: str = ""
    link_id: str | None = None  # of the link that opens the document it is about without a sign-in


async def send(backend: Backend, post: Post | None) -> None:
    """Write a mail, outside any transaction, and queue it with its notice, unless the tenant opted out of both."""
    if post is not None:
        letter = await _with_link(backend, post)
        await backend.perform(ACTOR, _queue, post, *await templates.write_mail(letter))


async def _with_link(backend: Backend, post: Post) -> Letter:
    """Lead to the document itself: the key that signs the link is read outside any transaction."""
    if post.link_id is None:
        return post.letter
    link = await invoice_links.address(backend, post.link_id)
    variables = {**post.letter.variables}
    if variables:
        variables["portal_url"] = link
        variables["payment"] = {**variables.get("payment", {}), "link": link}
    return replace(post.letter, link=link, button="open_document", variables=variables)


async def _queue(uow: UnitOfWork, post: Post, subject: str, html: str) -> None:
    if not await is_told(uow, post.tenant_id, post.notice["category"], post.topic):
        return
    if post.addresses:
        await notifications.queue_mail(
            uow,
            tenant_id=post.tenant_id,
            partner_id=post.partner_id,
            kind=post.letter.kind,
            resource_id=post.resource_id,
            step=post.step,
            recipients=[(address, post.letter.name) for address in post.addresses],
            subject=subject,
            html=html,
            attachments=post.attachments,
            sender=await sender(uow, post.partner_id),
        )
    await notifications.notify(
        uow,
        tenant_id=post.tenant_id,
        partner_id=post.partner_id,
        title=subject[:200],
        is_mailed=bool(post.addresses),
        **post.notice,
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that no mail of its own goes with; the mail of the morning says it. `topic` is the fact's."""

    tenant_id: str
    partner_id: str
    topic: str
    category: str
    severity: str
    title: str
    body: str
    dedup_key: str
    link: str


async def show(uow: UnitOfWork, notice: Notice) -> None:
    """Show a notice, unless the tenant opted out of it."""
    if await is_told(uow, notice.tenant_id, notice.category, notice.topic):
        await notifications.notify(
            uow,
            tenant_id=notice.tenant_id,
            partner_id=notice.partner_id,
            category=notice.category,
            severity=notice.severity,
            title=notice.title[:200],
            body=notice.body,
            dedup_key=notice.dedup_key,
            link=notice.link,
        )
