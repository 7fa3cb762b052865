"""
Identity sync: ScaiKey's directory of partners, tenants, people and groups, mirrored (contract §26).

Everything is read first, outside any transaction, and then applied in bounded ones in the order of their references.
Applying is safe to repeat. What vanished is marked as deleted, never removed; local roles are never touched.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeVar

from sqlalchemy import delete, func, select, update

from scaicontrol.core import mail_addresses, text
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.ports import DirectoryGroup, DirectoryPartner, DirectoryTenant, DirectoryUser
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import Model
from scaicontrol.db.tenant_filter import TenantOwned
from scaicontrol.services.partners.models import Partner
from scaicontrol.services.tenants import reads as tenants
from scaicontrol.services.tenants.models import BillingProfile, Tenant

from .claims import profile_of
from .events import DirectorySynced
from .models import Group, GroupMember, RoleAssignment, User
from .role_cache_epoch import advance_after_commit
from .roles import ROLES, Level

log = get_logger(__name__)

_BATCH: Final = 200
_JOB: Final = "identity_reconciliation"
_SYSTEM: Final = Actor.system("identity_sync")
_MIRRORED: Final = (Partner, Tenant, User, Group)
# These move with their tenant; a row of any other kind holds the tenant where it is.
_MOVABLE: Final = (BillingProfile, User, Group, GroupMember, RoleAssignment)

Row = DirectoryPartner | DirectoryTenant | DirectoryUser | DirectoryGroup
R = TypeVar("R", bound=Row)
T = TypeVar("T")


@dataclass(slots=True)
class SyncReport:
    """What a sync saw and changed, by kind: `users_added`, `groups_updated`, `memberships_removed` …"""

    dry_run: bool
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    deletions_aborted: bool = False
    duration_seconds: float = 0.0

    def __str__(self) -> str:
        changed = [
            f"{n} {name.replace('_', ' ')}" for name, n in self.counts.items() if n and not name.endswith("_seen")
        ]
        if self.problems:
            changed.append(f"{len(self.problems)} problems")
        if self.deletions_aborted:
            changed.append("deletions held back")
        return ", ".join(changed) or "nothing changed"

    def as_dict(self) -> dict[str, Any]:
        """Give the report flat, with a zero for whatever did not happen."""
        kinds = ("partners", "tenants", "users", "groups")
        names = [f"{kind}_{what}" for kind in kinds for what in ("seen", "added", "updated", "soft_deleted")]
        names += [f"memberships_{what}" for what in ("seen", "added", "removed")]
        rest = {name: value for name, value in asdict(self).items() if name != "counts"}
        return {name: self.counts[name] for name in names} | rest


@dataclass(frozen=True, slots=True)
class _Directory:
    """One reading of the directory; ids are unique, the last entry wins."""

    partners: Mapping[str, DirectoryPartner]
    tenants: Mapping[str, DirectoryTenant]
    users: Mapping[str, DirectoryUser]
    groups: Mapping[str, DirectoryGroup]

    @property
    def by_kind(self) -> Mapping[type[Any], Mapping[str, Row]]:
        return {Partner: self.partners, Tenant: self.tenants, User: self.users, Group: self.groups}


@verb
async def start(backend: Backend, actor: Actor) -> str:
    """
    Wake a worker to mirror the directory, and name the job it runs as; its result stands among the jobs.

    Raises Forbidden to whoever may not.
    """
    actor.require("identity:sync")
    await backend.ports.waker.wake("run_job_now", _JOB)
    return _JOB


async def sync(backend: Backend, *, dry_run: bool = False, force_deletes: bool = False) -> SyncReport:
    """
    Mirror the whole directory; a dry run counts what would change.

    When fewer than half of the known active people, or of another kind, are in it, nothing is deleted unless forced.
    """
    _SYSTEM.require("identity:sync")
    started, report = time.monotonic(), SyncReport(dry_run=dry_run)
    seen = await _read(backend)
    run = backend.ask if dry_run else backend.perform
    for kind, rows in seen.by_kind.items():
        report.counts[f"{_plural(kind)}_seen"] = len(rows)
        for batch in _batches(list(rows.values())):
            counts, problems = await run(_SYSTEM, _upsert, kind, batch, seen, dry_run=dry_run)
            report.counts += counts
            report.problems += problems
    report.deletions_aborted = not force_deletes and await backend.ask(_SYSTEM, _looks_too_empty, seen)
    for groups in _batches(list(seen.groups.values())):
        report.counts += await run(
            _SYSTEM, _apply_members, groups, seen, removes=not report.deletions_aborted, dry_run=dry_run
        )
    if report.deletions_aborted:
        log.error("directory_too_empty", hint="Check the application's access, or run `sync --force-deletes`.")
    else:
        # Children first, so that nobody is left in a group or tenant that is gone.
        for kind in reversed(_MIRRORED):
            report.counts += await run(_SYSTEM, _soft_delete, kind, frozenset(seen.by_kind[kind]), dry_run=dry_run)
    report.duration_seconds = round(time.monotonic() - started, 3)
    if not dry_run:
        await backend.perform(_SYSTEM, _tell, report)
    return report


async def refresh_user_at_login(backend: Backend, claims: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """
    Bring the row of somebody who signs in up to date with their ID token, and note the moment.

    Somebody the directory has not shown yet gets a row when their tenant is known; nobody deleted comes back this way.
    """
    await backend.perform(_SYSTEM, _refresh, claims, identity)


async def _refresh(uow: UnitOfWork, claims: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    uow.authorize("identity:sync")
    user = await uow.session.get(User, str(claims["sub"]))
    if user is None:
        tenant = await tenants.find(uow, str(claims.get("tenant_id", "")))
        if tenant is None or tenant.deleted_at is not None:
            return
        user = User(id=str(claims["sub"]), tenant_id=tenant.id, partner_id=tenant.partner_id)
        uow.session.add(user)
    user.last_login_at = uow.now
    said = profile_of(identity)
    if email := said.get("email"):
        user.email = _address(email) or user.email
    if name := said.get("display_name"):
        user.display_name = _name(name)


async def _read(backend: Backend) -> _Directory:
    directory = backend.ports.directory
    return _Directory(
        await _by_id(directory.partners()),
        await _by_id(directory.tenants()),
        await _by_id(directory.users()),
        await _by_id(directory.groups()),
    )


async def _by_id(rows: AsyncIterator[R]) -> dict[str, R]:
    # An entry that the directory itself calls deleted has vanished like one that it does not show.
    return {row.id: row async for row in rows if getattr(row, "status", "") != "deleted"}


async def _upsert(
    uow: UnitOfWork, kind: type[Any], batch: Sequence[Row], seen: _Directory, *, dry_run: bool
) -> tuple[Counter[str], list[str]]:
    """Add and change the rows of one kind; tell what could not be taken over."""
    uow.authorize("identity:sync")
    counts: Counter[str] = Counter()
    problems: list[str] = []
    known = {row.id: row for row in await uow.session.scalars(select(kind).where(kind.id.in_([r.id for r in batch])))}
    partners_of = await _partners_of(uow, batch, seen)
    for entry in batch:
        row, fields = known.get(entry.id), _fields(entry, partners_of)
        problem = _homeless(entry, fields, seen)
        if problem is None and row is not None and kind is Tenant and row.partner_id != fields["partner_id"]:
            problem = await _move_tenant(uow, row, fields["partner_id"], dry_run=dry_run)
        if problem is not None:
            problems.append(problem)
        elif row is None:
            counts[f"{_plural(kind)}_added"] += 1
            if not dry_run:
                uow.session.add(kind(id=entry.id, **fields))
        elif changed := {name: value for name, value in fields.items() if getattr(row, name) != value}:
            counts[f"{_plural(kind)}_updated"] += 1
            if not dry_run:
                for name, value in changed.items():
                    setattr(row, name, value)
                advance_after_commit(uow)
    return counts, problems


async def _partners_of(uow: UnitOfWork, batch: Sequence[Row], seen: _Directory) -> Mapping[str, str]:
    """Tell whose each tenant of the batch is here: one that may not move keeps its people where they are."""
    wanted = {tenant_id for entry in batch if (tenant_id := getattr(entry, "tenant_id", None))}
    if not wanted:
        return {}
    stored = await tenants.partners_of(uow, wanted)
    shown = {tenant_id: seen.tenants[tenant_id].partner_id for tenant_id in wanted & seen.tenants.keys()}
    return shown | stored


def _fields(entry: Row, partners_of: Mapping[str, str]) -> dict[str, Any]:
    """Give an entry in our columns; being in the directory undoes a deletion."""
    match entry:
        case DirectoryPartner() | DirectoryTenant():
            fields: dict[str, Any] = {
                "name": _name(entry.name),
                "slug": entry.slug,
                "status": entry.status,
                "contact_email": _address(entry.contact_email or "") or None,
            }
            if isinstance(entry, DirectoryTenant):
                fields["partner_id"] = entry.partner_id
        case DirectoryUser():
            fields = {
                **_place(entry, partners_of),
                "email": _address(entry.email),
                "display_name": _name(entry.display_name),
                "status": entry.status,
            }
        case DirectoryGroup():
            fields = {**_place(entry, partners_of), "name": _name(entry.name)}
    return fields | {"deleted_at": None}


def _name(value: str) -> str:
    """Give a name as it is kept: nobody here can ask the directory's people to type it again."""
    return text.one_line(text.tolerated(value)).strip()


