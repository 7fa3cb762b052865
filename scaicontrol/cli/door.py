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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Annotated, Any, Final, Literal

import typer
from pydantic import BaseModel
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from scaicontrol.core import errors, text
from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Invalid, Unavailable
from scaicontrol.core.pagination import Feed, Page
from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import migrate
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import changes as change_plans
from scaicontrol.services import identity

from .readiness import lost_database_reported, require_schema

EXIT: dict[type[ControlError], int] = {errors.NotFound: 3, errors.Conflict: 4, errors.Invalid: 2}
APPROVAL_REQUIRED = 5
Verb = Callable[..., Awaitable[Any]]
Connect = Callable[[], AbstractAsyncContextManager[Backend]]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
As = Annotated[str | None, typer.Option("--as", metavar="USR", help="Act as this user instead of the machine's.")]


@asynccontextmanager
async def _connected() -> AsyncIterator[Backend]:
    from scaicontrol.assembly import effective, running_backend  # everything outside: not needed to print a --help

    settings = effective(Settings())
    await require_schema(settings)
    async with running_backend(settings) as backend:
        yield backend


connect: Connect = _connected  # tests put their own backend here


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    changes: bool = False,
    fails: Callable[[Any], bool] = lambda _: False,
) -> Callable[[Verb], Verb]:
    """
    Publish a function as a command.

    Its first parameter is `uow` or `backend` (`actor` is filled in when it asks). `changes=True` adds --dry-run, which
    rehearses it and keeps the plan, and --yes. What it returns is printed: a sentence, an object, or rows; where
    `fails` says so the command ends with 1.
    """

    def publish(fn: Verb) -> Verb:
        parameters = list(inspect.signature(fn).parameters.values())
        own = [p for p in parameters[1:] if p.name != "actor"]
        takes, wants_actor = parameters[0].name, len(own) < len(parameters) - 1
        looks_itself = any(p.name == "dry_run" for p in own)

        def spoken(**given: Any) -> None:
            as_json, user = given.pop("as_json"), given.pop("as_user")
            sure = given.pop("yes") if changes else True
            looks = given.get("dry_run", False)  # a procedure that knows dry runs of its own keeps its flag
            dry_run = given.pop("dry_run") if changes and not looks_itself else False
            with failures_reported(as_json=as_json), lost_database_reported():
                if not (sure or looks):
                    _make_sure((inspect.getdoc(fn) or fn.__name__).splitlines()[0])
                result = asyncio.run(_run(fn, takes, wants_actor, text.cleaned(given), user, dry_run=dry_run))
            show(result, as_json=as_json)
            if fails(result):
                raise typer.Exit(1)

        keyword = inspect.Parameter.KEYWORD_ONLY
        extra = [inspect.Parameter("as_json", keyword, default=False, annotation=AsJson)]
        if changes:
            if not looks_itself:
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

        async def work(stage: Backend) -> Any:
            if takes == "backend":
                return await fn(stage, **given)
            return await stage.perform(actor, verb)

        async def verb(uow: UnitOfWork) -> Any:
            return plain(await fn(uow, **given))

        return await (_planned(backend, actor, work) if dry_run else work(backend))


async def _planned(backend: Backend, actor: Actor, work: Callable[[Backend], Awaitable[Any]]) -> dict[str, Any]:
    """Rehearse a command, keep its plan, and say what it would leave."""
    planned = await change_plans.plan_work(backend, actor, work)
    told = [fact.topic for fact in planned.recording.facts]
    said = {"would": told or ["change nothing"], "result": change_plans.without_secrets(plain(planned.result))}
    if planned.call is not None:
        kept = await change_plans.keep(backend, actor, planned.call, planned.content)
        said["change_plan"] = change_plans.summary(kept)
    return said


async def _actor(backend: Backend, user_id: str | None) -> Actor:
    if user_id is None:
        name = f"cli:{getpass.getuser()}"
        return Actor(name, ActorKind.cli, Scope.platform(), frozenset({"*"}), name=name, surface="cli")
    system = Actor.system("cli")
    actor = await backend.ask(system, functools.partial(identity.actor_of_user, user_id=user_id))
    return actor.on("cli")


def _make_sure(effect: str) -> None:
    """Ask before something changes; where nobody can be asked, a script must have said so."""
    if not sys.stdin.isatty():
        raise Invalid(f"{effect} Nothing was done: without a terminal to ask at, say --yes (or --dry-run to look).")
    typer.confirm(f"{effect} Go on?", abort=True)


@contextmanager
def progress(text: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, where somebody is watching; give what moves it: done, of how many."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.completed}/{task.total}"))
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
            grid.add_row(Text(key.replace("_", " ")), _cell(value))
        Console().print(grid)
    elif result is not None:
        typer.echo(str(result))


_WIDEST: Final = 60  # of a column; what is longer is broken
_BETWEEN: Final = 3


def _table(rows: list[Any]) -> None:
    if not rows:
        typer.echo("Nothing here.")
        return
    console = Console()
    found = [key for key, value in rows[0].items() if not isinstance(value, list | dict)]
    told = [key for key in found if any(row.get(key) is not None for row in rows)]
    wide = {key: min(max(cell_len(str(row.get(key))) for row in rows), _WIDEST) for key in told}
    wide = {key: max(width, len(key)) + _BETWEEN for key, width in wide.items()}
    # Whole columns in their order, as many as fit: an id that is cut is of use to nobody. A pipe takes them all.
    columns: list[str] = []
    room = console.width if console.is_terminal else sum(wide.values())
    for key in told:
        if wide[key] <= room or not columns:
            columns.append(key)
            room -= wide[key]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.endswith("_cents") else "left"
        table.add_column(column.replace("_", " "), justify=justify, overflow="fold", min_width=wide[column] - _BETWEEN)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    (console if console.is_terminal else Console(width=sum(wide.values()) + 1)).print(table)
    if hidden := len(told) - len(columns):
        typer.echo(f"{hidden} more columns in a wider window, or by --json.", err=True)


def _cell(value: Any) -> Text:
    """Show a value as it is: what people write in brackets is no markup."""
    if value is None:
        return Text("–")
    return Text(json.dumps(value, default=str) if isinstance(value, list | dict) else str(value))


@contextmanager
def failures_reported(*, as_json: bool = False) -> Iterator[None]:
    """Say an expected failure and leave with its code: for commands that need no backend."""
    try:
        yield
    except ControlError as error:
        fail(error, as_json=as_json)
    except migrate.NotReady as error:
        fail(Unavailable(str(error)), as_json=as_json)


def fail(error: ControlError, *, as_json: bool) -> None:
    """Say what went wrong on standard error and leave with the code scripts expect."""
    if as_json:
        reasons = [reason.as_row() for reason in error.reasons]
        said = {"code": error.code, "message": error.message, "reasons": reasons, **error.details}
        typer.echo(json.dumps({"error": said}), err=True)
    else:
        typer.echo(error.message, err=True)
        for reason in error.reasons:
            if reason.said != error.message:
                typer.echo(f"  - {reason.said}", err=True)
    if isinstance(error, ApprovalRequired):
        raise typer.Exit(APPROVAL_REQUIRED)
    raise typer.Exit(EXIT.get(errors.kind_of(error), 1))
