"""Subscribable services for one machine: they register, send heartbeats, and provision as they are told."""

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Any, Final

import httpx2
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from . import world
from .context import Context
from .fault_injection import silence
from .pages import back, page
from .scaikey import Issuer

MODES: Final = ("sync", "callback", "poll", "fail", "error", "silent")
HEALTH: Final = ("healthy", "failing", "slow")
_POLLS_UNTIL_DONE: Final = 2
_KEPT: Final = 100
_METRIC_FIELDS: Final = ("slug", "name", "unit", "kind")

Row = dict[str, Any]


class Services:
    """The five demo services: how each behaves, what it was asked, and its own voice towards ScaiControl."""

    def __init__(self, context: Context, issuer: Issuer) -> None:
        self._context, self._issuer = context, issuer
        self._memory = context.memory(
            "services",
            {slug: {"mode": "sync", "health": "healthy", "registered": False, "calls": []} for slug in world.SERVICES},
        )
        self.operations: dict[str, Row] = {}
        self.done: dict[str, Row] = {}  # answers by idempotency key: asked twice is done once

    @property
    def rows(self) -> dict[str, Row]:
        return self._memory.data

    def row(self, request: Request) -> Row:
        row = self.rows.get(request.path_params["slug"])
        if row is None:
            raise HTTPException(404, "There is no such service.")
        return row

    def save(self) -> None:
        self._memory.save()

    def url(self, slug: str) -> str:
        return f"{self._context.url}/service/{slug}"

    async def register(self, slug: str) -> int:
        """Register at ScaiControl, again if it knows us already; give the status."""
        url = self.url(slug)
        body = {
            "slug": slug,
            "name": world.SERVICES[slug],
            "version": "1.4.0",
            "description": f"{world.SERVICES[slug]}, as a stand-in.",
            "app_id": world.service_client_id(slug),
            "base_url": url,
            "health_check_url": f"{url}/health",
            "provisioning_url": f"{url}/provision",
            "capabilities": ["provisioning", "metering"],
            "metrics": [dict(zip(_METRIC_FIELDS, metric, strict=True)) for metric in world.METRICS[slug]],
            "entrypoints": [
                {"label": "Open", "url_template": f"{url}/app/{{tenant_id}}", "entry_type": "web"},
                {
                    "label": "Administration",
                    "url_template": f"{url}/app/{{tenant_id}}?lang={{locale}}",
                    "entry_type": "admin",
                    "required_scope": "subscriptions:manage",
                    "sort_order": 1,
                },
            ],
            "heartbeat_interval_seconds": 30,
        }
        status = await self._tell(slug, "POST", "registry/register", body)
        if status == 409:
            status = await self._tell(slug, "PUT", "registry/register", body)
        self.rows[slug]["registered"] = 200 <= status < 300
        self.save()
        return status

    async def heartbeat(self, slug: str) -> int:
        body = {"slug": slug, "status": "healthy", "version": "1.4.0", "uptime_seconds": 3600}
        return await self._tell(slug, "POST", "registry/heartbeat", body)

    async def measure(self, slug: str, tenant_id: str, metric: str, quantity: str) -> int:
        """Report that a tenant used something, now in business time."""
        event = {
            "idempotency_key": secrets.token_hex(12),
            "tenant_id": tenant_id,
            "service_slug": slug,
            "metric_slug": metric,
            "quantity": quantity,
            "occurred_at": self._context.clock.now().isoformat(),
        }
        return await self._tell(slug, "POST", "metering/events", {"events": [event]})

    async def heartbeats(self) -> None:
        """Send the heartbeat of every registered service that is well."""
        for slug, row in self.rows.items():
            if row["registered"] and row["health"] == "healthy":
                await self.heartbeat(slug)

    async def call_back(self, asked: Row, answer: Row) -> None:
        """Report the end of a provisioning call to its callback URL."""
        await asyncio.sleep(0.2)  # the 202 leaves first
        body = {"callback_token": asked.get("callback_token"), "status": "success", **answer}
        try:
            await self._context.http.post(asked["callback_url"], json=body)
        except (httpx2.HTTPError, KeyError):
            return  # ScaiControl notices by its own timeout

    async def _tell(self, slug: str, method: str, path: str, body: Row) -> int:
        client_id = world.service_client_id(slug)
        token = self._issuer.sign({
            "iss": self._issuer.issuer_of("tnt_scailabs"), "sub": client_id, "client_id": client_id, "aud": client_id,
            "scope": "registry:manage", "app_scope": "GLOBAL", "token_type": "client_credentials",
        })  # fmt: skip
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._context.control_url}/api/v1/{path}"
        try:
            return (await self._context.http.request(method, url, json=body, headers=headers)).status_code
        except httpx2.HTTPError:
            return 0


