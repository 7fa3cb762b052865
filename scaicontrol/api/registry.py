from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry
from scaicontrol.services.registry import Heard, RegistrationAnswer
from scaicontrol.services.registry.schemas import (
    DeregistrationIn,
    HeartbeatIn,
    HeartbeatOut,
    MetricChangeOut,
    RegistrationIn,
    RegistrationOut,
)

from .door import One, Router

router = Router("/registry", tags=["registry"])


@router.post(
    "/register",
    response_model=One[RegistrationOut],
    status_code=201,
    permission="registry:register",
    summary="Register a service",
)
async def register(backend: Backend, actor: Actor, body: RegistrationIn) -> RegistrationOut:
    """Known services are approved at once and get their metering key here, once; others wait for an operator."""
    return _answer(await registry.register(backend, actor, body))


@router.put(
    "/register",
    response_model=One[RegistrationOut],
    permission="registry:register",
    summary="Update the registration",
)
async def re_register(backend: Backend, actor: Actor, body: RegistrationIn) -> RegistrationOut:
    """
    Saying the same again changes nothing; a new version is remembered with what came with it.

    A metric that a plan prices keeps its kind and unit, and is counted although it is left out, until an operator
    approves `metric_change`.
    """
    return _answer(await registry.re_register(backend, actor, body))


@router.delete("/register", status_code=204, permission="registry:deregister", summary="Deregister a service")
async def deregister(uow: UnitOfWork, body: DeregistrationIn) -> None:
    """Refused while subscriptions of the service are alive."""
    await registry.deregister(uow, body.slug, body.reason)


@router.post(
    "/heartbeat",
    response_model=One[HeartbeatOut],
    permission="registry:heartbeat",
    summary="Say that the service lives",
)
async def heartbeat(uow: UnitOfWork, body: HeartbeatIn) -> Heard:
    return await registry.heartbeat(uow, body)


def _answer(registered: RegistrationAnswer) -> RegistrationOut:
    service = registered.service
    return RegistrationOut(
        service_id=service.id,
        slug=service.slug,
        status=service.status,
        health_status=service.health_status,
        heartbeat_interval_seconds=service.heartbeat_interval_seconds,
        auto_approved=registered.auto_approved,
        service_key=registered.service_key,
        metric_change=None
        if registered.metric_change is None
        else MetricChangeOut.model_validate(registered.metric_change),
    )
