"""A webhook subscriber for one machine: it shows what arrives, checks both signatures, and answers as it is told."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .context import Context
from .pages import back, page, problem

REPLAY_WINDOW_SECONDS: Final = 300
_KEPT: Final = 300
_FIRST_HOOK: Final = {"secret": "", "status": 200, "delay": 0.0}

Row = dict[str, Any]


def routes(context: Context) -> list[BaseRoute]:
    memory = context.memory("subscriber", {"hooks": {"demo": dict(_FIRST_HOOK)}, "received": []})
    hooks: dict[str, Row] = memory.data["hooks"]
    received: list[Row] = memory.data["received"]  # newest first

    async def receive(request: Request) -> Response:
        name = request.path_params["name"]
        hook = hooks.setdefault(name, dict(_FIRST_HOOK))
        body = await request.body()
        headers = dict(request.headers)
        status = int(request.query_params.get("status", hook["status"]))
        received.insert(0, {
            "id": secrets.token_hex(8), "hook": name, "at": datetime.now(UTC).timestamp(), "headers": headers,
            "body": body.decode(errors="replace"), "answered": status,
            "checks": check(headers, body, hook["secret"], context.now()),
        })  # fmt: skip
        del received[_KEPT:]
        memory.save()
        if hook["delay"]:
            await asyncio.sleep(hook["delay"])
        return JSONResponse({"received": True}, status)

    async def configure(request: Request) -> Response:
        hook = hooks.setdefault(request.path_params["name"], dict(_FIRST_HOOK))
        hook |= _settings(await request.json())
        memory.save()
        return JSONResponse(hook)

    async def configure_by_form(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        hook = hooks.setdefault(form.get("name") or "demo", dict(_FIRST_HOOK))
        hook |= _settings(form)
        memory.save()
        return back("/subscriber/")

    def listing(request: Request) -> Response:
        hook = request.query_params.get("hook")
        return JSONResponse({"data": [row for row in received if hook in {None, row["hook"]}]})

    def clear(_: Request) -> Response:
        received.clear()
        memory.save()
        return Response(status_code=204)

    def overview(_: Request) -> Response:
        rows = [{**row, "event": row["headers"].get("x-scaicontrol-event-type", "unknown")} for row in received]
        return page("subscriber", received=rows, hooks=hooks, url=f"{context.url}/subscriber/hooks")

    def detail(request: Request) -> Response:
        row = next((row for row in received if row["id"] == request.path_params["id"]), None)
        if row is None:
            return problem("This delivery was forgotten.", 404)
        return page("delivery", row=row, body=_pretty(row["body"]))

    return [
        Route("/", overview),
        Route("/hooks/{name}", receive, methods=["POST"]),
        Route("/deliveries/{id}", detail),
        Route("/_control/hook", configure_by_form, methods=["POST"]),
        Route("/api/hooks/{name}", configure, methods=["PUT"]),
        Route("/api/deliveries", listing),
        Route("/api/deliveries", clear, methods=["DELETE"]),
    ]


def check(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> Row:
    """Judge a delivery by both signatures and its age (contract §23.2); without a secret signatures are None."""
    if not secret:
        return {"scaicontrol": None, "standard": None, "fresh": _is_fresh(headers, now)}
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    ours = [headers.get("x-scaicontrol-signature", ""), headers.get("x-scaicontrol-signature-next", "")]
    return {
        "scaicontrol": any(hmac.compare_digest(one.encode(), expected.encode()) for one in ours),
        "standard": _is_standard(headers, body, secret),
        "fresh": _is_fresh(headers, now),
    }


def _is_standard(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except binascii.Error:
        return False
    signed = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest(one.encode(), expected.encode()) for one in headers.get("webhook-signature", "").split()
    )


def _is_fresh(headers: Mapping[str, str], now: float) -> bool:
    stamp = headers.get("webhook-timestamp") or headers.get("x-scaicontrol-timestamp", "")
    return stamp.isdigit() and abs(now - int(stamp)) <= REPLAY_WINDOW_SECONDS


def _settings(given: Mapping[str, Any]) -> Row:
    kinds = {"secret": str, "status": int, "delay": float}
    return {
        name: kind(given[name])
        for name, kind in kinds.items()
        if name in given and (given[name] != "" or name == "secret")
    }


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
