"""The schema of the database."""

import asyncio

import typer

from scaicontrol.assembly import effective
from scaicontrol.core.settings import Settings
from scaicontrol.db import migrate
from scaicontrol.db.engine import Database

PLACE = "root"
app = typer.Typer(name="db", no_args_is_help=True, help="The schema of the database.")


@app.command()
def upgrade(revision: str = "head") -> None:
    """Bring the schema to the version this code needs; safe to repeat."""
    url = effective(Settings()).effective_database_url
    migrate.upgrade(url, revision)
    typer.echo(f"The schema is at {migrate.current(url)}.")


@app.command()
def current() -> None:
    """Say at which version the schema is."""
    url = effective(Settings()).effective_database_url
    typer.echo(migrate.current(url) or "empty")


@app.command()
def check() -> None:
    """Say what keeps this database from being used: a schema behind the code, or unsafe server settings."""
    settings = effective(Settings())
    at, needed = migrate.current(settings.effective_database_url), migrate.head()
    problems = (
        [] if at == needed else [f"The schema is at {at or 'nothing'}; this version needs {needed}: run `db upgrade`."]
    )

    async def unsafe() -> list[str]:
        database = Database(settings.effective_database_url, settings.db_writer_url)
        try:
            return await database.check()
        finally:
            await database.dispose()

    problems += asyncio.run(unsafe())
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo("The database is ready.")
