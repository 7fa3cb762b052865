from collections.abc import Mapping, Sequence

from sqlalchemy import Select, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, subscriptions
from scaicontrol.services.tenants.reads import billed

from .models import Declaration, DeclarationDecision
from .periods import last_moment
from .schemas import DeclarationDetail, DeclarationFilter, DeclarationOut

_SORTABLE = {"created_at": Declaration.created_at, "submitted_at": Declaration.submitted_at}
_DECIDED = ("outcome", "note", "decided_at", "decided_by", "subscription_id", "ends_at")


def visible(uow: UnitOfWork) -> Select[Declaration]:
    """Every read starts here; the session's scope decides whose customers. Tenants see none."""
    uow.authorize("declarations:read")
    return select(Declaration)


async def get(uow: UnitOfWork, declaration_id: str) -> Declaration:
    """
    Give a declaration as it was made.

    Raises NotFound.
    """
    found: Declaration | None = await uow.session.scalar(visible(uow).where(Declaration.id == declaration_id))
    if found is None:
        raise NotFound(f"There is no declaration {declaration_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, wanted: DeclarationFilter | None = None) -> Page[DeclarationOut]:
    """List declarations with what was made of each."""
    wanted, query = wanted or DeclarationFilter(), visible(uow)
    if wanted.kind is not None:
        query = query.where(Declaration.kind == wanted.kind)
    if wanted.is_open is not None:
        decided = Declaration.id.in_(select(DeclarationDecision.declaration_id))
        query = query.where(~decided if wanted.is_open else decided)
    found = await paginate(uow, query, request, _SORTABLE)
    return found.of(await shown(uow, found.items))


async def shown(uow: UnitOfWork, declarations: Sequence[Declaration]) -> list[DeclarationOut]:
    """Give declarations as surfaces show them."""
    decisions = await _decisions(uow, [each.id for each in declarations])
    return [DeclarationOut.model_validate(_fields(each, decisions.get(each.id))) for each in declarations]


async def detail(uow: UnitOfWork, declaration_id: str) -> DeclarationDetail:
    """
    Give a declaration with what the contract that was found allows.

    Raises NotFound.
    """
    declaration = await get(uow, declaration_id)
    decision = await decision_of(uow, declaration_id)
    profiles = await billed(uow, [declaration.found_tenant_id]) if declaration.found_tenant_id else []
    ends = None
    if declaration.found_subscription_id:
        contract = await subscriptions.get(uow, declaration.found_subscription_id)
        ends = last_moment(contract.created_at, (await partners.settings_of(uow, declaration.partner_id)).timezone)
    return DeclarationDetail.model_validate(
        {
            **_fields(declaration, decision),
            "is_consumer": not profiles[0].is_business if profiles else None,
            "withdrawal_ends_at": ends,
            "available_actions": offered(uow.actor, is_decided=decision is not None),
        }
    )


def offered(actor: Actor, *, is_decided: bool) -> list[str]:
    """Name what an actor may do with a declaration now: nothing more, once it is decided."""
    return [] if is_decided or not actor.may("declarations:decide") else ["carry_out", "decline"]


async def decision_of(uow: UnitOfWork, declaration_id: str) -> DeclarationDecision | None:
    """Give what was made of a declaration, or None while it waits."""
    uow.authorize("declarations:read")
    return (await _decisions(uow, [declaration_id])).get(declaration_id)


async def _decisions(uow: UnitOfWork, ids: Sequence[str]) -> Mapping[str, DeclarationDecision]:
    query = select(DeclarationDecision).where(DeclarationDecision.declaration_id.in_(ids))
    return {each.declaration_id: each for each in await uow.session.scalars(query)}


def _fields(declaration: Declaration, decision: DeclarationDecision | None) -> dict[str, object]:
    made = {name: getattr(declaration, name) for name in DeclarationOut.model_fields if name not in _DECIDED}
    return made | ({name: getattr(decision, name) for name in _DECIDED} if decision else {})
