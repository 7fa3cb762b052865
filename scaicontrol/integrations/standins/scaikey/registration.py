"""Self-registration of an application (contract §36.3): ask, be approved on the stand-in's page, fetch once."""

import hmac
import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .people import People, Row

_ROOT: Final = "/api/v1/public/register/applications"


def routes(people: People) -> list[BaseRoute]:
    requests = people.rows("requests")

    def asked_for(request: Request) -> Row | None:
        row = requests.get(request.path_params["request_id"])
        token = request.query_params.get("status_token", "")
        return row if row and hmac.compare_digest(row["status_token"].encode(), token.encode()) else None

    async def ask(request: Request) -> Response:
        body = await request.json()
        if not body.get("name"):
            return JSONResponse({"detail": "name is required"}, 422)
        request_id = f"req_{secrets.token_hex(8)}"
        token = secrets.token_urlsafe(24)
        requests[request_id] = {"id": request_id, "status_token": token, "status": "PENDING", "application": body}
        people.save()
        return JSONResponse({"request_id": request_id, "status_token": token}, 201)

    async def status(request: Request) -> Response:
        row = asked_for(request)
        if row is None:
            return JSONResponse({"detail": "request not found"}, 404)
        body = {"request_id": row["id"], "status": row["status"]}
        if credentials := row.pop("credentials", None):  # told once
            body["credentials"] = credentials
            people.save()
        return JSONResponse(body)

    async def cancel(request: Request) -> Response:
        row = asked_for(request)
        if row is None or row["status"] != "PENDING":
            return JSONResponse({"detail": "no pending request"}, 404)
        row["status"] = "CANCELLED"
        people.save()
        return Response(status_code=204)

    return [
        Route(_ROOT, ask, methods=["POST"]),
        Route(_ROOT + "/{request_id}", status),
        Route(_ROOT + "/{request_id}", cancel, methods=["DELETE"]),
    ]


def decide(people: People, request_id: str, *, approve: bool) -> None:
    """Approve a request, which makes the application, or reject it."""
    row = people.rows("requests")[request_id]
    if row["status"] != "PENDING":
        return
    row["status"] = "APPROVED" if approve else "REJECTED"
    if approve:
        client_id, secret = f"app_{secrets.token_hex(6)}", secrets.token_urlsafe(32)
        scopes = row["application"].get("scopes", ["admin:read"])
        application = {"id": client_id, "client_id": client_id, "secret": secret, "scopes": scopes}
        people.store("applications", {**application, "name": row["application"]["name"]})
        row["credentials"] = {"client_id": client_id, "client_secret": secret, "app_id": client_id}
    people.save()
