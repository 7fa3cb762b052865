"""One story of a tenant: what was done, and what was said about it to people and to subscribers (contract §30)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications, webhooks
from scaicontrol.services.notifications.models import OutgoingMail
from scaicontrol.services.webhooks.lifecycle import DeliveryStatus
from scaicontrol.services.webhooks.models import WebhookDelivery

from . import queries


class Medium(StrEnum):
    """What a part of a story is: something done, or something said about it."""

    act = "act"
    mail = "mail"
    delivery = "delivery"


@dataclass(frozen=True, slots=True)
class Told:
    """One part of a story; `is_automatic` is what nobody did by hand and what went as it should."""

    at: datetime
    medium: Medium
    title: str
    resource_type: str
    resource_id: str
    by: str = ""
    on_behalf_of: str | None = None
    surface: str = ""
    reason: str | None = None
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    status: str | None = None
    is_automatic: bool = False


async def story(uow: UnitOfWork, tenant_id: str, limit: int = 100) -> Sequence[Told]:
    """Tell what happened to a tenant, newest first, as far as the actor may read the log, mails and deliveries."""
    uow.authorize("tenants:read")
    told = [_mailed(mail) for mail in await notifications.mails_to(uow, tenant_id, limit)]
    if uow.actor.may("audit:read"):
        told += [_done(entry) for entry in await queries.of_tenant(uow, tenant_id, limit)]
    if uow.actor.may("webhooks:read"):
        told += [_delivered(one) for one in await webhooks.deliveries_about(uow, tenant_id, limit)]
    return sorted(told, key=lambda one: one.at, reverse=True)[:limit]


def folded(story_: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """Put what is automatic and follows each other together; everything else stands alone."""
    quiet: list[Told] = []
    for told in story_:
        if told.is_automatic:
            quiet.append(told)
            continue
        if quiet:
            yield quiet
        quiet = []
        yield [told]
    if quiet:
        yield quiet


def _done(entry: AuditEntry) -> Told:
    return Told(
        at=entry.occurred_at,
        medium=Medium.act,
        title=entry.action,
        resource_type=entry.resource_type,
        resource_id=entry.resource_id,
        by=entry.actor_id,
        on_behalf_of=entry.on_behalf_of,
        surface=entry.surface,
        reason=entry.reason,
        before=entry.before,
        after=entry.after,
        is_automatic=entry.actor_kind in (ActorKind.job, ActorKind.service) or entry.resource_type == "capability",
    )


def _mailed(mail: OutgoingMail) -> Told:
    return Told(
        at=mail.sent_at or mail.created_at,
        medium=Medium.mail,
        title=mail.subject,
        resource_type="mail",
        resource_id=mail.resource_id,
        by=", ".join(str(each["email"]) for each in mail.recipients),
        reason=mail.last_error,
        status=mail.status,
    )


def _delivered(delivery: WebhookDelivery) -> Told:
    return Told(
        at=delivery.occurred_at,
        medium=Medium.delivery,
        title=delivery.event_type,
        resource_type=delivery.resource_type,
        resource_id=delivery.resource_id,
        by=delivery.subscription_id or "",
        reason=delivery.error_message,
        status=delivery.status,
        is_automatic=delivery.status != DeliveryStatus.dead,
    )
