"""Pictures that no row names: one was stored, and the process died before it was recorded."""

from collections.abc import Sequence

from scaicontrol.core import orphans
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork

from . import queries
from .names import FOLDERS


async def sweep_orphans(backend: Backend, actor: Actor) -> int:
    """Remove pictures that are older than a week and were never recorded, and count them; recorded ones stay."""
    actor.require("uploads:sweep")
    return await orphans.sweep(backend, actor, FOLDERS, orphans_among)


async def orphans_among(uow: UnitOfWork, keys: Sequence[str]) -> list[str]:
    """Give the keys that no upload names."""
    uow.authorize("uploads:sweep")
    named = await queries.recorded(uow, keys)
    return [key for key in keys if key not in named]
