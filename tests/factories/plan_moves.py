"""Plans that were edited under subscribers, and moves of those."""

from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, plan_moves
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.catalog.schemas import PlanIn
from scaicontrol.services.plan_moves.models import PlanMove

from . import SCAIDRIVE, ada


def pro_at(cents: int, **fields: Any) -> PlanIn:
    """Say the plan `pro` at another price."""
    said = {
        "service_id": SCAIDRIVE, "slug": "pro", "name": "Pro", "tier": "pro", "billing_period": "monthly",
        "base_price_cents": cents, "currency": "EUR", "features": {"items": ["Everything"], "unit": "user"},
        "quotas": {"storage_gb": 100, "api_calls": 1000},
    }  # fmt: skip
    return PlanIn.model_validate(said | fields)


async def edited(backend: Backend, cents: int = 1200, plan_id: str = "pln_pro", **fields: Any) -> Plan:
    """Sell `pro` at another price from now on."""
    return await backend.perform(ada, catalog.update, plan_id, pro_at(cents, **fields))


async def announced(backend: Backend, plan_id: str = "pln_pro", notice_days: int = 30, **terms: Any) -> PlanMove:
    """Announce the version that is sold now to who has an earlier one."""

    async def verb(uow: UnitOfWork) -> PlanMove:
        return await plan_moves.announce(uow, plan_id, notice_days=notice_days, reason="New prices", **terms)

    return await backend.perform(ada, verb)
