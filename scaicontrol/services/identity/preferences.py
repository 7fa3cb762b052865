"""How pages speak to a person: language, time zone, formats, theme. Everybody's own, and nobody else's."""

from typing import Final

from sqlalchemy import Select, select

from scaicontrol.core.errors import Forbidden, NotFound
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .events import UserPreferencesChanged
from .models import User
from .schemas import UserPreferencesIn, UserPreferencesOut

_NOTHING_CHOSEN: Final = UserPreferencesOut(
    language=None, time_zone=None, number_format=None, date_format=None, theme=None
)


async def preferences(uow: UnitOfWork) -> UserPreferencesOut:
    """Say what the caller chose; whom the directory does not know yet, and services, chose nothing."""
    uow.authorize("identity:me")
    user: User | None = await uow.session.scalar(_own(uow))
    return UserPreferencesOut.model_validate(user) if user is not None else _NOTHING_CHOSEN


@verb
async def set_preferences(uow: UnitOfWork, body: UserPreferencesIn) -> UserPreferencesOut:
    """
    Replace what the caller chose, all of it; of two that are sent at once the later holds.

    An agent sets those of the person it acts for. Raises NotFound for whom the directory does not know, Forbidden
    through a view of a tenant's portal.
    """
    uow.authorize("preferences:set")
    if uow.actor.portal_view_id is not None:
        raise Forbidden("You are looking at this tenant's portal as an operator; your preferences are in the console.")
    user: User | None = await uow.session.scalar(_own(uow).with_for_update())
    if user is None:
        raise NotFound("The directory does not know you here yet; run `scaicontrol sync`, then choose again.")
    before, wanted = UserPreferencesOut.model_validate(user).model_dump(), body.model_dump()
    if wanted == before:
        return UserPreferencesOut.model_validate(user)
    for name, value in wanted.items():
        setattr(user, name, value)
    user.version += 1
    uow.emit(
        UserPreferencesChanged(
            user_id=user.id, tenant_id=user.tenant_id, partner_id=user.partner_id, version=user.version
        ),
        before=before,
        after=wanted,
    )
    return UserPreferencesOut.model_validate(user)


def _own(uow: UnitOfWork) -> Select[User]:
    return select(User).where(User.id == (uow.actor.on_behalf_of or uow.actor.id), User.deleted_at.is_(None))
