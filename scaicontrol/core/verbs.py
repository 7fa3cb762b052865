"""
What can be done: every service function that changes something, by name, callable again from stored arguments.

A verb is a function whose first parameter is a unit of work, or a backend for a procedure that also reaches outside.
`@verb` notes the outermost call of a unit, whichever surface made it: that call is what a change plan stores.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Concatenate, Final, ParamSpec, Protocol, Self, TypeVar

from pydantic import Base64Bytes, TypeAdapter, ValidationError

from .errors import Refused

P = ParamSpec("P")
T = TypeVar("T")
W = TypeVar("W")

_PLACES: Final = ("uow", "backend", "actor")  # given by whoever runs the verb, never stored
_SERVICES: Final = "scaicontrol.services."


class _Unit(Protocol):
    calls: "list[VerbCall]"
    inside: bool


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: its name as (feature).(function), the function itself, and how its arguments are written down."""

    name: str
    run: Callable[..., Awaitable[Any]]
    is_procedure: bool
    signature: inspect.Signature

    @property
    def label(self) -> str:
        """The verb as a sentence names it: `invoices.void` → void invoices."""
        feature, _, what = self.name.partition(".")
        return f"{what.strip('_').replace('_', ' ')} {feature.replace('_', ' ')}"

    def adapters(self) -> Mapping[str, TypeAdapter[Any]]:
        return _adapters(self.name)


VERBS: dict[str, Verb] = {}


@functools.cache
def _adapters(name: str) -> Mapping[str, TypeAdapter[Any]]:
    parameters = VERBS[name].signature.parameters.values()
    types = {p.name: Base64Bytes if p.annotation is bytes else p.annotation for p in parameters}
    return {name: TypeAdapter(wanted) for name, wanted in types.items() if name not in _PLACES}


@dataclass(frozen=True, slots=True)
class VerbCall:
    """A verb with its arguments, as it was called."""

    verb: Verb
    arguments: Mapping[str, Any]

    def written(self) -> dict[str, Any]:
        """Write the arguments as JSON values; of a body only what was sent, since the rest may mean something else."""
        adapters = self.verb.adapters()
        return {
            name: adapters[name].dump_python(value, mode="json", by_alias=True, exclude_unset=True)
            for name, value in self.arguments.items()
        }

    def shown(self) -> dict[str, Any]:
        """Write the arguments for people: of a file its size, and the digest that tells it from others."""
        files = {name: value for name, value in self.arguments.items() if isinstance(value, bytes)}
        said = {name: f"{len(body)} bytes, SHA-256 {sha256(body).hexdigest()}" for name, body in files.items()}
        return self.written() | said

    @classmethod
    def read(cls, name: str, written: Mapping[str, Any]) -> Self:
        """Read a stored call again; Refused where the verb has changed since."""
        verb = VERBS.get(name)
        if verb is None:
            raise Refused(f"There is no verb {name} any more; plan the change again.")
        adapters = verb.adapters()
        try:
            return cls(verb, {key: adapters[key].validate_python(value) for key, value in written.items()})
        except (ValidationError, KeyError) as error:
            raise Refused(f"{name} takes other arguments than when it was planned; plan it again.") from error


def verb(fn: Callable[Concatenate[W, P], Awaitable[T]]) -> Callable[Concatenate[W, P], Coroutine[Any, Any, T]]:
    """
    Publish a function that changes something.

    In a unit of work the outermost call is noted on it; the unit is judged before it commits. A procedure is judged
    before it begins (`Backend.clear`), since its first step may already be seen outside.
    """
    signature = inspect.signature(fn)
    first = next(iter(signature.parameters))
    known = Verb(_name_of(fn), fn, first == "backend", signature)
    if first not in ("uow", "backend") or (known.is_procedure and "actor" not in signature.parameters):
        raise TypeError(f"{known.name} takes neither a unit of work nor a backend and an actor.")
    VERBS[known.name] = known

    def called(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> VerbCall:
        bound = signature.bind(None, *args, **kwargs).arguments
        return VerbCall(known, {name: value for name, value in bound.items() if name not in _PLACES})

    async def in_unit(uow: Any, *args: P.args, **kwargs: P.kwargs) -> T:
        unit: _Unit = uow
        if unit.inside:
            return await fn(uow, *args, **kwargs)
        unit.calls.append(called(args, kwargs))
        unit.inside = True
        try:
            return await fn(uow, *args, **kwargs)
        finally:
            unit.inside = False

    async def as_procedure(backend: Any, *args: P.args, **kwargs: P.kwargs) -> T:
        if backend.execution is not None and backend.execution.call is not None:
            return await fn(backend, *args, **kwargs)  # a part of what was cleared
        actor = signature.bind(None, *args, **kwargs).arguments["actor"]
        return await fn(await backend.clear(actor, called(args, kwargs)), *args, **kwargs)

    run: Callable[..., Coroutine[Any, Any, T]] = as_procedure if known.is_procedure else in_unit
    return functools.wraps(fn)(run)


def _name_of(fn: Callable[..., Any]) -> str:
    module = fn.__module__
    feature = module.removeprefix(_SERVICES).split(".")[0] if module.startswith(_SERVICES) else module.split(".")[-1]
    return f"{feature}.{fn.__name__}"
