"""The ledger: entries of every movement, and the trial balance."""

from typing import Annotated

from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import ledger
from scaicontrol.services.ledger.schemas import BalanceFilter, BalanceOut, EntryFilter, EntryOut

from .door import Many, One, Paged, Paging, Router, narrowing

router = Router(prefix="/admin/ledger", tags=["admin-ledger"])

Wanted = Annotated[EntryFilter, narrowing(EntryFilter)]
WantedBalances = Annotated[BalanceFilter, narrowing(BalanceFilter)]


@router.get("/entries", response_model=Paged[EntryOut], permission="ledger:read", summary="List ledger entries")
async def entries(uow: UnitOfWork, paging: Paging, wanted: Wanted) -> Page[EntryOut]:
    """Every movement of money, and of what is owed, with its sides: debit is more than nothing."""
    return await ledger.entries(uow, paging, wanted)


@router.get(
    "/entries/{entry_id}", response_model=One[EntryOut], permission="ledger:read", summary="Show a ledger entry"
)
async def entry(uow: UnitOfWork, entry_id: str) -> EntryOut:
    return await ledger.entry(uow, entry_id)


@router.get("/balances", response_model=Many[BalanceOut], permission="ledger:read", summary="Read the trial balance")
async def balances(uow: UnitOfWork, wanted: WantedBalances) -> list[BalanceOut]:
    """Each seller's accounts by currency; those of a seller and currency sum to nothing."""
    return await ledger.balances(uow, wanted)
