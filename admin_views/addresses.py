"""Addresses within the console: a list asks for two hundred of them, so its routes are walked once for each name."""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Router

_ANY: Final = "-"


class Links(Router):
    """The routes of the console as `url_for` walks them: what it found once for a name it knows."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__(routes)
        self._found: dict[tuple[str, tuple[tuple[str, object], ...]], URLPath] = {}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        pk = path_params.get("pk")
        if pk is not None and ("/" in str(pk) or str(pk) == _ANY):
            return super().url_path_for(name, **path_params)
        # Ids are many, and what is about one object differs in its id alone.
        named: dict[str, object] = path_params if pk is None else {**path_params, "pk": _ANY}
        known = (name, tuple(named.items()))
        if known not in self._found:
            self._found[known] = super().url_path_for(name, **named)
        found = self._found[known]
        if pk is None:
            return found
        before, _, after = found.rpartition(f"/{_ANY}")
        return URLPath(f"{before}/{pk}{after}")
