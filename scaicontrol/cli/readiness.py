"""Whether the database can be worked on, before a command opens anything else."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.settings import Settings
from scaicontrol.db import migrate
from scaicontrol.db.engine import Database


async def require_schema(settings: Settings) -> None:
    """Refuse in one sentence to work on a database that is away, or not at the revision this version needs."""
    database = Database(settings.effective_database_url, settings.db_writer_url)
    try:
        await migrate.require(database)
    except migrate.NotReady as error:
        raise Unavailable(str(error)) from error
    finally:
        await database.dispose()


@contextmanager
def lost_database_reported() -> Iterator[None]:
    """A database that goes away in the middle is a sentence too; what it had not committed is undone."""
    try:
        yield
    except (OperationalError, InterfaceError, ConnectionError) as error:
        reason = getattr(error, "orig", None) or error
        raise Unavailable(f"The database failed: {reason}. `scaicontrol db check` says when it is ready.") from error
