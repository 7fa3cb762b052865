"""Finding a route by the shape of its path: asking hundreds of them one after the other costs more than the answer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fastapi.routing import APIRoute
from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_API = "/api/"
_HEAD = 4  # `/api/v1/admin/partners`: what follows tells few routes apart


class RouteIndex(BaseRoute):
    """
    Stands before the routes it knows and goes straight to the one that fits path and method.

    What it does not find is left to the routes behind it, and last to `Unanswered`.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._by_shape: defaultdict[tuple[int, str], list[APIRoute]] = defaultdict(list)
        for route in routes:
            if isinstance(route, APIRoute) and ":path}" not in route.path:
                self._by_shape[_shape(route.path.split("/"))].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            parts = get_route_path(scope).split("/")
            # From the most to the least said: fixed words win over a parameter at the same place.
            for length in range(min(len(parts), _HEAD + 1), 1, -1):
                for route in self._by_shape.get((len(parts), "/".join(parts[:length])), ()):
                    match, child = route.matches(scope)
                    if match is Match.FULL:
                        return match, child
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: APIRoute = scope["route"]
        await route.handle(scope, receive, send)


class Unanswered(BaseRoute):
    """Stands behind all routes of the API and says what is wrong: no such path, or which methods it has."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        ours = scope["type"] == "http" and f"{get_route_path(scope)}/".startswith(_API)
        return (Match.FULL, {}) if ours else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = {
            method
            for route in self._routes
            if route is not self and route.matches(scope)[0] is Match.PARTIAL
            for method in getattr(route, "methods", None) or ()
        }
        if not methods:
            raise HTTPException(404)
        allowed = ", ".join(sorted(methods))
        raise HTTPException(405, f"This address takes {allowed}.", {"Allow": allowed})


def _shape(parts: Sequence[str]) -> tuple[int, str]:
    fixed = next((place for place, part in enumerate(parts) if "{" in part), len(parts))
    return len(parts), "/".join(parts[: min(fixed, _HEAD + 1)])
