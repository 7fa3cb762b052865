from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry, usage
from scaicontrol.services.usage import PeriodType, PlatformUse

from .language import gettext
from .lists import Context
from .menu import MenuGroup
from .names import Ref
from .pages import ConsolePage
from .request_context import console_of

_PERIODS: Final[Mapping[str, str]] = {
    PeriodType.hour.value: "This hour",
    PeriodType.day.value: "Today",
    PeriodType.month.value: "This month",
}


class UsagePage(ConsolePage):
    name, identity, icon = "Usage", "usage", "usage"
    category, rank = MenuGroup.customers, 40
    about = "What all tenants together use of each service; what one of them uses stands on its own page."
    permission = "usage:administer"
    template = "console/usage.html"

    async def content(self, request: Request) -> Context:
        period, console = request.query_params.get("period", PeriodType.month.value), console_of(request)
        if period not in _PERIODS:
            raise HTTPException(400, gettext("A period is one of %(periods)s.", periods=", ".join(_PERIODS)))
        found = await console.backend.ask(console.actor, self._found, PeriodType(period))
        return {"period": period, "periods": _PERIODS, **found}

    async def _found(self, uow: UnitOfWork, period: PeriodType) -> Context:
        uow.authorize(self.permission)
        rows = await usage.aggregate_use(uow, period)
        services = [await registry.find_by_slug(uow, slug) for slug in sorted({row.service_slug for row in rows})]
        named = {service.slug: service for service in services if service is not None}
        metrics = {(slug, each["slug"]): each for slug, service in named.items() for each in service.metrics}

        def metric(row: PlatformUse) -> Mapping[str, object]:
            return metrics.get((row.service_slug, row.metric_slug), {"name": row.metric_slug, "unit": ""})

        return {
            "rows": rows,
            "metric": metric,
            "names": {slug: service.name for slug, service in named.items()},
            "refs": {slug: Ref("service", service.id) for slug, service in named.items()},
        }


VIEWS = (UsagePage,)
