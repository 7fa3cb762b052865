from typing import Annotated

from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import declarations
from scaicontrol.services.declarations.schemas import (
    CarryOutIn,
    DeclarationDetail,
    DeclarationFilter,
    DeclarationOut,
    DeclineIn,
)

from .door import One, Paged, Paging, Router, narrowing

router = Router("/admin/declarations", tags=["admin-declarations"])
Wanted = Annotated[DeclarationFilter, narrowing(DeclarationFilter)]


@router.get("", response_model=Paged[DeclarationOut], permission="declarations:read", summary="List declarations")
async def index(uow: UnitOfWork, paging: Paging, wanted: Wanted) -> Page[DeclarationOut]:
    """Withdrawals and cancellations of consumers; with `is_open=true`, those that wait for somebody."""
    return await declarations.page(uow, paging, wanted)


@router.get(
    "/{declaration_id}",
    response_model=One[DeclarationDetail],
    permission="declarations:read",
    summary="Show a declaration",
)
async def show(uow: UnitOfWork, declaration_id: str) -> DeclarationDetail:
    """With what was found of it, and what the contract allows."""
    return await declarations.detail(uow, declaration_id)


@router.post(
    "/{declaration_id}/carry-out",
    response_model=One[DeclarationDetail],
    permission="declarations:decide",
    keyed=True,
    summary="Carry a declaration out",
)
async def carry_out(uow: UnitOfWork, declaration_id: str, body: CarryOutIn) -> DeclarationDetail:
    """Ends the contract as declared; of a withdrawal, drafts of credit notes say what goes back."""
    await declarations.carry_out(uow, declaration_id, body)
    return await declarations.detail(uow, declaration_id)


@router.post(
    "/{declaration_id}/decline",
    response_model=One[DeclarationDetail],
    permission="declarations:decide",
    keyed=True,
    summary="Decline a declaration",
)
async def decline(uow: UnitOfWork, declaration_id: str, body: DeclineIn) -> DeclarationDetail:
    """Nothing follows from it; the consumer reads why."""
    await declarations.decline(uow, declaration_id, body)
    return await declarations.detail(uow, declaration_id)
