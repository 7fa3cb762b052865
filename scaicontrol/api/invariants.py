from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invariants
from scaicontrol.services.invariants.schemas import InvariantOut

from .door import Many, Router

router = Router("/admin/invariants", tags=["admin-invariants"])


@router.get("", response_model=Many[InvariantOut], permission="invariants:check", summary="Check the books")
async def check(uow: UnitOfWork) -> list[InvariantOut]:
    """Every rule that must hold of documents, payments and credits at every moment. It reads whole tables."""
    return await invariants.check(uow)
