"""Every element of a statement, told from what is not SQLAlchemy's own: that may write any SQL at all."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from sqlalchemy import ClauseElement, Table
from sqlalchemy.sql.cache_key import HasCacheKey
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from .criteria import ScopeCriteria

_OURS: Final = "scaicontrol.db.types"
_COLLATIONS: Final = (None, "ascii_bin")


def strange_parts(statement: Any) -> Iterator[str]:
    """Name the classes of elements and types that a statement has from elsewhere, in its options too."""
    seen, waiting = set[int](), [statement]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | tuple | set | frozenset):
            waiting += part
        elif isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, HasCacheKey) and not isinstance(part, ScopeCriteria):
            kind: Any = type(part)
            if isinstance(part, ClauseElement) and not _is_sqlalchemys(kind):
                yield kind.__name__
            kept = getattr(part, "type", None)
            if isinstance(kept, TypeEngine) and not is_known_type(kept):
                yield type(kept).__name__
            waiting += [getattr(part, name, None) for name in _inside(kind)]


@cache
def _inside(kind: Any) -> tuple[str, ...]:
    """Name the attributes that hold what an element is made of; none for tables, whose models are our own."""
    if issubclass(kind, Table):
        return ()
    said = (getattr(kind, name, None) for name in ("_traverse_internals", "_cache_key_traversal"))
    traversed = next((each for each in said if isinstance(each, list)), ())
    return tuple(name for name, _ in traversed if name not in ("_annotations", "_propagate_attrs"))


@cache
def _is_sqlalchemys(kind: Any) -> bool:
    custom = getattr(kind, "_compiler_dispatcher", None)  # an element whose SQL is written by somebody's @compiles
    return custom is None and kind.__module__.startswith("sqlalchemy.")


def is_known_type(kept: TypeEngine[Any]) -> bool:
    """Tell whether a type is SQLAlchemy's or ours, and so writes nothing but its name."""
    kind: Any = type(kept)
    if isinstance(kept, UserDefinedType) or getattr(kept, "collation", None) not in _COLLATIONS:
        return False
    variants = kept._variant_mapping.values()  # noqa: SLF001  # not told in public
    if not all(is_known_type(variant) for variant in variants):
        return False
    if kind.__module__ == _OURS:
        return True
    return _is_sqlalchemys(kind) and (not isinstance(kept, TypeDecorator) or is_known_type(kept.impl_instance))
