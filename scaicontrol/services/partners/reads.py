"""
What other features ask partners for, by name.

No permission of their own: the calling verb has authorized.
"""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from .models import Partner


async def active_ids(uow: UnitOfWork) -> Sequence[str]:
    """Name the partners that sell."""
    return (await uow.session.scalars(select(Partner.id).where(Partner.status == "active"))).all()
