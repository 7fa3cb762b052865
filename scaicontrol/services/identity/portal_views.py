"""
Operators look at a tenant's portal as its administrator sees it: read-only, for half an hour, with reason and ticket.

These are sessions and no `@verb`: what an agent could plan would be a way in for agents.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Select, select

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.errors import Forbidden, NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services.tenants import reads as tenants

from .events import PortalViewBegun, PortalViewEnded
from .models import PortalView, User
from .roles import ROLES
from .schemas import PortalViewIn

LASTS: Final = timedelta(minutes=30)
_AS: Final = "tenant_admin"
_SORTABLE: Final = {"created_at": PortalView.created_at}


async def begin_portal_view(uow: UnitOfWork, tenant_id: str, body: PortalViewIn) -> PortalView:
    """
    Let the operator look at a tenant's portal for half an hour; the tenant reads who did, when and why.

    Views of the same operator that still ran end here: a browser holds one, and lists say what was looked at.
    Raises NotFound for a tenant the operator does not see, Forbidden for everybody but people.
    """
    uow.authorize("portal_views:begin")
    operator = uow.actor
    if operator.kind is not ActorKind.user or operator.on_behalf_of or operator.tenant_id:
        raise Forbidden("Only an operator in person may view a tenant's portal; nobody may do it for them.")
    tenant = await tenants.find(uow, tenant_id)
    if tenant is None or tenant.deleted_at is not None:
        raise NotFound(f"No tenant {tenant_id}.")
    await uow.session.get(User, operator.id, with_for_update=True)  # of two begun at once the later ends the earlier
    running = _own(uow).where(PortalView.ends_at > uow.now).with_for_update()
    for earlier in (await uow.session.scalars(running)).all():
        _end(uow, earlier)
    view = PortalView(
        id=new_id("pvw"),
        tenant_id=tenant.id,
        partner_id=tenant.partner_id,
        operator_id=operator.id,
        operator_name=operator.name or operator.id,
        reason=body.reason,
        ticket=body.ticket,
        begun_at=uow.now,
        ends_at=uow.now + LASTS,
    )
    uow.session.add(view)
    uow.emit(
        PortalViewBegun(
            tenant_id=tenant.id, partner_id=tenant.partner_id, portal_view_id=view.id, operator_id=operator.id,
            ticket=body.ticket, ends_at=view.ends_at,
        ),
        after={"ticket": body.ticket, "ends_at": view.ends_at.isoformat()},
        reason=body.reason,
    )  # fmt: skip
    return view


async def end_portal_view(uow: UnitOfWork, view_id: str) -> PortalView:
    """
    End one's own view before its time, also when one may begin none any more; one that has ended stays as it is.

    Raises NotFound for a view of somebody else.
    """
    uow.authorize("identity:me")
    view: PortalView | None = await uow.session.scalar(_own(uow).where(PortalView.id == view_id).with_for_update())
    if view is None:
        raise NotFound(f"No view {view_id} of yours.")
    if uow.now < view.ends_at:
        _end(uow, view)
    return view


async def portal_viewer(uow: UnitOfWork, view_id: str) -> Actor | None:
    """
    Give who looks through the operator's own view: within the one tenant, and not allowed any change.

    None where the view is over, or the operator may no longer see the tenant.
    """
    uow.authorize("portal_views:begin")
    view: PortalView | None = await uow.session.scalar(_own(uow).where(PortalView.id == view_id))
    if view is None or uow.now >= view.ends_at:
        return None
    tenant = await tenants.find(uow, view.tenant_id)
    if tenant is None or tenant.deleted_at is not None or tenant.partner_id != view.partner_id:
        return None
    return Actor(
        id=uow.actor.id,
        kind=ActorKind.user,
        scope=Scope.tenant(view.partner_id, view.tenant_id),
        scopes=ROLES[_AS].scopes,
        roles=frozenset({_AS}),
        name=uow.actor.name,
        email=uow.actor.email,
        read_only=True,
        portal_view_id=view.id,
    )


async def page_portal_views(uow: UnitOfWork, page: PageRequest) -> Page[PortalView]:
    """List who of the operators looked at the portal, newest first."""
    uow.authorize("portal_views:read")
    return await paginate(uow, select(PortalView), page, _SORTABLE)


def _own(uow: UnitOfWork) -> Select[PortalView]:
    return select(PortalView).where(PortalView.operator_id == uow.actor.id)


def _end(uow: UnitOfWork, view: PortalView) -> None:
    view.ends_at = uow.now
    view.version += 1
    uow.emit(
        PortalViewEnded(
            tenant_id=view.tenant_id, partner_id=view.partner_id, portal_view_id=view.id,
            operator_id=view.operator_id, ended_at=uow.now,
        ),
        after={"ticket": view.ticket},
    )  # fmt: skip
