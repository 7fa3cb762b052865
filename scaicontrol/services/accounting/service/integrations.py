"""Managing integrations. Settings are tried before they are stored; a provider may reach outside to try them."""

from collections.abc import Sequence

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Invalid, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.invoices.reads import books
from scaicontrol.services.payments.reads import dispute_movements

from .. import providers, queries
from ..events import IntegrationCreated, IntegrationDeactivated, IntegrationUpdated
from ..journal_input import MOVEMENTS, Kind, key_of
from ..models import AccountingIntegration
from ..schemas import IntegrationIn, IntegrationPut, LedgerMapping, TestedOut, TestReport
from .queue import skip_waiting
from .reading import read_inputs, reader

_LAST = 20
_ADDED = "added"


@verb
async def create(backend: Backend, actor: Actor, body: IntegrationIn) -> AccountingIntegration:
    """
    Add an integration; it takes what is finalized from now on, and earlier days by `sync`.

    Raises Invalid for settings the provider cannot work with, or where the operator names no partner.
    """
    actor.require("accounting:manage")
    if added := backend.reached(_ADDED):
        return await backend.ask(actor, queries.get, added)
    await _try(body)
    return await backend.perform(actor, _add, backend, body)


async def _try(body: IntegrationIn) -> None:
    wrong = await providers.provider(body.provider).test(body.config)
    if wrong:
        raise Invalid(f"The settings do not fit {body.provider}: {wrong[0].message}", reasons=tuple(wrong))


async def _add(uow: UnitOfWork, backend: Backend, body: IntegrationIn) -> AccountingIntegration:
    uow.authorize("accounting:manage")
    partner_id = body.partner_id or uow.actor.partner_id or uow.settings.operator_partner_id
    if not partner_id:
        raise invalid("partner_id", "Name the partner whose documents are to be booked.")
    await partners.get(uow, partner_id)
    integration = AccountingIntegration(
        id=new_id("aci"),
        partner_id=partner_id,
        provider=body.provider,
        name=body.name,
        config=body.config,
        mapping=body.mapping.model_dump(mode="json"),
        is_active=True,
        cursor=uow.now,
        version=1,
    )
    uow.session.add(integration)
    uow.emit(
        IntegrationCreated(
            accounting_integration_id=integration.id, partner_id=partner_id, version=1, provider=body.provider
        ),
        after=_settings_of(integration),
    )
    await uow.session.flush()
    await backend.keep(uow, _ADDED, integration.id)
    return integration


def _settings_of(integration: AccountingIntegration) -> dict[str, object]:
    return {name: getattr(integration, name) for name in ("name", "config", "mapping", "is_active")}


@verb
async def update(backend: Backend, actor: Actor, integration_id: str, body: IntegrationPut) -> AccountingIntegration:
    """
    Replace settings and mapping; what is still waiting is exported by the new ones.

    Raises NotFound, Invalid for settings the provider cannot work with and for another partner or provider, Conflict
    for a stale `version`.
    """
    actor.require("accounting:manage")
    await _try(body)
    return await backend.perform(actor, _change, integration_id, body)


async def _change(uow: UnitOfWork, integration_id: str, body: IntegrationPut) -> AccountingIntegration:
    uow.authorize("accounting:manage")
    integration = await queries.get(uow, integration_id, lock=True)
    if integration.version != body.version:
        raise Conflict(f"{integration} was changed meanwhile: it is at version {integration.version}.")
    if body.provider != integration.provider or body.partner_id not in (None, integration.partner_id):
        raise invalid("provider", f"{integration} keeps its partner and provider; add another integration instead.")
    before = _settings_of(integration)
    integration.name, integration.config, integration.is_active = body.name, body.config, body.is_active
    integration.mapping = body.mapping.model_dump(mode="json")
    integration.version += 1
    uow.emit(
        IntegrationUpdated(
            accounting_integration_id=integration.id, partner_id=integration.partner_id, version=integration.version
        ),
        before=before,
        after=_settings_of(integration),
    )
    if not body.is_active:
        await skip_waiting(uow, integration)
    return integration


@verb
async def deactivate(uow: UnitOfWork, integration_id: str) -> AccountingIntegration:
    """
    Stop an integration; what waited is skipped, what was exported stays on record.

    Raises NotFound for one that is not the caller's.
    """
    uow.authorize("accounting:manage")
    integration = await queries.get(uow, integration_id, lock=True)
    if not integration.is_active:
        return integration
    integration.is_active = False
    integration.version += 1
    await skip_waiting(uow, integration)
    uow.emit(
        IntegrationDeactivated(
            accounting_integration_id=integration.id, partner_id=integration.partner_id, version=integration.version
        ),
        before={"is_active": True},
        after={"is_active": False},
    )
    return integration


async def test(backend: Backend, actor: Actor, integration_id: str) -> TestReport:
    """Try the settings, and the mapping on the last 20 documents and movements; nothing is exported."""
    integration = await backend.ask(actor, queries.get, integration_id)
    provider = providers.provider(integration.provider)
    wrong = await provider.test(integration.config)
    wanted = await backend.ask(reader(integration.partner_id), _latest, integration.partner_id, provider.kinds)
    read = await read_inputs(backend, integration.partner_id, wanted, with_files=provider.needs_files)
    mapping = LedgerMapping.model_validate(integration.mapping)
    found = [
        TestedOut(number=each.number, kind=each.kind, problems=[reason.message for reason in reasons])
        for each in sorted(read.inputs, key=lambda one: one.order)
        if (reasons := provider.problems(each, mapping))
    ]
    kinds = {key_of(kind, key): kind for kind, key in wanted}
    found += [TestedOut(number=key, kind=kinds[key], problems=[why]) for key, why in sorted(read.unreadable.items())]
    return TestReport(
        ready=not wrong and not found,
        checked=len(read.inputs) + len(read.unreadable),
        settings=[reason.message for reason in wrong],
        documents=found,
    )


async def _latest(uow: UnitOfWork, partner_id: str, kinds: frozenset[Kind]) -> Sequence[tuple[Kind, str]]:
    uow.authorize("accounting:read")
    latest = await uow.session.execute(books.documents(partner_id, newest_first=True).limit(_LAST))
    rows = [(row.finalized_at, Kind(row.document_type), row.id) for row in latest if Kind(row.document_type) in kinds]
    if kinds & MOVEMENTS:
        moved = await uow.session.scalars(books.movements(partner_id, newest_first=True).limit(_LAST))
        rows += [(each.created_at, queries.movement_kind(each), each.id) for each in moved]
        disputed = await uow.session.scalars(dispute_movements(partner_id, newest_first=True).limit(_LAST))
        rows += [(each.created_at, queries.dispute_kind(each), each.id) for each in disputed]
    return [(kind, key) for _, kind, key in sorted(rows, reverse=True)[:_LAST]]
