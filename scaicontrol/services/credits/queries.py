from collections.abc import Collection, Sequence

from sqlalchemy import Select, case, func, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound
from scaicontrol.core.lifecycle import permitted
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants

from .models import Credit, CreditUse, Receivable
from .schemas import CreditBalance, CreditDetail, CreditFilter, CreditOut, CreditUseOut, ReceivableFilter

_SORTABLE = {
    "created_at": Credit.created_at,
    "amount_cents": Credit.amount_cents,
    "remaining_cents": Credit.remaining_cents,
}


def visible(uow: UnitOfWork) -> Select[Credit]:
    """Every read starts here; the session's scope decides whose credits."""
    uow.authorize("credits:read")
    return select(Credit)


async def get(uow: UnitOfWork, credit_id: str, *, lock: bool = False) -> Credit:
    query = visible(uow).where(Credit.id == credit_id)
    found = await uow.session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    if found is None:
        raise NotFound(f"There is no credit {credit_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, wanted: CreditFilter | None = None) -> Page[Credit]:
    """List credits, without their uses."""
    wanted = wanted or CreditFilter()
    query = visible(uow)
    for column, value in (
        (Credit.tenant_id, wanted.tenant_id),
        (Credit.partner_id, wanted.partner_id),
        (Credit.invoice_id, wanted.invoice_id),
        (Credit.currency, wanted.currency),
        (Credit.source, wanted.source),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.is_open is not None:
        query = query.where(Credit.remaining_cents > 0 if wanted.is_open else Credit.remaining_cents == 0)
    return await paginate(uow, query, request, _SORTABLE)


async def uses_of(uow: UnitOfWork, credit_ids: Collection[str]) -> Sequence[CreditUse]:
    """List what became of credits, oldest first."""
    uow.authorize("credits:read")
    query = select(CreditUse).where(CreditUse.credit_id.in_(credit_ids)).order_by(CreditUse.created_at, CreditUse.id)
    return (await uow.session.scalars(query)).all()


async def detail(uow: UnitOfWork, credit_id: str) -> CreditDetail:
    """
    Give a credit with its uses.

    Raises NotFound.
    """
    return await shown(uow, await get(uow, credit_id))


async def shown(uow: UnitOfWork, credit: Credit) -> CreditDetail:
    """Say a credit as surfaces show it, also one that was just changed."""
    await uow.session.flush()
    uses = [CreditUseOut.model_validate(use) for use in await uses_of(uow, [credit.id])]
    plain = CreditOut.model_validate(credit).model_dump()
    return CreditDetail(**plain, uses=uses, available_actions=offered(uow.actor, credit))


def offered(actor: Actor, credit: Credit) -> list[str]:
    """Name what `actor` may do with a credit now; applying it is offered by the invoice it would settle."""
    actions = ["keep"] if credit.remaining_cents > 0 else []
    if actions and credit.order_id is None:
        actions.append("pay_back")
    return permitted(actor, actions, {"keep": "credits:keep", "pay_back": "credits:pay_back"})


async def balances(uow: UnitOfWork, tenant_id: str) -> list[CreditBalance]:
    """
    Sum what a tenant has with its seller, one row a currency; currencies with nothing left are not named.

    Raises NotFound.
    """
    await tenants.get(uow, tenant_id)
    query = (
        visible(uow)
        .where(Credit.tenant_id == tenant_id, Credit.remaining_cents > 0)
        .group_by(Credit.currency)
        .order_by(Credit.currency)
        .with_only_columns(
            Credit.currency,
            func.sum(Credit.remaining_cents),
            func.sum(case((Credit.is_kept, Credit.remaining_cents), else_=0)),
        )
    )
    rows = await uow.session.execute(query)
    return [CreditBalance(currency=code, available_cents=int(all_), kept_cents=int(kept)) for code, all_, kept in rows]


def visible_receivables(uow: UnitOfWork) -> Select[Receivable]:
    """Every read of receivables starts here; the session's scope decides whose."""
    uow.authorize("receivables:read")
    return select(Receivable)


async def receivable(uow: UnitOfWork, receivable_id: str, *, lock: bool = False) -> Receivable:
    """
    Give what a tenant owes beside its documents.

    Raises NotFound.
    """
    query = visible_receivables(uow).where(Receivable.id == receivable_id)
    found = await uow.session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    if found is None:
        raise NotFound(f"No receivable {receivable_id}.")
    return found


async def receivables(
    uow: UnitOfWork, request: PageRequest, wanted: ReceivableFilter | None = None
) -> Page[Receivable]:
    """List what tenants owe beside their documents; the open ones wait for a person."""
    wanted = wanted or ReceivableFilter()
    query = visible_receivables(uow)
    for column, value in ((Receivable.tenant_id, wanted.tenant_id), (Receivable.invoice_id, wanted.invoice_id)):
        if value is not None:
            query = query.where(column == value)
    if wanted.is_open is not None:
        query = query.where(Receivable.remaining_cents > 0 if wanted.is_open else Receivable.remaining_cents == 0)
    return await paginate(
        uow, query, request, {"created_at": Receivable.created_at, "amount_cents": Receivable.amount_cents}
    )
