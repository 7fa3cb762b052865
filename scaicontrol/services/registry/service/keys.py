"""The metering key of a service: shown once, kept in the vault, known here by its digest only (contract §7.7)."""

import hashlib
import secrets

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Unavailable
from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork

from ..events import ServiceKeyIssued
from ..lifecycle import ServiceStatus
from ..models import Service

log = get_logger(__name__)


async def issue_key(backend: Backend, actor: Actor, service_id: str) -> str | None:
    """
    Make a service's key valid and give it, once; None when it has one, or while the vault is away.

    Ask, write to the vault, record: the path follows from the digest, so a twin's write is never overwritten and a key
    that lost the race is removed again. A missing key costs only the fallback, so registration does not wait for it.
    """
    slug = await backend.ask(actor, _keyless, service_id)
    if slug is None:
        return None
    key = "sck_" + secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    path = vault_path(slug, digest)
    try:
        await backend.ports.vault.write(path, {"value": key})
    except Unavailable as error:
        log.warning("service_key_not_issued", service=slug, error=error.message)
        return None
    if await backend.perform(actor, record_key, service_id, digest):
        return key
    await backend.ports.vault.delete(path)
    return None


def vault_path(slug: str, digest: str) -> str:
    """Say where the key with this digest is kept."""
    return f"scaicontrol/services/{slug}/{digest[:16]}"


async def _keyless(uow: UnitOfWork, service_id: str) -> str | None:
    uow.authorize("services:issue_key")
    service = await _get(uow, service_id)
    return service.slug if service.key_sha256 is None and service.status is ServiceStatus.active else None


async def record_key(uow: UnitOfWork, service_id: str, digest: str) -> bool:
    """Remember the digest of a key that lies in the vault; False when the service has another one meanwhile."""
    uow.authorize("services:issue_key")
    service = await _get(uow, service_id, lock=True)
    if service.key_sha256 is not None or service.status is not ServiceStatus.active:
        return False
    service.key_sha256 = digest
    uow.emit(ServiceKeyIssued(service_id=service.id, service_slug=service.slug, key_sha256=digest))
    return True


async def _get(uow: UnitOfWork, service_id: str, *, lock: bool = False) -> Service:
    query = select(Service).where(Service.id == service_id)
    if not uow.actor.is_platform:
        query = query.where(Service.app_id == (uow.actor.client_id or ""))
    service = await uow.session.scalar(query.with_for_update() if lock else query)
    if service is None:
        raise NotFound(f"No service {service_id}.")
    return service
