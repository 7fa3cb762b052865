"""Tells caches of actors in this process that roles changed; other processes learn it when their entries run out."""

from itertools import count
from typing import Final

from sqlalchemy import event

from scaicontrol.core.work import UnitOfWork

_numbers: Final = count(1)
_epoch = [0]


def current_role_epoch() -> int:
    """Give a number that grows with every committed change of roles, people or sessions in this process."""
    return _epoch[0]


def advance_after_commit(uow: UnitOfWork) -> None:
    """Let the epoch grow when, and only when, this unit of work commits."""

    def grow(_: object) -> None:
        _epoch[0] = next(_numbers)

    event.listen(uow.session.sync_session, "after_commit", grow, once=True)
