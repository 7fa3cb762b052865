from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, case, func, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork

from .models import LedgerEntry, LedgerPosting
from .schemas import BalanceFilter, BalanceOut, EntryFilter, EntryOut, PostingOut

_SORTABLE = {"created_at": LedgerEntry.created_at, "occurred_at": LedgerEntry.occurred_at}


def visible(uow: UnitOfWork) -> Select[LedgerEntry]:
    """Every read starts here; the session's scope decides whose books."""
    uow.authorize("ledger:read")
    return select(LedgerEntry)


async def entry(uow: UnitOfWork, entry_id: str) -> EntryOut:
    """
    Give an entry with its sides.

    Raises NotFound.
    """
    found = await uow.session.scalar(visible(uow).where(LedgerEntry.id == entry_id))
    if found is None:
        raise NotFound(f"There is no ledger entry {entry_id}.")
    return (await _with_sides(uow, [found]))[0]


async def entries(uow: UnitOfWork, request: PageRequest, wanted: EntryFilter | None = None) -> Page[EntryOut]:
    """List entries with their sides."""
    query = visible(uow).where(*_narrowed(wanted or EntryFilter()))
    found = await paginate(uow, query, request, _SORTABLE)
    return found.of(await _with_sides(uow, found.items))


def _narrowed(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    narrowed = [
        getattr(LedgerEntry, name) == value
        for name in (
            "partner_id", "tenant_id", "currency", "kind", "source_type", "source_id", "invoice_id", "about_id",
        )
        if (value := getattr(wanted, name)) is not None
    ]  # fmt: skip
    if wanted.account is not None:
        narrowed.append(on_account(wanted.account))
    if wanted.occurred_from is not None:
        narrowed.append(LedgerEntry.occurred_at >= wanted.occurred_from)
    if wanted.occurred_before is not None:
        narrowed.append(LedgerEntry.occurred_at < wanted.occurred_before)
    return narrowed


def on_account(account: str) -> ColumnElement[bool]:
    """Say in SQL that one side of an entry is on an account."""
    return LedgerEntry.id.in_(select(LedgerPosting.entry_id).where(LedgerPosting.account == account))


async def _with_sides(uow: UnitOfWork, found: Sequence[LedgerEntry]) -> list[EntryOut]:
    query = select(LedgerPosting).where(LedgerPosting.entry_id.in_([each.id for each in found]))
    sides: defaultdict[str, list[PostingOut]] = defaultdict(list)
    for row in await uow.session.scalars(query.order_by(LedgerPosting.entry_id, LedgerPosting.position)):
        sides[row.entry_id].append(PostingOut.model_validate(row))
    names = [name for name in EntryOut.model_fields if name != "postings"]
    return [EntryOut(**{name: getattr(each, name) for name in names}, postings=sides[each.id]) for each in found]


async def balances(uow: UnitOfWork, wanted: BalanceFilter | None = None) -> list[BalanceOut]:
    """Give the trial balance: each seller's accounts by currency, those without a movement left out."""
    uow.authorize("ledger:read")
    wanted = wanted or BalanceFilter()
    key = (LedgerPosting.partner_id, LedgerPosting.currency, LedgerPosting.account)
    amount = LedgerPosting.amount_cents
    query = select(
        *key,
        func.sum(case((amount > 0, amount), else_=0)),
        func.sum(case((amount < 0, -amount), else_=0)),
    ).group_by(*key)
    for name in ("partner_id", "tenant_id", "currency"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(LedgerPosting, name) == value)
    if wanted.before is not None:
        query = query.where(LedgerPosting.occurred_at < wanted.before)
    return [
        BalanceOut(
            partner_id=partner_id,
            currency=currency,
            account=account,
            debit_cents=int(debit),
            credit_cents=int(credit),
            balance_cents=int(debit) - int(credit),
        )
        for partner_id, currency, account, debit, credit in await uow.session.execute(query.order_by(*key))
    ]
