"""What must hold of the books."""

import typer

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invariants as rules
from scaicontrol.services.invariants.schemas import InvariantOut

from .door import command

app = typer.Typer()


@command(app, "invariants", fails=lambda told: not all(each["holds"] for each in told))
async def check(uow: UnitOfWork) -> list[InvariantOut]:
    """Check what must hold of documents, payments and credits; ends with 1 where a rule is broken."""
    return await rules.check(uow)
