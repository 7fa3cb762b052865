from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Disproved
from scaicontrol.core.work import UnitOfWork

from .rules import RULES, Invariant
from .schemas import BrokenOut, InvariantOut

_SHOWN: Final = 100
_NO_DOCUMENT: Final = "of no document"  # what moved beside any, such as money paid into a wallet


class RuleBroken(Disproved):
    """The books contradict themselves."""


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
    broken = [
        BrokenOut(id=which or _NO_DOCUMENT, says=int(says), counted=int(counted)) for which, says, counted in rows
    ]
    return InvariantOut(rule=rule.name, holds=not broken, broken=broken)


async def require_all(backend: Backend, actor: Actor) -> str:
    """
    Ask of every rule and say how many hold.

    Raises RuleBroken, naming each rule that does not hold and the first row that breaks it.
    """
    asked = await backend.ask(actor, check)
    if broken := [f"{each.rule}: not so of {each.broken[0].id}" for each in asked if not each.holds]:
        raise RuleBroken(f"{'; '.join(broken)}. Run `scaicontrol admin invariants` for all of it.")
    return f"{len(asked)} rules hold"
