"""
Browser sessions: of the portal and of the operator console.

The browser holds an opaque id, the table its digest. Moments are wall time, like those of tokens, so `at` comes from
the door and not from the business clock.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import delete

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unauthenticated
from scaicontrol.core.work import UnitOfWork

from . import role_cache_epoch
from .actors import actor_from_claims
from .claims import kept, principal_of
from .events import UserSignedIn
from .models import WebSession


class SessionKind(StrEnum):
    portal = "portal"
    console = "console"


ABSOLUTE: Final = timedelta(hours=8)
IDLE: Final[Mapping[SessionKind, timedelta]] = MappingProxyType({
    SessionKind.portal: timedelta(minutes=30),
    SessionKind.console: timedelta(hours=1),
})  # fmt: skip
_NOTED_EVERY: Final = timedelta(minutes=1)  # a write per request would buy nothing but load
_SYSTEM: Final = Actor.system("sign-in")


async def open_session(uow: UnitOfWork, kind: SessionKind, claims: Mapping[str, Any], at: datetime) -> str:
    """Begin a session for whom verified claims speak of; the id given back is known to nobody else."""
    uow.authorize("sessions:manage")
    actor = await actor_from_claims(uow, claims)
    session_id = secrets.token_urlsafe(32)
    digest = _digest(session_id)
    uow.session.add(
        WebSession(
            id_sha256=digest,
            kind=kind,
            user_id=principal_of(claims).user_id,
            claims=kept(claims),
            opened_at=at,
            last_seen_at=at,
            expires_at=at + ABSOLUTE,
        )
    )
    uow.emit(
        UserSignedIn(
            user_id=actor.on_behalf_of or actor.id,
            tenant_id=actor.tenant_id,
            partner_id=actor.partner_id,
            session=digest[:16],
            signed_in_at=at,
        ),
        after={"kind": kind.value},
    )
    return session_id


async def find_session(uow: UnitOfWork, session_id: str, kind: SessionKind, at: datetime) -> WebSession | None:
    """Give a session that is still open: used within its idle time, and not older than eight hours."""
    uow.authorize("sessions:manage")
    session = await uow.session.get(WebSession, _digest(session_id))
    if session is None or session.kind != kind:
        return None
    return session if at < min(session.expires_at, session.last_seen_at + IDLE[kind]) else None


async def touch_session(uow: UnitOfWork, session_id: str, kind: SessionKind, at: datetime) -> WebSession | None:
    """Note that a session was used, and give it; None when it has run out."""
    session = await find_session(uow, session_id, kind, at)
    if session is not None and at > session.last_seen_at:
        session.last_seen_at = at
    return session


async def close_session(uow: UnitOfWork, session_id: str) -> None:
    """End a session; one that is not there is ended already."""
    uow.authorize("sessions:manage")
    await uow.session.execute(delete(WebSession).where(WebSession.id_sha256 == _digest(session_id)))
    role_cache_epoch.advance_after_commit(uow)


async def sweep_sessions(uow: UnitOfWork, at: datetime) -> None:
    """Remove sessions that have run out; safe at any time."""
    uow.authorize("sessions:manage")
    await uow.session.execute(delete(WebSession).where(WebSession.expires_at <= at))


async def person_of_session(backend: Backend, session_id: str, kind: SessionKind, at: datetime) -> Actor | None:
    """
    Give the actor behind a session, or None when it has run out or the person may no longer sign in.

    Use is written down at most once a minute.
    """

    async def look(uow: UnitOfWork) -> tuple[Actor, bool] | None:
        session = await find_session(uow, session_id, kind, at)
        if session is None:
            return None
        return await actor_from_claims(uow, session.claims), at >= session.last_seen_at + _NOTED_EVERY

    try:
        found = await backend.ask(_SYSTEM, look)
    except Unauthenticated:  # suspended, moved or gone since: the session ends with the right to it
        return None
    if found is None:
        return None
    actor, is_due = found
    if is_due:
        await backend.perform(_SYSTEM, touch_session, session_id, kind, at)
    return actor


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
