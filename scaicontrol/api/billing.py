from scaicontrol.core.errors import Refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing
from scaicontrol.services.billing import Overview
from scaicontrol.services.billing.schemas import OverviewOut, PreviewOut

from .door import Many, One, Router

router = Router("/billing", tags=["billing"])


@router.get("/overview", response_model=One[OverviewOut], permission="billing:preview", summary="How we stand")
async def overview(uow: UnitOfWork) -> Overview:
    """What is paid a month, what is open, what comes next."""
    return await billing.overview(uow, _own_tenant(uow))


@router.get(
    "/upcoming", response_model=Many[PreviewOut], permission="billing:preview", summary="Preview the next invoice"
)
async def upcoming(uow: UnitOfWork) -> list[PreviewOut]:
    """The documents of the next run that charges anything, from what is known now; one per currency."""
    coming = await billing.upcoming(uow, _own_tenant(uow))
    return [PreviewOut.of(document, coming.day) for document in coming.documents]


def _own_tenant(uow: UnitOfWork) -> str:
    if uow.actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    return uow.actor.tenant_id
