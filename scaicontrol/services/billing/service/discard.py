from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import RunDiscarded
from ..lifecycle import RunLifecycle
from ..models import BillingRun


@verb
async def discard(uow: UnitOfWork, run_id: str) -> BillingRun:
    """
    Give a planned run up; nothing of it was written.

    Raises NotFound, and Refused for a run that is being applied or has ended.
    """
    uow.authorize("billing:apply")
    run = await queries.get_run(uow, run_id, lock=True)
    run.advance(RunLifecycle.discard)
    run.version += 1
    uow.emit(RunDiscarded(run_id=run.id, partner_id=run.partner_id))
    return run
