"""Sessions that belong to one scope from birth to close: nobody gives them another."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any, Final

from sqlalchemy.orm import Session

from .ownership import Scope, ScopeViolation

_NOBODY: Final = Scope.none()

flushing: ContextVar[bool] = ContextVar("flushing", default=False)


@contextmanager
def flushing_rows() -> Iterator[None]:
    token = flushing.set(True)
    try:
        yield
    finally:
        flushing.reset(token)


class _Born(dict[Any, Any]):
    """What a session knows: a key that is set stays as it is."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if key in self:
            raise ScopeViolation(f"The session's {key} is set for life; open another session.")
        super().__setitem__(key, value)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise ScopeViolation("What a session was born with stays; open another session.")

    __delitem__ = pop = popitem = clear = update = __ior__ = _refuse


class ScopedSession(Session):
    """A session bound to one scope for its whole life."""

    def __init__(self, *args: Any, info: dict[Any, Any] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        scope = (info or {}).get("scope")
        self.__dict__["scope"] = scope if isinstance(scope, Scope) else _NOBODY
        self.__dict__["info"] = _Born({**(info or {}), "scope": self.__dict__["scope"]})

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("info", "scope"):
            raise ScopeViolation(f"The session's {name} is set for life; open another session.")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in ("info", "scope"):
            raise ScopeViolation(f"The session's {name} is set for life; open another session.")
        super().__delattr__(name)

    def flush(self, objects: Any = None) -> None:
        with flushing_rows():
            super().flush(objects)


_born_scope = attrgetter("scope")


def scope_of(session: Session) -> Scope:
    """Give the scope a session was born with; a session without one sees nothing."""
    try:
        scope: Scope = _born_scope(session)
    except AttributeError:
        return _NOBODY
    return scope
