"""The services a tenant holds, as its people open them: where to, and why not where it cannot be used."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry, tenants
from scaicontrol.services.registry.models import ServiceEntrypoint
from scaicontrol.services.registry.reads import launch_links
from scaicontrol.services.registry.schemas import EntryType
from scaicontrol.services.subscriptions.lifecycle import TERMINAL, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import of_tenant

# Of links that a service put in no order, the one that people open comes first.
_KINDS: Final = (EntryType.web, EntryType.desktop, EntryType.admin, EntryType.docs, EntryType.api)


@dataclass(frozen=True, slots=True)
class LaunchLink:
    """A way into a service, filled in for one tenant."""

    service_slug: str
    service_name: str
    label: str
    url: str
    entry_type: str
    icon_url: str | None
    description: str


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service that a tenant holds; one that cannot be used has no links, and `reason` says why it was suspended."""

    service_slug: str
    service_name: str
    description: str
    icon_url: str | None
    health_status: str
    status: SubscriptionStatus
    is_usable: bool
    reason: str | None
    ends_at: datetime | None
    links: list[LaunchLink]


async def own_services(uow: UnitOfWork, tenant_id: str, locale: str | None = None) -> list[OwnService]:
    """
    List the services of a tenant's live subscriptions, by name; of several for one, the one that entitles tells.

    Why a service is suspended is told to whoever may read subscriptions.

    Raises NotFound.
    """
    uow.authorize("entrypoints:read")
    tenant = await tenants.get(uow, tenant_id)
    leading = await _leading(uow, tenant.id)
    usable = [service_id for service_id, held in leading.items() if held.is_entitled]
    said = {
        "tenant_id": tenant.id,
        "tenant_slug": tenant.slug,
        "partner_id": tenant.partner_id,
        "locale": locale or tenant.preferred_language or "en",
    }
    links: defaultdict[str, list[LaunchLink]] = defaultdict(list)
    for row in sorted(await launch_links(uow, usable), key=_order):
        if link := _link(uow, row, leading[row.service_id], said):
            links[row.service_id].append(link)
    for service_id in usable:
        if not any(link.entry_type == EntryType.web for link in links[service_id]):
            links[service_id][:0] = _endpoint(uow, leading[service_id])
    found = [_shown(uow, held, links[service_id]) for service_id, held in leading.items()]
    return sorted(found, key=lambda each: (each.service_name.casefold(), each.service_slug))


async def _leading(uow: UnitOfWork, tenant_id: str) -> dict[str, Subscription]:
    """Give the subscription that tells of each service: one that entitles before one that does not, a single first."""
    held = [row for row in await of_tenant(uow, tenant_id) if row.status not in TERMINAL]
    held.sort(key=lambda row: (not row.is_entitled, row.is_one_time, row.is_child, row.created_at, row.id))
    leading: dict[str, Subscription] = {}
    for row in held:
        leading.setdefault(row.service_id, row)
    return leading


def _order(row: ServiceEntrypoint) -> tuple[int, int, str]:
    return row.sort_order, _KINDS.index(EntryType(row.entry_type)), row.id


def _link(uow: UnitOfWork, row: ServiceEntrypoint, held: Subscription, said: Mapping[str, str]) -> LaunchLink | None:
    if row.required_scope and not {"*", row.required_scope} & uow.actor.scopes:
        return None
    url = registry.launch_address(row.url_template, said, is_development=uow.settings.is_development)
    if url is None:
        return None
    return LaunchLink(
        service_slug=held.service.slug,
        service_name=held.service.name,
        label=row.label,
        url=url,
        entry_type=row.entry_type,
        icon_url=row.icon_url,
        description=row.description,
    )


def _endpoint(uow: UnitOfWork, held: Subscription) -> list[LaunchLink]:
    """Give the address that provisioning named, for a service that declared none to open."""
    url = registry.launch_address(held.endpoint or "", {}, is_development=uow.settings.is_development)
    name = held.service.name
    return [LaunchLink(held.service.slug, name, name, url, EntryType.web, None, "")] if url else []


def _shown(uow: UnitOfWork, held: Subscription, links: list[LaunchLink]) -> OwnService:
    ends = {
        SubscriptionStatus.trialing: held.trial_ends_at,
        SubscriptionStatus.cancelling: held.pending_cancellation_at,
    }
    return OwnService(
        service_slug=held.service.slug,
        service_name=held.service.name,
        description=held.service.description,
        icon_url=held.service.icon_url,
        health_status=held.service.health_status,
        status=held.status,
        is_usable=held.is_entitled,
        reason=held.suspended_reason if uow.actor.may("subscriptions:read") else None,
        ends_at=ends.get(held.status),
        links=links,
    )
