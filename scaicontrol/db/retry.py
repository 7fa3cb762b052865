"""Which database errors mean that the whole unit of work may run again."""

from sqlalchemy.exc import DBAPIError

# Deadlock or certification conflict, lock wait, snapshot conflict, node not ready: the database has undone all of it.
RETRYABLE = {1213, 1205, 1020, 1047}


def is_retryable(error: BaseException) -> bool:
    """
    Tell whether the database has undone the transaction and asks for another try.

    2006 and 2013 (connection gone) are not among them: at COMMIT their outcome is unknown.
    """
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    details = error.orig.args
    if details and isinstance(details[0], int):
        return details[0] in RETRYABLE
    return "database is locked" in str(error.orig)
