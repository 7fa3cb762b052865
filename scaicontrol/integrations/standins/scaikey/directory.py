"""The directory API (contract §36.2): lists with filters and pages, changes with webhooks, effective users."""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from scaicontrol.integrations.standins.context import Context

from .issuer import Issuer
from .people import ADMIN_ROLES, People, Row

_PREFIXES: Final = {"partners": "prt", "tenants": "tnt", "users": "usr", "groups": "grp"}
_FILTERS: Final = ("status", "partner_id", "tenant_id", "group_type")
_PER_PAGE_MAX: Final = 200

Handler = Callable[[Request], Awaitable[Response]]


class DirectoryApi:
    """Lists and changes what the stand-in knows; a change is announced after the answer has left."""

    def __init__(self, context: Context, issuer: Issuer, people: People) -> None:
        self._context, self._issuer, self._people = context, issuer, people

    def routes(self) -> list[BaseRoute]:
        read, write = self._guarded("admin:read"), self._guarded("admin:write")
        return [
            Route("/api/v1/admin/groups/{id}/members", read(self._members)),
            Route("/api/v1/admin/applications/", read(self._applications)),
            Route("/api/v1/admin/webhooks/", write(self._webhooks), methods=["GET", "POST"]),
            Route("/api/v1/admin/{resource}/", read(self._listing)),
            Route("/api/v1/admin/{resource}/", write(self._create), methods=["POST"]),
            Route("/api/v1/admin/{resource}/{id}", read(self._one)),
            Route("/api/v1/admin/{resource}/{id}", write(self._change), methods=["PUT", "PATCH", "DELETE"]),
            Route("/api/v1/tenants/{tenant_id}/applications/{application_id}/effective-users", read(self._effective)),
            Route("/api/v1/tenants/{tenant_id}/applications/{application_id}/assignees", read(self._effective)),
        ]

    def _guarded(self, scope: str) -> Callable[[Handler], Handler]:
        def guard(handler: Handler) -> Handler:
            async def checked(request: Request) -> Response:
                claims = self._issuer.bearer(request.headers.get("authorization"))
                if claims is None:
                    return JSONResponse({"detail": "authentication required"}, 401)
                if scope not in str(claims.get("scope", "")).split() and claims.get("role") not in ADMIN_ROLES.values():
                    return JSONResponse({"detail": f"{scope} required"}, 403)
                return await handler(request)

            return checked

        return guard

    async def _listing(self, request: Request) -> Response:
        return _page(request, self._people.rows(_known(request)).values())

    async def _create(self, request: Request) -> Response:
        resource = _known(request)
        row = {"id": f"{_PREFIXES[resource]}_{secrets.token_hex(10)}", "status": "active", **await request.json()}
        return _changed(self._people, resource, row, "created", 201)

    async def _one(self, request: Request) -> Response:
        return JSONResponse(_public(_row(request, self._people)))

    async def _change(self, request: Request) -> Response:
        resource, row = _known(request), _row(request, self._people)
        if request.method == "DELETE":
            return _changed(self._people, resource, {**row, "status": "deleted"}, "deleted", 200)
        return _changed(self._people, resource, {**row, **await request.json(), "id": row["id"]}, "updated", 200)

    async def _members(self, request: Request) -> Response:
        group = self._people.rows("groups").get(request.path_params["id"])
        if group is None:
            return JSONResponse({"detail": "group not found"}, 404)
        users = self._people.rows("users")
        return _page(request, [users[member] for member in group["member_ids"] if member in users])

    async def _effective(self, request: Request) -> Response:
        tenant_id = request.path_params["tenant_id"]
        if tenant_id not in self._people.rows("tenants"):
            return JSONResponse({"detail": "tenant not found"}, 404)
        return _page(request, [row for row in self._people.rows("users").values() if row["tenant_id"] == tenant_id])

    async def _applications(self, request: Request) -> Response:
        return _page(request, self._people.rows("applications").values())

    async def _webhooks(self, request: Request) -> Response:
        if request.method == "GET":
            return _page(request, self._people.rows("webhooks").values())
        body = await request.json()
        row = {
            "id": f"whk_{secrets.token_hex(8)}",
            "url": f"{self._context.control_url}/api/v1/webhooks/scaikey",
            **body,
        }
        self._people.store("webhooks", row)
        return JSONResponse(row, 201)


def _known(request: Request) -> str:
    resource = str(request.path_params["resource"])
    if resource not in _PREFIXES:
        raise HTTPException(404, f"no resource {resource}")
    return resource


def _row(request: Request, people: People) -> Row:
    resource = _known(request)
    row = people.rows(resource).get(request.path_params["id"])
    if row is None:
        raise HTTPException(404, f"{resource[:-1]} not found")
    return row


def _changed(people: People, resource: str, row: Row, event: str, status: int) -> Response:
    # Subscribers hear of it after the answer, as from the real one.
    people.store(resource, row)
    return JSONResponse(_public(row), status, background=BackgroundTask(people.announce, resource, event, row))


def _page(request: Request, rows: Iterable[Row]) -> Response:
    query = request.query_params
    kept = [row for row in rows if all(row.get(name) == query[name] for name in _FILTERS if name in query)]
    if search := query.get("search", "").lower():
        kept = [row for row in kept if search in f"{row.get('name')} {row.get('email')} {row.get('slug')}".lower()]
    page, per_page = max(1, int(query.get("page", 1))), min(_PER_PAGE_MAX, max(1, int(query.get("per_page", 20))))
    start = (page - 1) * per_page
    return JSONResponse(
        {
            "data": [_public(row) for row in kept[start : start + per_page]],
            "pagination": {
                "page": page,
                "per_page": per_page,
                "total": len(kept),
                "total_pages": -(-len(kept) // per_page),
            },
        }
    )


def _public(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "secret"}
