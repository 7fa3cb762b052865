from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Select

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit

from . import formatting
from .base import ControlView, ListColumn, ListFilter, known_filter, moment_column, named_column
from .menu import MenuGroup
from .moments import filter_moment
from .names import Ref, names_of


def differences(entry: AuditEntry) -> Iterator[tuple[str, str, str]]:
    """Give each field with what it was and what it became; amounts in minor units where it names no currency."""
    before, after = entry.before or {}, entry.after or {}
    currency = after.get("currency") or before.get("currency")
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            is_amount = currency and name.endswith("_cents")
            said = partial(formatting.money, currency=str(currency)) if is_amount else formatting.plain
            label = name.removesuffix("_cents") if is_amount else name
            yield formatting.spoken(label), said(before.get(name)), said(after.get(name))


def changed(entry: AuditEntry) -> str:
    return "; ".join(f"{name}: {was} → {now}" for name, was, now in differences(entry)) or formatting.NOTHING


@dataclass(frozen=True, slots=True)
class AuditPage:
    """What the page of an audit entry shows."""

    entry: AuditEntry
    names: Mapping[str, str]
    differences: Sequence[tuple[str, str, str]]

    def named(self, pk: str) -> str:
        return self.names.get(pk, pk)


def named(entry: AuditEntry) -> Ref:
    """Give the page of what an entry is about, where there is one."""
    return Ref(entry.resource_type.replace("_", "-"), entry.resource_id)


def person(entry: AuditEntry) -> Ref | None:
    """Give the page of who did it, where that was a person."""
    return Ref("user", entry.actor_id) if entry.actor_kind == ActorKind.user else None


def who(entry: AuditEntry) -> str:
    return entry.actor_id


class AuditView(ControlView, model=AuditEntry):
    name, name_plural, icon = "Audit entry", "Audit log", "audit"
    category, rank = MenuGroup.oversight, 20
    about = "Who did what to which object, when and through which door; written with each change, never edited."
    prefix = "aud"
    permission = "audit:read"
    details_template = "console/audit_entry.html"
    grows = True
    searched = (AuditEntry.id, AuditEntry.actor_id)
    search_hint = "id of an entry or person"
    columns = (
        ListColumn("What", lambda row: formatting.spoken(row.action), None, "link"),
        ListColumn("About", lambda row: row.resource_id, None, "name", named),
        ListColumn("Who", lambda row: row.actor_id, AuditEntry.actor_id, "name", person, {"actor_id": who}),
        named_column("For", "user", "on_behalf_of"),
        ListColumn("Door", lambda row: row.surface),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Changed", changed),
        ListColumn("Reason", lambda row: row.reason or formatting.NOTHING),
        moment_column("When", "created_at", AuditEntry.created_at),
    )
    narrowing = (
        ListFilter("actor", "Who", lambda value: AuditEntry.actor_id == value, kind="user"),
        known_filter("action", "What", AuditEntry.action),
        ListFilter("resource", "About", lambda value: AuditEntry.resource_id == value),
        ListFilter("tenant", "Tenant", lambda value: AuditEntry.tenant_id == value, kind="tenant"),
        known_filter("door", "Door", AuditEntry.surface),
        ListFilter("from", "From", lambda value: AuditEntry.created_at >= filter_moment(value), kind="datetime-local"),
        ListFilter("to", "To", lambda value: AuditEntry.created_at < filter_moment(value), kind="datetime-local"),
    )

    def visible(self, uow: UnitOfWork) -> Select[AuditEntry]:
        return audit.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> AuditPage:
        entry = await audit.entry(uow, pk)
        people = [Ref("user", who) for who in (entry.actor_id, entry.on_behalf_of) if who]
        owners = [Ref(kind, pk) for kind, pk in (("tenant", entry.tenant_id), ("partner", entry.partner_id)) if pk]
        return AuditPage(entry, await names_of(uow, [named(entry), *people, *owners]), list(differences(entry)))

    def title_of(self, detail: AuditPage) -> str:
        return formatting.titled(detail.entry.action)

    def actions_of(self, detail: AuditPage) -> Sequence[str]:
        return []


VIEWS = (AuditView,)
