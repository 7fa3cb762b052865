"""Which database errors mean that the whole unit of work may run again, and which that nobody knows how it ended."""

from typing import Any

from sqlalchemy import exc
from sqlalchemy.exc import DBAPIError

# Deadlock or certification conflict, lock wait, snapshot conflict, node not ready: the database has undone all of it.
RETRYABLE = {1213, 1205, 1020, 1047}
NO_SUCH = 1305  # of a savepoint that was set: the transaction it was in is undone, and the rollback to it met that
NOT_READY = 1047  # of those: the node is outside its cluster, which is no conflict
# Not connected, server shutting down, cut at COMMIT, killed, no server there, gone, lost on the way, out of step.
LOST = {0, 1040, 1053, 1180, 1927, 2003, 2006, 2013, 2014}


def is_retryable(error: BaseException) -> bool:
    """
    Tell whether the database has undone the transaction and asks for another try.

    2006 and 2013 (connection gone) are not among them: at COMMIT their outcome is unknown.
    """
    code = _code(error)
    if code == NO_SUCH:
        return _says(error, "SAVEPOINT")
    return code in RETRYABLE if code is not None else _says(error, "database is locked")


def is_not_ready(error: BaseException) -> bool:
    """Tell whether the node that was asked is outside its cluster."""
    return _code(error) == NOT_READY


def is_lost(error: BaseException) -> bool:
    """Tell whether the connection broke, or never came to be: what was being committed may or may not be kept."""
    if isinstance(error, exc.TimeoutError):  # the pool's: all wait for an answer
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    code = _code(error)
    return code in LOST if code is not None else _says(error, "unable to open database file")


def _code(error: BaseException) -> int | None:
    details: tuple[Any, ...] = error.orig.args if isinstance(error, DBAPIError) and error.orig is not None else ()
    return details[0] if details and isinstance(details[0], int) else None


def _says(error: BaseException, words: str) -> bool:
    return isinstance(error, DBAPIError) and words in str(error.orig)
