"""What a tenant wants to spend on the use of a service: said, changed, and taken back (contract §20)."""

from sqlalchemy import select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.refusals import RefusalCode, conflict, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry, tenants
from scaicontrol.services.registry.models import Service

from ..events import BudgetRemoved, BudgetSet
from ..models import UsageBudget
from ..schemas import BudgetIn
from ..summaries import periods


async def budget(uow: UnitOfWork, tenant_id: str, service_slug: str) -> UsageBudget | None:
    """Give a tenant's budget for one service; None where it has none. Raises NotFound for no such service."""
    uow.authorize("usage:read")
    found = await _stored(uow, tenant_id, (await _service(uow, service_slug)).id)
    return found if found is not None and found.removed_at is None else None


@verb
async def set_budget(uow: UnitOfWork, tenant_id: str, service_slug: str, body: BudgetIn) -> UsageBudget:
    """
    Say what the use of a service should cost in a period, and when to be told; replaces what was said before.

    Raises NotFound for no such tenant or service, Refused where the tenant does not hold it, Conflict for a stale
    `version`.
    """
    uow.authorize("budgets:manage")
    tenant = await tenants.get(uow, tenant_id)
    service = await _service(uow, service_slug)
    running = next((each for each in await periods(uow, tenant_id, service_slug) if each.is_current(uow.now)), None)
    if running is None:
        message = f"{service.name} is not in use: there is no period that a budget could be for."
        raise refused(RefusalCode.service_not_in_use, message, service=service.name)
    found = await _stored(uow, tenant_id, service.id, lock=True)
    is_there = found is not None and found.removed_at is None
    if body.version is not None and (found is None or not is_there or body.version != found.version):
        raise conflict(RefusalCode.changed_meanwhile, "Somebody has changed the budget meanwhile; look at it again.")
    said = {
        "amount_cents": body.amount_cents,
        "currency": running.currency,
        "percents": sorted(set(body.percents)),
        "on_forecast": body.on_forecast,
    }
    before = _said(found) if found is not None and is_there else None
    if found is not None and before == said:
        return found
    if found is None:
        found = UsageBudget(
            id=new_id("bgt"), tenant_id=tenant.id, partner_id=tenant.partner_id, service_id=service.id, version=0
        )
        uow.session.add(found)
    for name, value in said.items():
        setattr(found, name, value)
    found.removed_at = None
    found.version += 1
    uow.emit(
        BudgetSet(
            tenant_id=tenant.id,
            partner_id=tenant.partner_id,
            service_slug=service.slug,
            amount_cents=found.amount_cents,
            currency=found.currency,
            percents=found.percents,
            on_forecast=found.on_forecast,
            version=found.version,
        ),
        before=before,
        after=said,
    )
    return found


@verb
async def remove_budget(uow: UnitOfWork, tenant_id: str, service_slug: str) -> UsageBudget:
    """
    Take a budget back: nobody is told any more what the use of the service costs. Twice is as good as once.

    Raises NotFound for no such service, or where there never was a budget.
    """
    uow.authorize("budgets:manage")
    service = await _service(uow, service_slug)
    found = await _stored(uow, tenant_id, service.id, lock=True)
    if found is None:
        raise NotFound(f"There is no budget for {service.name}.")
    if found.removed_at is not None:
        return found
    found.removed_at = uow.now
    found.version += 1
    uow.emit(
        BudgetRemoved(
            tenant_id=found.tenant_id,
            partner_id=found.partner_id,
            service_slug=service.slug,
            amount_cents=found.amount_cents,
            currency=found.currency,
            version=found.version,
        ),
        before=_said(found),
    )
    return found


def _said(budget: UsageBudget) -> dict[str, object]:
    return {name: getattr(budget, name) for name in ("amount_cents", "currency", "percents", "on_forecast")}


async def _stored(uow: UnitOfWork, tenant_id: str, service_id: str, *, lock: bool = False) -> UsageBudget | None:
    query = select(UsageBudget).where(UsageBudget.tenant_id == tenant_id, UsageBudget.service_id == service_id)
    found: UsageBudget | None = await uow.session.scalar(query.with_for_update() if lock else query)
    return found


async def _service(uow: UnitOfWork, slug: str) -> Service:
    service = await registry.find_by_slug(uow, slug)
    if service is None:
        raise NotFound(f"No service '{slug}'.")
    return service
