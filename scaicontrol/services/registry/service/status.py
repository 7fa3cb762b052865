"""An operator decides: approve, reject, suspend, deprecate, reactivate (contract §8.3)."""

from sqlalchemy import column, func, select, table

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import PLATFORM_SQL, Capability

from .. import queries
from ..events import ServiceStatusChanged, ServiceUpdated
from ..lifecycle import WATCHED, ServiceLifecycle, ServiceStatus
from ..models import Service
from ..schemas import ServicePatch
from .keys import issue_key

# Subscriptions stand above the registry, so their model cannot be imported; two columns of their table are enough, as
# for the scope of a service's session (db/criteria.py).
_subscriptions = table("subscriptions", column("service_id"), column("status"))
_ENDED = ("cancelled", "expired")
_COUNT_SUBSCRIPTIONS = Capability(
    "registry:count_subscriptions", "Of every tenant: whoever asks learns a number of its own service and nothing else."
)


@verb
async def approve(backend: Backend, actor: Actor, service_id: str) -> tuple[Service, str | None]:
    """
    Let a waiting service in and hand out its metering key, once; no key while the vault is away.

    Raises NotFound, Conflict where its client speaks for another service, Refused for one that does not wait.
    """
    service = await backend.perform(actor, admit, service_id)
    return service, await issue_key(backend, actor, service.id)


async def admit(uow: UnitOfWork, service_id: str) -> Service:
    """Let a waiting service in; its client id may speak for one approved service only."""
    uow.authorize("services:approve")
    service = await queries.get(uow, service_id, lock=True)
    bound = select(Service.slug).where(
        Service.app_id == service.app_id, Service.id != service.id, Service.status.in_(WATCHED)
    )
    if other := await uow.session.scalar(bound.limit(1)):
        raise Conflict(
            f"Client {service.app_id} speaks for '{other}' already; give '{service.slug}' a client of its own."
        )
    change_status(uow, service, ServiceLifecycle.approve.id, None)
    service.approved_at, service.approved_by, service.rejected_reason = uow.now, uow.actor.id, None
    return service


@verb
async def reject(uow: UnitOfWork, service_id: str, reason: str) -> Service:
    """
    Turn a waiting service away; it may register again.

    Raises NotFound, and Refused for a service that does not wait.
    """
    uow.authorize("services:approve")
    service = await queries.get(uow, service_id, lock=True)
    change_status(uow, service, ServiceLifecycle.reject.id, reason)
    service.rejected_reason = reason
    return service


@verb
async def update(uow: UnitOfWork, service_id: str, changes: ServicePatch) -> Service:
    """
    Change labels, intervals or the status of a service; only what was sent counts.

    Raises NotFound, Refused for a state it cannot be moved to and for an empty name, Conflict while anybody is
    subscribed to what would be deregistered.
    """
    uow.authorize("services:update")
    service = await queries.get(uow, service_id, lock=True)
    sent = changes.model_dump(exclude_unset=True, exclude={"status", "reason"})
    # Text columns have no null: clearing one means the empty text. The icon is the one field that may be absent.
    told = {name: ("" if value is None and name != "icon_url" else value) for name, value in sent.items()}
    if told.get("heartbeat_interval_seconds") == "" or told.get("name") == "":
        raise Refused("A service keeps a name and a heartbeat interval; send a value or leave the field out.")
    before = {name: getattr(service, name) for name in told if getattr(service, name) != told[name]}
    for name in before:
        setattr(service, name, told[name])
    if before:
        service.config_version += 1
        uow.emit(
            ServiceUpdated(
                service_id=service.id,
                service_slug=service.slug,
                config_version=service.config_version,
                changed_fields=sorted(before),
            ),
            before=before,
            after={name: told[name] for name in before},
            reason=changes.reason,
        )
    if changes.status is not None and changes.status is not service.status:
        await _move(uow, service, changes.status, changes.reason)
    return service


async def _move(uow: UnitOfWork, service: Service, target: ServiceStatus, reason: str | None) -> None:
    offered = {
        to: event
        for source, event, to in ServiceLifecycle.transitions()
        if source == service.status and event not in ("approve", "reject", "reapply")
    }
    if target not in offered:
        allowed = ", ".join(sorted(offered)) or "nothing this way"
        raise Refused(f"Cannot make {service} {target}: it is {service.status}, which allows {allowed}.")
    if target is ServiceStatus.deregistered:
        await refuse_while_subscribed(uow, service)
        service.key_sha256 = None
    change_status(uow, service, offered[target], reason)


async def refuse_while_subscribed(uow: UnitOfWork, service: Service) -> None:
    """Raise Conflict while live subscriptions of the service exist."""
    live = (
        select(func.count())
        .select_from(_subscriptions)
        .where(_subscriptions.c.service_id == service.id, _subscriptions.c.status.not_in(_ENDED))
        .execution_options(**{PLATFORM_SQL: _COUNT_SUBSCRIPTIONS})
    )
    if count := await uow.session.scalar(live):
        raise Conflict(f"Cannot deregister {service}: it has live subscriptions ({count}); cancel or move them first.")


def change_status(uow: UnitOfWork, service: Service, event: str, reason: str | None) -> None:
    """Fire a transition and tell it."""
    previous = service.status
    service.advance(event)
    service.config_version += 1
    uow.emit(
        ServiceStatusChanged(
            service_id=service.id,
            service_slug=service.slug,
            config_version=service.config_version,
            previous_status=previous,
            status=service.status,
            reason=reason,
        ),
        before={"status": previous},
        after={"status": service.status},
        reason=reason,
    )
