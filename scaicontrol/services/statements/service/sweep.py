"""Which files of statements and reminders belong to nothing."""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core import orphans
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork

from ..models import AccountDocument
from .store import FOLDER


async def sweep_orphans(backend: Backend, actor: Actor) -> int:
    """Remove files that are older than a week and belong to no statement or reminder, and count them."""
    actor.require("invoices:sweep")
    return await orphans.sweep(backend, actor, (FOLDER,), orphans_among)


async def orphans_among(uow: UnitOfWork, keys: Sequence[str]) -> list[str]:
    """Give the keys that no row names."""
    uow.authorize("invoices:sweep")
    key = AccountDocument.storage_key
    named = set(await uow.session.scalars(select(key).where(key.in_(keys))))
    return [each for each in keys if each not in named]
