"""
Request idempotency: the first answer to a key is stored with the change it reports and replayed for a day.

Contract §4.3. The row is written first, in the verb's own transaction: a twin that arrives meanwhile collides with it.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, String, UniqueConstraint, delete, literal_column, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import Common

from .errors import Conflict, invalid
from .ids import new_id
from .work import UnitOfWork


class IdempotentRequest(Common, Model):
    bookkeeping = True
    __tablename__ = "idempotency_requests"
    __table_args__ = (UniqueConstraint("principal_id", "key"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    principal_id: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(128))
    method: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(String(500))
    body_sha256: Mapped[str] = mapped_column(String(64))
    status_code: Mapped[int | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary(2**24))
    recovery_points: Mapped[dict[str, object] | None] = mapped_column(JsonDocument)
    tries: Mapped[int] = mapped_column(default=1, server_default=literal_column("1"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


async def claim(uow: UnitOfWork, key: str, method: str, path: str, body: bytes) -> IdempotentRequest:
    """
    Begin a keyed request, or give the row whose `answer` must be replayed.

    Raises Conflict for the same key with another body or route, and for a twin that began at the same moment.
    """
    return (await begin(uow, key, method, path, body))[0]


async def begin(uow: UnitOfWork, key: str, method: str, path: str, body: bytes) -> tuple[IdempotentRequest, bool]:
    """Like `claim`, and tell whether the row is new."""
    if not 1 <= len(key) <= 128 or not all("!" <= letter <= "~" for letter in key):
        raise invalid("Idempotency-Key", "An Idempotency-Key is 1 to 128 visible ASCII characters.")
    digest = hashlib.sha256(body).hexdigest()
    known = await find(uow, key)
    if known is not None and known.expires_at <= uow.now:
        await uow.session.delete(known)
        await uow.session.flush()
        known = None
    if known is not None:
        if (known.method, known.path, known.body_sha256) != (method, path, digest):
            raise Conflict("This Idempotency-Key was used for another request; use a fresh one.")
        return known, False
    row = IdempotentRequest(
        id=new_id("req"),
        principal_id=_principal(uow),
        key=key,
        method=method,
        path=path,
        body_sha256=digest,
        expires_at=uow.now + timedelta(hours=uow.settings.idempotency_ttl_hours),
    )
    uow.session.add(row)
    try:
        await uow.session.flush()
    except IntegrityError:
        raise still_running() from None
    return row, True


async def find(uow: UnitOfWork, key: str) -> IdempotentRequest | None:
    """Give what is kept under a key of whoever asks; it may have expired."""
    mine = IdempotentRequest.principal_id == _principal(uow)
    found: IdempotentRequest | None = await uow.session.scalar(
        select(IdempotentRequest).where(mine, IdempotentRequest.key == key)
    )
    return found


def still_running() -> Conflict:
    """Tell a twin to come back for the answer."""
    return Conflict("A request with this Idempotency-Key is still running; ask again for its answer.", retry_after=1)


def _principal(uow: UnitOfWork) -> str:
    """An agent works for several people; what it did for one is never replayed to another."""
    actor = uow.actor
    return f"{actor.id}:{actor.on_behalf_of}" if actor.on_behalf_of else actor.id


async def sweep(uow: UnitOfWork, limit: int = 1000) -> int:
    """Remove expired keys; safe at any time."""
    uow.authorize("jobs:run")
    expired = (
        await uow.session.scalars(
            select(IdempotentRequest.id).where(IdempotentRequest.expires_at <= uow.now).limit(limit)
        )
    ).all()
    await uow.session.execute(delete(IdempotentRequest).where(IdempotentRequest.id.in_(expired)))
    return len(expired)