def _address(value: str) -> str:
    """Give a mail address, or an empty text for what is none: nothing could be sent to it."""
    try:
        return mail_addresses.normalized(text.tolerated(value).strip())
    except ValueError:
        return ""


def _place(entry: DirectoryUser | DirectoryGroup, partners_of: Mapping[str, str]) -> dict[str, str | None]:
    return {"tenant_id": entry.tenant_id, "partner_id": partners_of.get(entry.tenant_id or "", entry.partner_id)}


def _homeless(entry: Row, fields: Mapping[str, Any], seen: _Directory) -> str | None:
    """Say which tenant or partner of an entry the directory itself does not show."""
    tenant_id, partner_id = fields.get("tenant_id"), fields.get("partner_id")
    if tenant_id and tenant_id not in seen.tenants:
        return f"{entry.id} was skipped: the directory does not show its tenant {tenant_id}."
    if partner_id and partner_id not in seen.partners:
        return f"{entry.id} was skipped: the directory does not show its partner {partner_id}."
    return None


async def _move_tenant(uow: UnitOfWork, tenant: Tenant, partner_id: str, *, dry_run: bool) -> str | None:
    """
    Move a tenant to another partner with its people and profile, or say what keeps it where it is.

    Documents, subscriptions and usage name the partner that sold them and cannot follow.
    """
    held = []
    for mapper in Model.registry.mappers:
        kind: Any = mapper.class_
        if issubclass(kind, TenantOwned) and kind not in (*_MOVABLE, Tenant):
            rows = select(func.count()).select_from(kind).where(kind.tenant_id == tenant.id)
            held += [str(mapper.local_table)] if await uow.session.scalar(rows) else []
    partner_roles = [name for name, role in ROLES.items() if role.level is Level.partner]
    in_tenant = select(func.count()).select_from(RoleAssignment).where(RoleAssignment.tenant_id == tenant.id)
    if await uow.session.scalar(in_tenant.where(RoleAssignment.role.in_(partner_roles))):
        held.append("partner roles of its people")
    if held:
        return f"{tenant} stays with partner {tenant.partner_id}: it has {', '.join(sorted(held))}."
    if not dry_run:
        for moving in _MOVABLE:
            await uow.session.execute(update(moving).where(moving.tenant_id == tenant.id).values(partner_id=partner_id))
    return None


