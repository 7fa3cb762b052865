"""Names instead of ids: what rows refer to, asked for in one statement for each kind, and the page behind it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request

from scaicontrol.core.errors import Invalid, invalid
from scaicontrol.core.ids import prefix_of
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import (
    accounting,
    bank_statements,
    billing,
    catalog,
    identity,
    invoices,
    partners,
    registry,
    subscriptions,
    tenants,
    webhooks,
)
from scaicontrol.services.invoices.reads.documents import called as called_invoices

from . import formatting
from .language import gettext

OFFERED: Final = 12


class Ref(NamedTuple):
    """Another object that a row or page speaks of: the view that shows it (empty: told by its id), and its id."""

    view: str
    pk: str


class _NamedKind(NamedTuple):
    names: Callable[[UnitOfWork, Iterable[str]], Awaitable[Mapping[str, str]]]
    called: Callable[[UnitOfWork, str, int], Awaitable[Mapping[str, str]]]


async def _service_names(uow: UnitOfWork, ids: Iterable[str]) -> Mapping[str, str]:
    return {key: service.name for key, service in (await registry.by_ids(uow, ids)).items()}


async def _plan_keys(uow: UnitOfWork, ids: Iterable[str]) -> Mapping[str, str]:
    return {key: plan.key for key, plan in (await catalog.plans_by_id(uow, ids)).items()}


async def _subscriber_names(uow: UnitOfWork, ids: Iterable[str]) -> Mapping[str, str]:
    wanted = set(ids)
    return {endpoint.id: endpoint.name for endpoint in await webhooks.listing(uow) if endpoint.id in wanted}


async def _subscribers_called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    held = [each for each in await webhooks.listing(uow) if words.casefold() in each.name.casefold()]
    return {endpoint.id: endpoint.name for endpoint in held[:limit]}


_SAID: Final = {
    "bank-statement": "bank statement",
    "billing-run": "billing run",
    "accounting-integration": "accounting integration",
    "webhook-subscriptions": "subscriber",
}
PICKED: Final[Mapping[str, _NamedKind]] = {
    "tenant": _NamedKind(tenants.names, tenants.called),
    "partner": _NamedKind(partners.names, partners.called),
    "service": _NamedKind(_service_names, registry.called),
    "plan": _NamedKind(_plan_keys, catalog.called),
    "user": _NamedKind(identity.names, identity.called),
    "invoice": _NamedKind(invoices.numbers, called_invoices),
    "bank-statement": _NamedKind(bank_statements.references, bank_statements.called),
    "billing-run": _NamedKind(billing.run_names, billing.called),
    "accounting-integration": _NamedKind(accounting.names, accounting.called),
    "webhook-subscriptions": _NamedKind(_subscriber_names, _subscribers_called),
}


async def _subscribed_plans(uow: UnitOfWork, ids: Iterable[str]) -> Mapping[str, str]:
    return {key: row.plan_key for key, row in (await subscriptions.by_ids(uow, ids)).items()}


# What rows are named by that nobody picks from a list.
_NAMED: Final[Mapping[str, Callable[[UnitOfWork, Iterable[str]], Awaitable[Mapping[str, str]]]]] = {
    **{kind: picked_by.names for kind, picked_by in PICKED.items()},
    "subscription": _subscribed_plans,
}


async def names_of(uow: UnitOfWork, refs: Iterable[Ref | None]) -> Mapping[str, str]:
    """Give the names of what rows refer to by id. The caller was authorized for the rows that refer."""
    wanted: dict[str, set[str]] = {}
    for ref in refs:
        if ref is not None and ref.view in _NAMED and ref.pk:
            wanted.setdefault(ref.view, set()).add(ref.pk)
    found: dict[str, str] = {}
    for kind, ids in wanted.items():
        found.update(await _NAMED[kind](uow, ids))
    return found


def spoken_kind(kind: str) -> str:
    """Say what is picked as people do: `bank-statement` → bank statement."""
    return formatting.spoken(_SAID.get(kind, kind))


async def chosen(uow: UnitOfWork, kind: str, field: str, said: str) -> str:
    """
    Give the id of the one that `said` names, by its id, its name or what no other has within its name.

    Raises Invalid at `field` where none or several are called so.
    """
    if said in await PICKED[kind].names(uow, [said]):
        return said
    found = await PICKED[kind].called(uow, said, OFFERED)
    exact = [pk for pk, name in found.items() if name.casefold() == said.casefold()]
    if len(exact) == 1 or len(found) == 1:
        return (exact or list(found))[0]
    if not found and kind == "user":
        return said  # jobs and services act, too, and are called by their ids
    if not found:
        raise invalid(field, gettext("No %(kind)s is called %(said)s.", kind=spoken_kind(kind), said=said), "unknown")
    few = ", ".join(f"{name} ({pk})" for pk, name in found.items())
    several = gettext("Several are called %(said)s: %(few)s. Write more of the name, or its id.", said=said, few=few)
    raise invalid(field, several, "ambiguous")


async def picked(uow: UnitOfWork, kind: str, said: str) -> str:
    """Give the id of the one that the filter of a list names; raises a bad request as `chosen` raises Invalid."""
    try:
        return await chosen(uow, kind, kind, said)
    except Invalid as error:
        raise HTTPException(400, error.message) from error


def address_of(request: Request, ref: Ref | None) -> str | None:
    """Give the address of an object's page, or None where there is none for whoever looks."""
    if ref is None or not ref.pk:
        return None
    if not hasattr(request.state, "addresses"):
        request.state.addresses = _Addresses.of(request)
    found: str | None = request.state.addresses.of_object(ref)
    return found


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Where objects are, for one request: a list asks for two hundred of them, which differ in their ids."""

    request: Request
    identities: Mapping[str, str]  # of the views that whoever looks may open, by prefix of the ids
    before: dict[str, str] = field(default_factory=dict)  # by view, what stands before the id

    @classmethod
    def of(cls, request: Request) -> "_Addresses":
        views = [view for view in request.app.state.console.views if view.is_model and view.is_accessible(request)]
        by_prefix = {view.prefix: view.identity for view in reversed(views)}  # of two, the first
        return cls(request, {**by_prefix, **{f"={view.identity}": view.identity for view in views}})

    def of_object(self, ref: Ref) -> str | None:
        identity = self.identities.get(f"={ref.view}" if ref.view else prefix_of(ref.pk))
        if identity is None:
            return None
        if identity not in self.before:
            address = str(self.request.url_for("admin:details", identity=identity, pk="-"))
            self.before[identity] = address.removesuffix("-")
        return self.before[identity] + ref.pk
