"""
Facts into reactions: each fact is shown, at least once, to those who care about it (`reactions.REACTIONS`).

A fact waits in `event_outbox` until its reactions have all run; one that keeps failing backs off and is logged, and
holds up nobody else.
"""

from scaicontrol.core import fact_queue
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.logging import get_logger, log_failure
from scaicontrol.core.outbox import Outbox

from .reactions import REACTIONS

log = get_logger(__name__)

_ACTOR = Actor.system("relay")
_BATCH = 100


async def react(backend: Backend) -> int:
    """Run the reactions of everything that is due; give how many facts were settled."""
    settled = 0
    while due := await backend.ask(_ACTOR, fact_queue.look, _BATCH):
        facts = await backend.perform(_ACTOR, fact_queue.claim, due)
        done = [fact.id for fact in facts if await _react_to(backend, fact)]
        await backend.perform(_ACTOR, fact_queue.settle, done)
        settled += len(done)
        if len(due) < _BATCH:
            break
    return settled


async def _react_to(backend: Backend, fact: Outbox) -> bool:
    for reaction in REACTIONS.get(fact.event_type, ()):
        try:
            await reaction(backend, fact)
        except Exception as error:  # noqa: BLE001 - it holds up nobody else, whatever it was
            what = {"reaction": reaction.__name__, "topic": fact.event_type, "fact": fact.id}
            log_failure(log, "reaction_failed", error, **what)
            return False
    return True
