"""Liveness, readiness and metrics (contract §34.1); plain routes, because probes want no envelope."""

import asyncio
import time
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend, said
from scaicontrol.db import migrate
from scaicontrol.services import einvoices
from scaicontrol.services.einvoices.models import InstalledRuleSet

from .actor_resolution import authenticate


async def health(_: Request) -> Response:
    return _json(200, {"status": "ok"})


async def ready(request: Request) -> Response:
    """200 while the database is safe to use; what else is away is named as degraded."""
    checks = await _checks(request.app.state.backend)
    database = checks["database"]
    others = [check for name, check in checks.items() if name != "database"]
    status = "unavailable" if database["status"] != "ok" else "ok"
    if status == "ok" and any(check["status"] != "ok" for check in others):
        status = "degraded"
    return _json(503 if status == "unavailable" else 200, {"status": status, "checks": checks})


async def detailed(request: Request) -> Response:
    """Latencies and what each job last did, for the platform's own people."""
    backend: Backend = request.app.state.backend
    actor = (await authenticate(request, backend)).on("rest")
    actor.require("jobs:read")
    jobs = await backend.ask(actor, leases.jobs)
    rows = [
        {
            "name": job.name,
            "last_due_at": job.last_due_at,
            "last_finished_at": job.last_finished_at,
            "last_result": job.last_result,
        }
        for job in jobs
    ]
    return _json(200, {"checks": await _checks(backend), "jobs": rows, "einvoice_rules": await _rules(backend, actor)})


async def _rules(backend: Backend, actor: Actor) -> dict[str, Any]:
    """Say which official rule sets documents are held against, and what keeps others from being asked."""
    installed = [row for row in await backend.ask(actor, einvoices.installed) if row.retired_at is None]
    sets: list[einvoices.RuleSet | InstalledRuleSet] = [*einvoices.shipped(), *installed]
    missing = einvoices.missing()
    return {
        "status": "off" if missing else "on",
        "problems": list(missing),
        "sets": [{"name": each.name, "version": each.version, "digest": each.digest} for each in sets],
    }


async def metrics(request: Request) -> Response:
    """Nothing is there where the installation switched it off (METRICS_ENABLED)."""
    if not request.app.state.backend.settings.metrics_enabled:
        return Response(status_code=404)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _checks(backend: Backend) -> dict[str, dict[str, Any]]:
    async def timed(check: Any) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            problems = await asyncio.wait_for(check(), timeout=3)
        except Exception as error:  # noqa: BLE001 - a probe answers what is wrong, whatever a dying cluster raises
            problems = [_in_a_line(error)]
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        return {"status": "failed" if problems else "ok", "ms": milliseconds, "problems": problems or []}

    async def database() -> list[str]:
        problems = await backend.database.check()
        if gap := migrate.schema_gap(await migrate.revision_of(backend.database)):
            problems.append(f"The database is {gap}")
        return problems

    async def storage() -> list[str]:
        await backend.ports.objects.check()
        return []

    return {"database": await timed(database), "storage": await timed(storage)}


def _in_a_line(error: Exception) -> str:
    return said(error) if isinstance(error, SQLAlchemyError) else str(error) or type(error).__name__


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")


routes = [
    Route("/health", health),
    Route("/health/ready", ready),
    Route("/health/detailed", detailed),
    Route("/metrics", metrics),
]
