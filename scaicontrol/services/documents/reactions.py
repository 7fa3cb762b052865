"""Facts that files are made after."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox

from .service import render

_ACTOR = Actor.system("reactions")


async def make_files(backend: Backend, _: Outbox) -> None:
    """A document waits for its files, perhaps with others."""
    await render.render_due(backend, _ACTOR)
