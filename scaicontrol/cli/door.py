"""
The command-line door: the operating-system user, in process, with exit codes scripts can rely on.

0 ok, 1 error, 2 usage, 3 not found, 4 conflict, 5 approval required (contract §29).
"""

import asyncio
import functools
import getpass
import inspect
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from scaicontrol.assembly import running_backend
from scaicontrol.core import errors, text
from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.pagination import Feed, Page
from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import identity

EXIT: dict[type[ControlError], int] = {errors.NotFound: 3, errors.Conflict: 4, errors.Invalid: 2}
Verb = Callable[..., Awaitable[Any]]
Connect = Callable[[], AbstractAsyncContextManager[Backend]]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
As = Annotated[str | None, typer.Option("--as", metavar="USR", help="Act as this user instead of the machine's.")]

connect: Connect = lambda: running_backend(Settings())  # noqa: E731  tests put their own backend here


class _Undone(Exception):
    def __init__(self, result: Any, facts: Sequence[str]) -> None:
        self.result, self.facts = result, facts


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    changes: bool = False,
    rehearsal: Verb | None = None,
    fails: Callable[[Any], bool] = lambda _: False,
) -> Callable[[Verb], Verb]:
    """
    Publish a function as a command.

    Its first parameter is `uow` or `backend` (`actor` is filled in when it asks). `changes=True` adds --dry-run and
    --yes; a procedure that changes something needs a `rehearsal`, a verb that leaves the same facts in one transaction.
    What it returns is printed: a sentence, an object, or rows; where `fails` says so the command ends with 1.
    """

    def publish(fn: Verb) -> Verb:
        parameters = list(inspect.signature(fn).parameters.values())
        own = [p for p in parameters[1:] if p.name != "actor"]
        takes, wants_actor = parameters[0].name, len(own) < len(parameters) - 1
        if changes and takes == "backend" and rehearsal is None:
            raise TypeError(f"{fn.__name__} is a procedure that changes something and has no rehearsal.")

        def spoken(**given: Any) -> None:
            as_json, user = given.pop("as_json"), given.pop("as_user")
            # A procedure that knows dry runs of its own keeps its flag.
            dry_run, sure = (given.pop("dry_run"), given.pop("yes")) if changes else (False, True)
            doing = (rehearsal, "uow", False) if dry_run and rehearsal else (fn, takes, wants_actor)
            if changes and not (sure or dry_run) and sys.stdin.isatty():
                typer.confirm(f"{(inspect.getdoc(fn) or fn.__name__).splitlines()[0]} Go on?", abort=True)
            try:
                result = asyncio.run(_run(*doing, text.cleaned(given), user, dry_run=dry_run))
            except _Undone as undone:
                show(
                    {"would": list(undone.facts) or ["change nothing"], "result": plain(undone.result)}, as_json=as_json
                )
            except ControlError as error:
                fail(error, as_json=as_json)
            else:
                show(result, as_json=as_json)
                if fails(result):
                    raise typer.Exit(1)

        keyword = inspect.Parameter.KEYWORD_ONLY
        extra = [inspect.Parameter("as_json", keyword, default=False, annotation=AsJson)]
        if changes:
            extra.append(inspect.Parameter("dry_run", keyword, default=False, annotation=DryRun))
            extra.append(inspect.Parameter("yes", keyword, default=False, annotation=Yes))
        extra.append(inspect.Parameter("as_user", keyword, default=None, annotation=As))
        shown = [*(p.replace(kind=keyword) for p in own), *extra]
        spoken.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # what Typer reads
        spoken.__annotations__ = {p.name: p.annotation for p in shown}
        spoken.__doc__ = fn.__doc__
        app.command(name or fn.__name__.rstrip("_").replace("_", "-"))(spoken)
        return fn

    return publish


async def _run(
    fn: Verb, takes: str, wants_actor: bool, given: dict[str, Any], user: str | None, *, dry_run: bool
) -> Any:
    async with connect() as backend:
        actor = await _actor(backend, user)
        if wants_actor:
            given["actor"] = actor
        if takes == "backend":
            return await fn(backend, **given)

        async def verb(uow: UnitOfWork) -> Any:
            result = plain(await fn(uow, **given))
            if dry_run:
                await uow.session.flush()
                raise _Undone(result, [fact.topic for fact in uow.facts])
            return result

        return await backend.perform(actor, verb)


async def _actor(backend: Backend, user_id: str | None) -> Actor:
    if user_id is None:
        name = f"cli:{getpass.getuser()}"
        return Actor(name, ActorKind.cli, Scope.platform(), frozenset({"*"}), name=name, surface="cli")
    system = Actor.system("cli")
    actor = await backend.ask(system, functools.partial(identity.actor_of_user, user_id=user_id))
    return actor.on("cli")


async def serve_terminal(run: Verb, user: str | None, *, write: bool) -> None:
    """Run a full-screen program as the machine's user or a named one."""
    async with connect() as backend:
        await run(backend, await _actor(backend, user), write=write)


@contextmanager
def progress(text: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, where somebody is watching; give what moves it: done, of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        bar = shown.add_task(text, total=None)
        yield lambda done, total: shown.update(bar, completed=done, total=total)


def plain(result: Any) -> Any:
    """Turn what a verb gave into what can be printed after its transaction is over."""
    if isinstance(result, Page | Feed):
        return [plain(item) for item in result.items]
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json")
    if isinstance(result, list | tuple):
        return [plain(item) for item in result]
    return result


def show(result: Any, *, as_json: bool) -> None:
    """Print rows as a table, an object as fields, a sentence as it is."""
    result = plain(result)
    if as_json:
        typer.echo(json.dumps(result, indent=2, default=str))
    elif isinstance(result, list):
        _table(result)
    elif isinstance(result, dict):
        grid = Table.grid(padding=(0, 2))
        for key, value in result.items():
            grid.add_row(key.replace("_", " "), _cell(value))
        Console().print(grid)
    elif result is not None:
        typer.echo(str(result))


def _table(rows: list[Any]) -> None:
    if not rows:
        typer.echo("Nothing here.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    columns = [key for key, value in rows[0].items() if not isinstance(value, list | dict)]
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right" if column.endswith("_cents") else "left")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return json.dumps(value, default=str) if isinstance(value, list | dict) else str(value)


def fail(error: ControlError, *, as_json: bool) -> None:
    """Say what went wrong on standard error and leave with the code scripts expect."""
    if as_json:
        reasons = [reason.as_row() for reason in error.reasons]
        typer.echo(json.dumps({"error": {"code": error.code, "message": error.message, "reasons": reasons}}), err=True)
    else:
        typer.echo(error.message, err=True)
        for reason in error.reasons:
            typer.echo(f"  - {reason.said}", err=True)
    raise typer.Exit(EXIT.get(errors.kind_of(error), 1))
