"""A ScaiVault for one machine: secrets with versions in a file, its error codes, and rotation with its webhook."""

import secrets
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from scaicontrol.core.errors import Invalid
from scaicontrol.integrations.scaivault import checked_path

from . import signing
from .context import Context
from .fault_injection import InjectedFault, silence
from .pages import back, page
from .scaikey import Issuer
from .scaikey.people import WEBHOOK_SECRET as SCAIKEY_SECRET

WEBHOOK_SECRET: Final = "development-scaivault-webhook-secret"  # noqa: S105  (signs events of nobody)
SCAISEND_WEBHOOK_SECRET: Final = "development-scaisend-webhook-secret"  # noqa: S105  (likewise)
GRACE: Final = timedelta(hours=48)

_ERRORS: Final = {
    "authentication_required": (401, "A bearer token is required."),
    "token_invalid": (401, "The token is not valid."),
    "insufficient_scope": (403, "The token's scopes do not allow this."),
    "invalid_path": (400, "The path is not valid."),
    "secret_not_found": (404, "There is no such secret."),
    "version_not_found": (404, "There is no such version."),
    "validation_error": (422, "data must be an object."),
    "rate_limited": (429, "Slow down."),
    "internal_error": (500, "Something went wrong."),
    "service_unavailable": (503, "The vault is sealed."),
}

Row = dict[str, Any]


class VaultStandin:
    """Secrets by path, each with its versions."""

    def __init__(self, context: Context, issuer: Issuer) -> None:
        self._context, self._issuer = context, issuer
        self._memory = context.memory("scaivault", {"secrets": _first_secrets()})
        self._stored: dict[str, Row] = self._memory.data["secrets"]
        self._fault = InjectedFault(("ok", "rate_limited", "internal_error", "service_unavailable", "silent"))

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._overview),
            Route("/_control/fault", self._set_fault, methods=["POST"]),
            Route("/_control/rotate", self._rotate, methods=["POST"]),
            Route("/v1/health", self._health),
            Route("/v1/health/ready", self._health),
            Route("/v1/auth/whoami", self._whoami),
            Route("/v1/secrets/{path:path}", self._secret, methods=["GET", "PUT", "DELETE"]),
        ]

    def _refused(self, request: Request, scope: str) -> Response | None:
        token = request.headers.get("authorization", "")
        if not token:
            return _error("authentication_required")
        claims = {"scope": "admin"} if token.startswith("Bearer skt_") else self._issuer.bearer(token)
        if claims is None:
            return _error("token_invalid")
        return None if {scope, "admin"} & set(str(claims.get("scope", "")).split()) else _error("insufficient_scope")

    async def _secret(self, request: Request) -> Response:
        fault = self._fault.take()
        if fault == "silent":
            await silence()
        verb = {"GET": "read", "PUT": "write", "DELETE": "delete"}[request.method]
        refusal = _error(fault) if fault in _ERRORS else self._refused(request, f"secrets:{verb}")
        if refusal is not None:
            return refusal
        try:
            path = checked_path(request.path_params["path"])
        except Invalid:
            return _error("invalid_path")
        if request.method == "PUT":
            return await self._write(request, path)
        if path not in self._stored:
            return _error("secret_not_found")
        return self._delete(path) if request.method == "DELETE" else self._read(request, path)

    def _delete(self, path: str) -> Response:
        del self._stored[path]
        self._memory.save()
        return Response(status_code=204)

    def _read(self, request: Request, path: str) -> Response:
        asked = request.query_params.get("version")
        versions = self._stored[path]["versions"]
        found = [version for version in versions if asked is None or str(version["version"]) == asked]
        return JSONResponse(_public(path, self._stored[path], found[-1])) if found else _error("version_not_found")

    async def _write(self, request: Request, path: str) -> Response:
        body = await request.json()
        if not isinstance(body.get("data"), dict):
            return _error("validation_error")
        existed = path in self._stored
        version = _add_version(self._stored, path, body["data"], body)
        self._memory.save()
        return JSONResponse(_public(path, self._stored[path], version), 200 if existed else 201)

    def _whoami(self, request: Request) -> Response:
        claims = self._issuer.bearer(request.headers.get("authorization"))
        if claims is None:
            return _error("token_invalid" if "authorization" in request.headers else "authentication_required")
        kind = "service" if claims.get("token_type") == "client_credentials" else "user"
        return JSONResponse({
            "identity_id": claims["sub"], "identity_type": kind, "tenant_id": claims.get("tenant_id"),
            "partner_id": claims.get("partner_id"), "scopes": str(claims.get("scope", "")).split(),
        })  # fmt: skip

    def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"}) if self._fault.name == "ok" else JSONResponse({"status": "sealed"}, 503)

    def _overview(self, _: Request) -> Response:
        return page("scaivault", secrets=sorted(self._stored.items()), fault=self._fault)

    async def _set_fault(self, request: Request) -> Response:
        form = await request.form()
        self._fault.set(str(form["name"]), int(str(form.get("times", "1"))))
        return back("/scaivault/")

    async def _rotate(self, request: Request) -> Response:
        path = str((await request.form())["path"])
        if path not in self._stored:
            return _error("secret_not_found")
        old = self._stored[path]["versions"][-1]
        fresh = {name: secrets.token_urlsafe(32) for name in old["data"]}
        version = _add_version(self._stored, path, fresh, {})
        self._memory.save()
        event = {
            "event_id": f"evt_{secrets.token_hex(10)}",
            "event_type": "secret.rotated",
            "timestamp": datetime.now(UTC).isoformat(),
            "path": path,
            "data": {
                "old_version": old["version"], "new_version": version["version"], "auto_generated": True,
                "grace_period_ends": (datetime.now(UTC) + GRACE).isoformat(),
            },
        }  # fmt: skip
        answer = back("/scaivault/")
        answer.background = BackgroundTask(signing.send, self._context, "scaivault", WEBHOOK_SECRET, event)
        return answer


