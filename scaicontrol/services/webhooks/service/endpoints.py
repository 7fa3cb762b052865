"""Managing subscribers. Secrets live in the vault; the row keeps paths only."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Select, select, true
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries, signing, topics
from ..events import (
    WebhookDeliveriesRequeued,
    WebhookEndpointCreated,
    WebhookEndpointDeleted,
    WebhookEndpointDisabled,
    WebhookEndpointUpdated,
    WebhookSecretRotated,
)
from ..lifecycle import DeliveryStatus
from ..models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from ..schemas import WebhookEndpointIn, WebhookEndpointPut

OVERLAP: Final = timedelta(hours=24)
_REPLAY_MOST: Final = 10_000
_REPLAYED: Final = (DeliveryStatus.dispatched, DeliveryStatus.dead)  # what is pending is on its way already


@verb
async def create(backend: Backend, actor: Actor, body: WebhookEndpointIn) -> tuple[WebhookEndpoint, str]:
    """
    Add a subscriber; its secret is given back once. The secret is kept first, so that no row can lack one.

    Raises Invalid for an address we do not post to, an unknown topic, or a partner that is not the caller's,
    Unavailable while the vault is away.
    """
    actor.require("webhooks:manage")
    backend.ports.outbound.check(body.target_url)
    patterns = topics.checked(body.topics)
    endpoint_id, secret = new_id("whs"), signing.new_secret()
    path = f"scaicontrol/webhooks/{endpoint_id}"
    await backend.ports.vault.write(path, {"value": secret})

    async def add(uow: UnitOfWork) -> WebhookEndpoint:
        uow.authorize("webhooks:manage")
        endpoint = WebhookEndpoint(
            id=endpoint_id,
            partner_id=_owner(actor, body.partner_id),
            name=body.name,
            description=body.description,
            target_url=body.target_url,
            topics=patterns,
            is_active=True,
            secret_vault_path=path,
            version=1,
        )
        uow.session.add(endpoint)
        uow.emit(
            WebhookEndpointCreated(webhook_subscription_id=endpoint.id, version=1, partner_id=endpoint.partner_id),
            after={"target_url": body.target_url, "topics": patterns},
        )
        await uow.session.flush()
        return endpoint

    return await backend.perform(actor, add), secret


def _owner(actor: Actor, wished: str | None) -> str | None:
    if actor.is_platform:
        return wished
    if wished not in (None, actor.partner_id):
        raise invalid("partner_id", "A subscriber belongs to your own partner; leave partner_id out.")
    return actor.partner_id


@verb
async def update(backend: Backend, actor: Actor, endpoint_id: str, body: WebhookEndpointPut) -> WebhookEndpoint:
    """
    Replace a subscriber's settings; `is_active=true` takes a disabled one back into service.

    Raises NotFound, Conflict for a stale `version`, Invalid for an address we do not post to or an unknown topic.
    """
    actor.require("webhooks:manage")
    backend.ports.outbound.check(body.target_url)
    patterns = topics.checked(body.topics)

    async def change(uow: UnitOfWork) -> WebhookEndpoint:
        uow.authorize("webhooks:manage")
        endpoint = await queries.get(uow, endpoint_id, lock=True)
        if endpoint.version != body.version:
            raise Conflict(f"{endpoint} was changed meanwhile: it is at version {endpoint.version}.")
        before = {"target_url": endpoint.target_url, "topics": endpoint.topics, "is_active": endpoint.is_active}
        endpoint.name, endpoint.description = body.name, body.description
        endpoint.target_url, endpoint.topics = body.target_url, patterns
        if body.is_active and not endpoint.is_active:
            endpoint.enable()
        elif endpoint.is_active and not body.is_active:
            endpoint.disable(uow.now, "operator")
            uow.emit(disabled(endpoint, uow.now))
        endpoint.version += 1
        uow.emit(
            WebhookEndpointUpdated(
                webhook_subscription_id=endpoint.id,
                version=endpoint.version,
                partner_id=endpoint.partner_id,
                target_changed=endpoint.target_url != before["target_url"],
            ),
            before=before,
            after={"target_url": endpoint.target_url, "topics": patterns, "is_active": endpoint.is_active},
        )
        return endpoint

    return await backend.perform(actor, change)


@verb
async def delete(backend: Backend, actor: Actor, endpoint_id: str) -> None:
    """
    Remove a subscriber; what was still on its way to it is dead, and stays on record.

    Raises NotFound.
    """

    async def remove(uow: UnitOfWork) -> list[str]:
        uow.authorize("webhooks:manage")
        endpoint = await queries.get(uow, endpoint_id, lock=True)
        await mark_pending_dead(uow, endpoint.id, "The subscriber was deleted.")
        paths = [path for path in (endpoint.secret_vault_path, endpoint.previous_secret_vault_path) if path]
        await uow.session.delete(endpoint)
        uow.emit(
            WebhookEndpointDeleted(
                webhook_subscription_id=endpoint.id, version=endpoint.version + 1, partner_id=endpoint.partner_id
            )
        )
        return paths

    for path in await backend.perform(actor, remove):
        await backend.ports.vault.delete(path)


def disabled(endpoint: WebhookEndpoint, at: datetime, last_status: int | None = None) -> WebhookEndpointDisabled:
    """Tell that a subscriber is no longer served, and why."""
    return WebhookEndpointDisabled(
        webhook_subscription_id=endpoint.id,
        version=endpoint.version,
        partner_id=endpoint.partner_id,
        target_host=urlsplit(endpoint.target_url).hostname or "",
        reason=endpoint.disabled_reason or "",
        last_response_code=last_status,
        dead_deliveries=endpoint.dead_deliveries,
        disabled_at=at,
    )


async def mark_pending_dead(uow: UnitOfWork, endpoint_id: str, why: str) -> None:
    """Mark everything still on its way to an endpoint as dead, in one statement."""
    await uow.session.execute(
        sql_update(WebhookDelivery)
        .where(WebhookDelivery.subscription_id == endpoint_id)
        .where(WebhookDelivery.status.in_(WebhookDelivery.lifecycle.sources_of("mark_dead")))
        .values(status=DeliveryStatus.dead, error_message=why, next_attempt_at=None)
    )


@verb
async def rotate_secret(
    backend: Backend, actor: Actor, endpoint_id: str, *, close: bool = False
) -> tuple[str | None, datetime | None]:
    """
    Begin a rotation, in which both secrets sign for a day, or end one early; give the new secret and its end.

    Raises NotFound, and Unavailable while the vault is away.
    """
    actor.require("webhooks:manage")
    if close:
        return None, await backend.perform(actor, _close_rotation, endpoint_id)
    endpoint = await backend.ask(actor, queries.get, endpoint_id)
    secret, path = signing.new_secret(), f"scaicontrol/webhooks/{endpoint.id}/{new_id('req')}"
    await backend.ports.vault.write(path, {"value": secret})
    return secret, await backend.perform(actor, _rotate, endpoint_id, path)


async def _rotate(uow: UnitOfWork, endpoint_id: str, path: str) -> datetime:
    uow.authorize("webhooks:manage")
    row = await queries.get(uow, endpoint_id, lock=True)
    row.previous_secret_vault_path, row.secret_vault_path = row.secret_vault_path, path
    row.rotation_ends_at = uow.now + OVERLAP
    row.version += 1
    uow.emit(WebhookSecretRotated(webhook_subscription_id=row.id, version=row.version, partner_id=row.partner_id))
    return row.rotation_ends_at


async def _close_rotation(uow: UnitOfWork, endpoint_id: str) -> None:
    uow.authorize("webhooks:manage")
    endpoint = await queries.get(uow, endpoint_id, lock=True)
    endpoint.previous_secret_vault_path, endpoint.rotation_ends_at = None, None
    endpoint.version += 1
    uow.emit(
        WebhookSecretRotated(
            webhook_subscription_id=endpoint.id, version=endpoint.version, partner_id=endpoint.partner_id
        ),
        reason="The previous secret was closed early.",
    )


@verb
async def retry(uow: UnitOfWork, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
    """
    Put a dead delivery back in line: same event id, same key, a fresh count of attempts.

    Raises NotFound, and Refused for a delivery that is not dead.
    """
    uow.authorize("webhooks:manage")
    endpoint = await queries.get(uow, endpoint_id)
    found = await queries.delivery(uow, endpoint_id, delivery_id, lock=True)
    found.advance(WebhookDelivery.lifecycle.retry)
    found.attempt_count, found.next_attempt_at = 0, uow.now
    found.error_message = found.response_code = None
    uow.emit(_requeued(endpoint, 1), after={"delivery_id": delivery_id})
    return found


def _requeued(endpoint: WebhookEndpoint, queued: int) -> WebhookDeliveriesRequeued:
    return WebhookDeliveriesRequeued(
        webhook_subscription_id=endpoint.id,
        version=endpoint.version,
        partner_id=endpoint.partner_id,
        request=new_id("req"),
        queued=queued,
    )


@verb
async def replay(
    uow: UnitOfWork,
    endpoint_id: str,
    *,
    start: datetime,
    end: datetime,
    topics_like: list[str] | None = None,
    statuses: list[str] | None = None,
    resource_id: str | None = None,
) -> int:
    """
    Deliver a range again: dead rows are retried as they are, dispatched ones get a copy that names the original.

    Gives how many were queued; at most 10,000 at once.

    Raises NotFound, and Invalid for a state that cannot be delivered again.
    """
    uow.authorize("webhooks:manage")
    endpoint = await queries.get(uow, endpoint_id)
    query = _in_range(endpoint, start, end, statuses, resource_id)
    queued = 0
    for original in await uow.session.scalars(query):
        if topics_like and not topics.matches(original.event_type, topics_like):
            continue
        if original.status == DeliveryStatus.dead:
            original.advance(WebhookDelivery.lifecycle.retry)
            original.attempt_count, original.next_attempt_at = 0, uow.now
        else:
            uow.session.add(_copy(original, uow.now))
        queued += 1
    if queued:
        uow.emit(_requeued(endpoint, queued), after={"from": start.isoformat(), "to": end.isoformat()})
    return queued


async def replayable(
    uow: UnitOfWork,
    endpoint_id: str,
    *,
    start: datetime,
    end: datetime,
    topics_like: list[str] | None = None,
    statuses: list[str] | None = None,
    resource_id: str | None = None,
) -> dict[str, int]:
    """
    Count by state what `replay` would deliver again, and queue nothing.

    Raises NotFound, and Invalid for a state that cannot be delivered again.
    """
    uow.authorize("webhooks:manage")
    endpoint = await queries.get(uow, endpoint_id)
    query = _in_range(endpoint, start, end, statuses, resource_id)
    counted: dict[str, int] = {}
    for topic, status in await uow.session.execute(
        query.with_only_columns(WebhookDelivery.event_type, WebhookDelivery.status)
    ):
        if not topics_like or topics.matches(topic, topics_like):
            counted[str(status)] = counted.get(str(status), 0) + 1
    return counted


def _in_range(
    endpoint: WebhookEndpoint, start: datetime, end: datetime, statuses: list[str] | None, resource_id: str | None
) -> Select[WebhookDelivery]:
    if unknown := set(statuses or []) - set(_REPLAYED):
        raise invalid("statuses", f"'{min(unknown)}' is not one of {', '.join(_REPLAYED)}.")
    query = (
        select(WebhookDelivery)
        .where(WebhookDelivery.subscription_id == endpoint.id, WebhookDelivery.replay_of.is_(None))
        .where(WebhookDelivery.occurred_at >= start, WebhookDelivery.occurred_at < end)
        .where(WebhookDelivery.status.in_(statuses or _REPLAYED))
        .order_by(WebhookDelivery.created_at, WebhookDelivery.id)
        .limit(_REPLAY_MOST)
    )
    return query.where(WebhookDelivery.resource_id == resource_id) if resource_id else query


def _copy(original: WebhookDelivery, now: datetime) -> WebhookDelivery:
    identifier = new_id("evt")
    return WebhookDelivery(
        id=identifier,
        event_type=original.event_type,
        status=DeliveryStatus.pending,
        # The envelope inside keeps the original key; the row needs one of its own to stand beside the original.
        idempotency_key=f"{original.idempotency_key[:200]}#{identifier}",
        partner_id=original.partner_id,
        tenant_id=original.tenant_id,
        resource_type=original.resource_type,
        resource_id=original.resource_id,
        occurred_at=original.occurred_at,
        subscription_id=original.subscription_id,
        source_event_id=original.source_event_id,
        replay_of=original.id,
        body=original.body,
        position=None,
        next_attempt_at=now,
    )


@verb
async def purge_dead(uow: UnitOfWork, before: datetime) -> int:
    """
    Remove dead deliveries by hand; nothing else ever does (contract §23.3).

    Raises Forbidden to whoever may not manage webhooks.
    """
    uow.authorize("webhooks:manage")
    ids = (
        await uow.session.scalars(
            select(WebhookDelivery.id)
            .where(
                WebhookDelivery.status == DeliveryStatus.dead,
                WebhookDelivery.created_at < before,
                # A partner's own subscribers; the platform also clears what deleted ones left behind.
                true() if uow.actor.is_platform else WebhookDelivery.subscription_id.in_(select(WebhookEndpoint.id)),
            )
            .limit(1000)
        )
    ).all()
    await uow.session.execute(sql_delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(ids)))
    await uow.session.execute(sql_delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
    return len(ids)