class ServicePages:
    """The HTTP face of the demo services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._overview),
            Route("/{slug}/provision", self._provision, methods=["POST"]),
            Route("/{slug}/app/{tenant}", self._app),
            Route("/{slug}/operations/{id}", self._operation),
            Route("/{slug}/health", self._health),
            Route("/{slug}/_control/behave", self._behave, methods=["POST"]),
            Route("/{slug}/_control/usage", self._measure, methods=["POST"]),
            Route("/{slug}/_control/{word}", self._speak, methods=["POST"]),
        ]

    async def _provision(self, request: Request) -> Response:
        row, slug, asked = self._services.row(request), request.path_params["slug"], await request.json()
        call = {
            "at": datetime.now(UTC).timestamp(), "action": asked.get("action"), "tenant": asked.get("tenant_id"),
            "mode": row["mode"], "key": request.headers.get("idempotency-key", ""),
        }  # fmt: skip
        row["calls"] = [call, *row["calls"]][:_KEPT]
        self._services.save()
        answer = self._services.done.setdefault(
            call["key"] or secrets.token_hex(8), _answer(self._services.url(slug), asked)
        )
        match row["mode"]:
            case "fail":
                return JSONResponse({"error": "quota_exhausted", "message": "No capacity is left in this region."}, 422)
            case "error":
                return JSONResponse({"message": "the backend is down"}, 503)
            case "silent":
                await silence()
            case "callback":
                return JSONResponse({}, 202, background=BackgroundTask(self._services.call_back, asked, answer))
            case "poll":
                operation = secrets.token_hex(8)
                self._services.operations[operation] = {"polls": 0, "answer": answer}
                location = f"{self._services.url(slug)}/operations/{operation}"
                return JSONResponse({}, 202, {"Location": location})
        return JSONResponse(answer)

    def _operation(self, request: Request) -> Response:
        known = self._services.operations.get(request.path_params["id"])
        if known is None:
            return JSONResponse({"message": "no such operation"}, 404)
        known["polls"] += 1
        if known["polls"] < _POLLS_UNTIL_DONE:
            return JSONResponse({"status": "in_progress"}, 202)
        return JSONResponse({"status": "success", **known["answer"]})

    async def _health(self, request: Request) -> Response:
        row = self._services.row(request)
        if row["health"] == "slow":
            await silence()
        failing = row["health"] == "failing"
        return JSONResponse({"status": row["health"]}, 503 if failing else 200)

    async def _behave(self, request: Request) -> Response:
        row, form = self._services.row(request), await request.form()
        row["mode"], row["health"] = str(form.get("mode", row["mode"])), str(form.get("health", row["health"]))
        if row["mode"] not in MODES or row["health"] not in HEALTH:
            raise HTTPException(400, f"A mode is one of {', '.join(MODES)}; a health one of {', '.join(HEALTH)}.")
        self._services.save()
        return back("/service/")

    async def _measure(self, request: Request) -> Response:
        slug, form = request.path_params["slug"], {name: str(value) for name, value in (await request.form()).items()}
        self._services.row(request)
        status = await self._services.measure(slug, form["tenant_id"], form["metric"], form.get("quantity", "1"))
        return back(f"/service/?said=usage&of={slug}&status={status}")

    async def _speak(self, request: Request) -> Response:
        slug, said = request.path_params["slug"], request.path_params["word"]
        self._services.row(request)
        status = await (self._services.register(slug) if said == "register" else self._services.heartbeat(slug))
        return back(f"/service/?said={said}&of={slug}&status={status}")

    def _app(self, request: Request) -> Response:
        """Answer where a launch link leads: what a customer of the service would see."""
        self._services.row(request)
        slug, tenant = request.path_params["slug"], request.path_params["tenant"]
        return page("service_app", service=world.SERVICES[slug], tenant=tenant)

    def _overview(self, request: Request) -> Response:
        return page(
            "service",
            rows=self._services.rows,
            names=world.SERVICES,
            metrics=world.METRICS,
            tenants=world.CUSTOMERS,
            modes=MODES,
            healths=HEALTH,
            said=request.query_params,
        )


def _answer(url: str, asked: Row) -> Row:
    tenant = asked.get("tenant_id", "")
    if asked.get("action") != "provision":
        return {"metadata": {"tenant_id": tenant}}
    return {
        "endpoint": f"{url}/app/{tenant}",
        "credentials": {"api_key": f"key_{secrets.token_hex(12)}"},
        "metadata": {"tenant_id": tenant, "region": "eu-west"},
    }