def _add_version(stored: dict[str, Row], path: str, data: Row, body: Row) -> Row:
    now = datetime.now(UTC).isoformat()
    row = stored.setdefault(path, {"secret_type": "kv", "metadata": {}, "created_at": now, "versions": []})
    row["secret_type"] = body.get("secret_type", row["secret_type"])
    row["metadata"] = body.get("metadata", row["metadata"])
    last = row["versions"][-1]["version"] if row["versions"] else 0
    version = {"version": last + 1, "data": data, "created_at": now}
    row["versions"] = [*row["versions"], version][-int(body.get("options", {}).get("max_versions", 10)) :]
    return version


def _public(path: str, row: Row, version: Row) -> Row:
    return {
        "path": path, "secret_type": row["secret_type"], "version": version["version"], "data": version["data"],
        "metadata": row["metadata"], "created_at": row["created_at"], "updated_at": version["created_at"],
        "expires_at": None, "rotation_policy_id": None,
    }  # fmt: skip


def _error(code: str) -> Response:
    status, message = _ERRORS[code]
    headers = {"Retry-After": "1"} if code == "rate_limited" else {}
    request_id = f"req_{secrets.token_hex(6)}"
    return JSONResponse({"error": {"code": code, "message": message, "request_id": request_id}}, status, headers)


def _first_secrets() -> dict[str, Row]:
    stored: dict[str, Row] = {}
    values = {
        "scaicontrol/scaisend": "sg_live_" + "d" * 32,
        "scaicontrol/secret-key": b64encode(secrets.token_bytes(32)).decode(),
        "scaicontrol/webhooks/scaikey": SCAIKEY_SECRET,
        "scaicontrol/webhooks/scaivault": WEBHOOK_SECRET,
        "scaicontrol/webhooks/scaisend": SCAISEND_WEBHOOK_SECRET,
    }
    for path, value in values.items():
        _add_version(stored, path, {"value": value}, {})
    return stored
