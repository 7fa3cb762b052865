"""The doors as a test goes through them: each runs one deed on one row and gives its refusal, or None."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import httpx
import pytest
import typer
from pydantic import ValidationError
from starlette.requests import Request
from typer.testing import CliRunner

import scaicontrol.api
from admin_views import site
from admin_views.base import ControlView
from admin_views.pages import ConsolePage
from admin_views.verbs import complete, sentence
from scaicontrol import cli
from scaicontrol.api import door as rest_door
from scaicontrol.cli import door as cli_door
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.engine import Database
from scaicontrol.mcp.server import TOOLS
from scaicontrol.services import identity
from tests.databases import with_kept_statements
from tests.factories.api import rest_api
from tui.door import Door as Terminal
from tui.places import PLACES
from tui.verbs import KeyAnswer, Row

SCREENS = {place.name: place.screen.verbs for place in PLACES}
_PARAMETER = re.compile(r"\{[a-z_]+\}")
acting: ContextVar[Actor] = ContextVar("acting")  # who every door takes the caller for


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a door said, and the codes of the reasons it named."""

    message: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rest:
    route: str  # "POST /admin/…/{id}/…"
    body: Mapping[str, Any] = field(default_factory=dict)
    needs: str | None = None  # where the route asks for another permission than the deed
    query: Mapping[str, str] = field(default_factory=dict)
    is_upload: bool = False  # the row is the path of a file

    @property
    def key(self) -> str:
        return f"REST {self.route}"

    @property
    def is_tenants(self) -> bool:
        return " /admin/" not in self.route

    async def run(self, backend: Backend, row_id: str, body: Mapping[str, Any]) -> Refusal | None:
        method, path = self.route.split(" ", 1)
        for name, given in zip(_PARAMETER.findall(path), row_id.split("/"), strict=False):
            path = path.replace(name, given)
        sent: dict[str, Any] = (
            {"files": {"file": _bytes_of(row_id)}}
            if self.is_upload
            else {"json": _filled({**body, **self.body}, row_id)}
        )
        app = rest_api()
        app.state.backend = backend
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="https://scaicontrol.test"
        ) as client:
            answer = await client.request(
                method,
                "/api/v1" + path,
                params=self.query,
                headers={"Idempotency-Key": new_id("req")},
                **sent,
            )
        if answer.is_success:
            return None
        error = answer.json()["error"]
        return Refusal(error["message"], tuple(reason["code"] for reason in error.get("reasons") or ()))


