from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan, PlanVersion, PriceOverride
from scaicontrol.services.catalog.schemas import OverrideOut, PlanIn, PlanOut, PlanVersionOut, PriceOverrideIn

from .door import One, Paged, Paging, Router

router = Router("/admin/plans", tags=["admin"])
overrides = Router("/admin/partners/{partner_id}/price-overrides", tags=["admin-partners"])


@router.get("", response_model=Paged[PlanOut], permission="plans:administer", summary="List plans")
async def list_plans(
    uow: UnitOfWork,
    paging: Paging,
    service_id: Id | None = None,
    is_active: bool | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[Plan]:
    uow.authorize("plans:administer")
    return await catalog.page(uow, paging, service_id=service_id, is_active=is_active, q=q)


@router.post(
    "",
    response_model=One[PlanOut],
    status_code=201,
    permission="plans:manage",
    keyed=True,
    summary="Create a plan",
)
async def create_plan(uow: UnitOfWork, body: PlanIn) -> Plan:
    """Brackets of a metric start at 0, touch and do not overlap; the last one stays open."""
    return await catalog.create(uow, body)


@router.put("/{plan_id}", response_model=One[PlanOut], permission="plans:manage", summary="Replace a plan")
async def replace_plan(uow: UnitOfWork, plan_id: str, body: PlanIn) -> Plan:
    """
    Deactivate it by `is_active=false`. Service, slug, billing period and currency stay.

    Other terms are a new version, for who subscribes from now on; who has the plan keeps its own.
    """
    return await catalog.update(uow, plan_id, body)


@router.get(
    "/{plan_id}/versions",
    response_model=One[list[PlanVersionOut]],
    permission="plans:administer",
    summary="List the versions of a plan",
)
async def list_versions(uow: UnitOfWork, plan_id: str) -> Sequence[PlanVersion]:
    """Newest first; a version that was sold never changes."""
    uow.authorize("plans:administer")
    return await catalog.versions(uow, plan_id)


@overrides.get(
    "", response_model=Paged[OverrideOut], permission="price_overrides:read", summary="List a partner's own prices"
)
async def list_overrides(uow: UnitOfWork, partner_id: str, paging: Paging) -> Page[PriceOverride]:
    return await catalog.overrides(uow, partner_id, paging)


@overrides.post(
    "",
    response_model=One[OverrideOut],
    status_code=201,
    permission="price_overrides:manage",
    keyed=True,
    summary="Give a partner its own price",
)
async def add_override(uow: UnitOfWork, partner_id: Id, body: PriceOverrideIn) -> PriceOverride:
    return await catalog.add_override(uow, partner_id, body)


@overrides.put(
    "/{override_id}",
    response_model=One[OverrideOut],
    permission="price_overrides:manage",
    summary="Change a partner's own price",
)
async def change_override(uow: UnitOfWork, partner_id: str, override_id: str, body: PriceOverrideIn) -> PriceOverride:
    return await catalog.change_override(uow, partner_id, override_id, body)


@overrides.delete(
    "/{override_id}",
    response_model=One[OverrideOut],
    permission="price_overrides:manage",
    summary="Remove a partner's own price",
)
async def remove_override(uow: UnitOfWork, partner_id: str, override_id: str) -> OverrideOut:
    return OverrideOut.model_validate(await catalog.remove_override(uow, partner_id, override_id))
