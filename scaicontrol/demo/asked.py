"""What consumers, services and providers ask or do on their own, for a person to decide about."""

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import declarations, registry
from scaicontrol.services.declarations.lifecycle import CancellationKind, DeclarationKind
from scaicontrol.services.declarations.schemas import DeclarationIn
from scaicontrol.services.registry.models import Service, ServiceEntrypoint
from scaicontrol.services.registry.schemas import DeclaredEntrypointIn, MetricIn, RegistrationIn

from .loading import OPERATOR, service_of
from .world import BUYERS

_FORM = "5f" * 16  # one form that was sent


async def declare(backend: Backend) -> None:
    """Lucie cancels her drive by the public button, without signing in; somebody has to carry it out."""
    said = DeclarationIn(
        kind=DeclarationKind.cancellation,
        submission_key=_FORM,
        language="fr",
        name=str(BUYERS["tnt_lumiere"]["company_name"]),
        contract="ScaiDrive",
        email=str(BUYERS["tnt_lumiere"]["contact_email"]),
        cancellation_kind=CancellationKind.ordinary,
    )
    await backend.perform(Actor.system("declarations"), declarations.receive, "prt_atelier", said)


async def measure_otherwise(backend: Backend, actor: Actor) -> None:
    """ScaiCRM wants to count requests instead of calls, which plans have a price for: an operator decides."""
    said = await backend.ask(OPERATOR, _as_it_registers, "scaicrm")
    metrics = [each.model_copy(update={"unit": "request"} if each.slug == "api_calls" else {}) for each in said.metrics]
    await registry.re_register(backend, actor, said.model_copy(update={"metrics": metrics}))


async def _as_it_registers(uow: UnitOfWork, slug: str) -> RegistrationIn:
    service: Service = await service_of(uow, slug)
    ways = await uow.session.scalars(
        select(ServiceEntrypoint).where(ServiceEntrypoint.service_id == service.id, ServiceEntrypoint.is_declared)
    )
    return RegistrationIn(
        slug=service.slug,
        name=service.name,
        version=service.version,
        description=service.description,
        base_url=service.base_url,
        health_check_url=service.health_check_url,
        provisioning_url=service.provisioning_url,
        capabilities=service.capabilities,
        metrics=[MetricIn.model_validate(metric) for metric in service.metrics],
        entrypoints=[DeclaredEntrypointIn.model_validate(_declared(way)) for way in ways],
        heartbeat_interval_seconds=service.heartbeat_interval_seconds,
    )


def _declared(way: ServiceEntrypoint) -> dict[str, object]:
    names = ("label", "url_template", "entry_type", "description", "required_scope", "sort_order")
    return {name: getattr(way, name) for name in names}
