"""The schema of the database."""

import asyncio

import typer

from migrations.schema import described
from scaicontrol.assembly import effective
from scaicontrol.core.settings import Settings
from scaicontrol.db import migrate, schema
from scaicontrol.db.engine import Database

from .door import failures_reported

app = typer.Typer(name="db", no_args_is_help=True, help="The schema of the database.")


@app.command()
def upgrade(revision: str = "head") -> None:
    """Bring the schema to the version this code needs; safe to repeat."""
    with failures_reported():
        url = _settings().effective_database_url
        migrate.upgrade(url, revision)
        typer.echo(f"The schema is at {migrate.current(url)}.")


@app.command()
def current() -> None:
    """Say at which version the schema is."""
    with failures_reported():
        typer.echo(migrate.current(_settings().effective_database_url) or "empty")


@app.command()
def check() -> None:
    """Say what keeps this database from being used: another schema than the code's, or unsafe server settings."""
    with failures_reported():
        problems = asyncio.run(_problems(_settings()))
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo("The database is ready.")


def _settings() -> Settings:
    return effective(Settings())


async def _problems(settings: Settings) -> list[str]:
    database = Database(settings.effective_database_url, settings.db_writer_url)
    try:
        await migrate.require(database)
        return [*await schema.differences(database, described()), *await database.check()]
    finally:
        await database.dispose()
