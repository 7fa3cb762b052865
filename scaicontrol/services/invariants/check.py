from typing import Final

from scaicontrol.core.work import UnitOfWork

from .rules import RULES, Invariant
from .schemas import BrokenOut, InvariantOut

_SHOWN: Final = 100


async def check(uow: UnitOfWork) -> list[InvariantOut]:
    """
    Ask of every rule which rows break it; a partner is told of its own.

    It reads whole tables: for the evening, and for after a restore.
    """
    uow.authorize("invariants:check")
    return [await _ask(uow, rule) for rule in RULES]


async def _ask(uow: UnitOfWork, rule: Invariant) -> InvariantOut:
    first = rule.broken.order_by(rule.broken.selected_columns[0]).limit(_SHOWN)
    rows = (await uow.session.execute(first)).all()
    broken = [BrokenOut(id=which, says=int(says), counted=int(counted)) for which, says, counted in rows]
    return InvariantOut(rule=rule.name, holds=not broken, broken=broken)