@dataclass(frozen=True)
class Mcp:
    tool: str
    action: str
    named: str | None = None  # the argument that takes the row's id
    body: Mapping[str, Any] = field(default_factory=dict)
    needs: str | None = None
    within: str | None = None  # the argument that takes the deed's whole body

    is_tenants = False

    @property
    def key(self) -> str:
        return f"MCP {self.tool}.{self.action}"

    def given(self, row_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write what the tool is called with."""
        said = {self.within: body} if self.within else body
        named = {self.named: row_id} if self.named else {}
        return {"action": self.action, **_filled({**said, **self.body}, row_id), **named}

    async def run(self, backend: Backend, row_id: str, body: Mapping[str, Any]) -> Refusal | None:
        given = self.given(row_id, body)
        if TOOLS[self.tool].actions[self.action].is_planned:
            given["dry_run"] = False
        return await _refusal(TOOLS[self.tool].call(backend, acting.get(), given))


@dataclass(frozen=True)
class Cli:
    command: str  # "admin invoices finalize"
    words: tuple[str, ...] = ("{id}",)
    needs: str | None = None

    is_tenants = False

    @property
    def key(self) -> str:
        return f"CLI {self.command}"

    async def run(self, backend: Backend, row_id: str, _: Mapping[str, Any]) -> Refusal | None:
        @asynccontextmanager
        async def connect() -> AsyncIterator[Backend]:
            database = with_kept_statements(Database(backend.database.url))  # the command has an event loop of its own
            try:
                yield replace(backend, database=database)
            finally:
                await database.dispose()

        words = [*self.command.split(), *(_put(word, row_id) for word in self.words)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cli_door, "connect", connect)
            result = await asyncio.to_thread(
                CliRunner().invoke, cli.build(), [*words, "--as", acting.get().id, "--yes", "--json"]
            )
        if result.exit_code == 0:
            return None
        try:
            error = json.loads(result.stderr)["error"]
        except ValueError:
            raise AssertionError(f"{' '.join(words)}: {result.output}{result.stderr}") from result.exception
        return Refusal(error["message"], tuple(reason["code"] for reason in error["reasons"]))


@dataclass(frozen=True)
class Console:
    view: str
    verb: str
    form: Mapping[str, str] = field(default_factory=dict)
    needs: str | None = None
    is_inner: bool = False  # the page is of the row within the other

    is_tenants = False

    @property
    def key(self) -> str:
        return f"console {self.view}/{self.verb}"

    async def run(self, backend: Backend, row_id: str, _: Mapping[str, Any]) -> Refusal | None:
        verb = next(one for one in _views()[self.view].verbs if one.name == self.verb)

        form = _filled(self.form, row_id)
        shown = row_id.partition("/")[2] if self.is_inner else str(row_id)

        async def press() -> None:
            acting.get().require(verb.permission)
            complete(verb, form)
            try:
                await verb.press(backend, acting.get(), shown, form)
            except ValidationError as error:
                raise sentence(error) from error

        return await _refusal(press())


@dataclass(frozen=True)
class Tui:
    screen: str
    action: str
    text: str = ""
    choice: str = ""
    needs: str | None = None
    is_inner: bool = False  # the key is pressed on the row within the other

    is_tenants = False

    @property
    def key(self) -> str:
        return f"TUI {self.screen}/{self.action}"

    async def run(self, backend: Backend, row_id: str, _: Mapping[str, Any]) -> Refusal | None:
        verb = next(one for one in SCREENS[self.screen] if one.action == self.action)
        shown = row_id.partition("/")[2] if self.is_inner else str(row_id)
        row = Row(shown, shown, "", seen=getattr(row_id, "plan_hash", ""))
        door = Terminal(backend, acting.get(), write=True)
        return await _refusal(verb.press(door, row, KeyAnswer(self.text, self.choice)))


AnyDoor = Rest | Mcp | Cli | Console | Tui


def every_mutating_verb() -> Iterator[str]:
    """Name every verb that changes something, as the doors themselves register it."""
    for info in iter_modules(scaicontrol.api.__path__):
        for router in vars(import_module(f"scaicontrol.api.{info.name}")).values():
            if isinstance(router, rest_door.Router):
                for path, _, described in router._published:
                    if described["methods"] != ["GET"] and described["include_in_schema"]:
                        yield f"REST {described['methods'][0]} {path}"
    for tool in TOOLS.values():
        yield from (f"MCP {tool.name}.{action.name}" for action in tool.actions.values() if action.changes)
    yield from (f"CLI {command}" for command in _commands(typer.main.get_command(cli.build()), ()))
    for view in _views().values():
        yield from (f"console {view.identity}/{verb.name}" for verb in view.verbs)
    for screen, verbs in SCREENS.items():
        yield from (f"TUI {screen}/{verb.action}" for verb in verbs)


def everybody_is_whoever_acts(patch: pytest.MonkeyPatch) -> None:
    """Let REST and the command line take the caller from `acting`; the other doors are given it."""

    async def authenticated(_: Request, __: Backend) -> Actor:
        return acting.get()

    async def named(_: UnitOfWork, user_id: str) -> Actor:
        assert user_id == acting.get().id
        return acting.get()

    patch.setattr(rest_door, "authenticate", authenticated)
    patch.setattr(identity, "actor_of_user", named)


async def ask_rest(backend: Backend, actor: Actor, path: str) -> dict[str, Any]:
    """Read a path of the API as somebody; gives the whole answer."""
    app, token = rest_api(), acting.set(actor)
    app.state.backend = backend
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="https://scaicontrol.test"
        ) as client:
            answer = await client.get("/api/v1" + path)
    finally:
        acting.reset(token)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@cache
def _views() -> dict[str, type[ControlView] | type[ConsolePage]]:
    return {view.identity: view for view in site.views() if issubclass(view, ControlView | ConsolePage)}


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[str]:
    for name, command in getattr(group, "commands", {}).items():
        here = (*path, name)
        if hasattr(command, "commands"):
            yield from _commands(command, here)
        elif any(parameter.name == "dry_run" for parameter in command.params):
            yield " ".join(here)


def _filled(value: Any, row_id: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(each, row_id) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, row_id) for each in value]
    return _put(value, row_id) if isinstance(value, str) else value


def _put(written: str, row_id: str) -> str:
    """Put in what a row is named by: of a row within another both ids, of a plan its hash, and rows beside it."""
    outer, _, inner = row_id.partition("/")
    names = {"{path}": row_id, "{id}": outer, "{inner}": inner, "{hash}": getattr(row_id, "plan_hash", "")}
    names |= {f"{{beside{n}}}": beside for n, beside in enumerate(getattr(row_id, "beside", ()), 1)}
    for name, given in names.items():
        written = written.replace(name, given)
    return written


def _bytes_of(path: str) -> bytes:
    return Path(path).read_bytes()


async def _refusal(work: Any) -> Refusal | None:
    try:
        await work
    except ControlError as error:
        return Refusal(error.message, tuple(reason.code for reason in error.reasons))
    return None
