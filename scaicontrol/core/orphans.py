"""
Objects that no row names: a file was stored, and the process died before its row was written.

Mostly the next run stores the same bytes under the same key and writes the row. What changed in between (a template, a
mapping, a renderer) leaves the first file behind; after a week nobody will come for it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from mimetypes import guess_type
from typing import Final

from .actor import Actor
from .backend import Backend
from .errors import ControlError, NotFound
from .logging import get_logger
from .work import UnitOfWork

log = get_logger(__name__)

KEPT_FOR: Final = timedelta(days=7)
_BATCH: Final = 200
# A question of a feature: which of these keys does no row of its name, and none that is still being written?
Unnamed = Callable[[UnitOfWork, Sequence[str]], Awaitable[list[str]]]


async def sweep(backend: Backend, actor: Actor, folders: Sequence[str], unnamed: Unnamed) -> int:
    """
    Remove what is older than a week in these folders and is `unnamed`, and count it.

    An object that the store holds locked stays, is logged, and is met again by the next sweep.
    """
    removed = 0
    async for keys in _old_keys(backend, folders):
        for key in await backend.ask(actor, unnamed, keys):
            removed += await _remove(backend, actor, key, unnamed)
    return removed


async def _old_keys(backend: Backend, folders: Sequence[str]) -> AsyncIterator[list[str]]:
    before = backend.clock.now() - KEPT_FOR
    batch: list[str] = []
    for folder in folders:
        async for key, stored_at in backend.ports.objects.keys(folder):
            if stored_at < before:
                batch.append(key)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


async def _remove(backend: Backend, actor: Actor, key: str, unnamed: Unnamed) -> bool:
    objects = backend.ports.objects
    try:
        body = await objects.get(key)
        await objects.delete(key)
        # Somebody may have stored the same bytes, found them there, and written the row just now.
        if not await backend.ask(actor, unnamed, [key]):
            await objects.put(key, body, guess_type(key)[0] or "application/octet-stream")
            return False
    except NotFound:
        return False  # another sweep was faster
    except ControlError as error:
        log.warning("orphan_not_removed", key=key, error=error.message)
        return False
    log.info("orphan_removed", key=key)
    return True