async def _looks_too_empty(uow: UnitOfWork, seen: _Directory) -> bool:
    """Tell whether the directory shows fewer than half of what is known and active here, of any kind."""
    uow.authorize("identity:sync")
    for kind in (Partner, Tenant, User):
        active = select(kind.id).where(kind.deleted_at.is_(None), kind.status == "active")
        known = set(await uow.session.scalars(active))
        if 2 * len(known & seen.by_kind[kind].keys()) < len(known):
            return True
    return False


async def _soft_delete(uow: UnitOfWork, kind: type[Any], seen: frozenset[str], *, dry_run: bool) -> Counter[str]:
    uow.authorize("identity:sync")
    known = await uow.session.scalars(select(kind).where(kind.deleted_at.is_(None)))
    gone = [row for row in known if row.id not in seen]
    if not dry_run:
        for row in gone:
            row.deleted_at = uow.now
        if gone:
            advance_after_commit(uow)
    return Counter({f"{_plural(kind)}_soft_deleted": len(gone)})


async def _apply_members(
    uow: UnitOfWork, groups: Sequence[DirectoryGroup], seen: _Directory, *, removes: bool, dry_run: bool
) -> Counter[str]:
    uow.authorize("identity:sync")
    ids = [group.id for group in groups]
    known_groups = {row.id: row for row in await uow.session.scalars(select(Group).where(Group.id.in_(ids)))}
    wanted = {(group.id, user_id) for group in groups for user_id in group.member_ids if user_id in seen.users}
    rows = await uow.session.execute(
        select(GroupMember.group_id, GroupMember.user_id).where(GroupMember.group_id.in_(ids))
    )
    present = {(group_id, user_id) for group_id, user_id in rows}
    people = set(await uow.session.scalars(select(User.id).where(User.id.in_({user_id for _, user_id in wanted}))))
    added = sorted(pair for pair in wanted - present if dry_run or (pair[1] in people and pair[0] in known_groups))
    removed = sorted(present - wanted) if removes else []
    if not dry_run:
        for group_id, user_id in added:
            group = known_groups[group_id]
            place = {"tenant_id": group.tenant_id, "partner_id": group.partner_id}
            uow.session.add(GroupMember(group_id=group_id, user_id=user_id, **place))
        for group_id, user_id in removed:
            await uow.session.execute(
                delete(GroupMember).where(GroupMember.group_id == group_id, GroupMember.user_id == user_id)
            )
        if added or removed:
            advance_after_commit(uow)
    return Counter(
        {"memberships_seen": len(wanted), "memberships_added": len(added), "memberships_removed": len(removed)}
    )


async def _tell(uow: UnitOfWork, report: SyncReport) -> None:
    uow.authorize("identity:sync")
    changed = {name: count for name, count in report.counts.items() if count and not name.endswith("_seen")}
    if changed or report.problems or report.deletions_aborted:
        uow.emit(
            DirectorySynced(
                sync_id=new_id("syn"),
                counts=changed,
                deletions_aborted=report.deletions_aborted,
                problems=report.problems[:100],
            )
        )


def _plural(kind: type[Any]) -> str:
    return str(kind.__tablename__)


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
