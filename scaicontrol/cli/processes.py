"""The processes of an installation: web, worker, scheduler."""

import asyncio
import importlib
import os
from typing import Annotated

import typer
import uvicorn
import uvloop

from scaicontrol.assembly import effective
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.db import migrate
from scaicontrol.db.engine import missing_file

from .door import failures_reported
from .listening import require_free
from .readiness import require_schema

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs Redis.")] = 1,
    embedded_worker: Annotated[bool | None, typer.Option(help="Run worker and scheduler in this process.")] = None,
    dev: Annotated[bool, typer.Option("--dev", help="Development: stand-ins for every neighbour.")] = False,
) -> None:
    """Serve REST, MCP, console and portal."""
    overrides: dict[str, object] = {}
    if dev:
        overrides["scaicontrol_env"] = Environment.development
    if embedded_worker is not None:
        overrides["embedded_worker"] = embedded_worker
    _remember(overrides)
    settings = effective(Settings())  # every problem of the configuration in one sentence, before anything starts
    _require_schema(settings, may_create=dev)
    with failures_reported():
        require_free(host, port)
    uvicorn.run(
        "scaicontrol.main:served",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        server_header=False,
        forwarded_allow_ips=",".join(settings.trusted_proxies) or "127.0.0.1",
        timeout_graceful_shutdown=30,
    )


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(help="Tasks at the same time.")] = 10,
) -> None:
    """Work on what the queue brings, until told to stop."""
    _remember({"worker_concurrency": concurrency})
    _require_schema(effective(Settings()))
    processes = importlib.import_module("tasks.processes")  # by name: surfaces do not know each other
    uvloop.run(processes.work(Settings()))


@app.command()
def scheduler() -> None:
    """Enqueue due jobs; a second scheduler waits until the first is gone."""
    _require_schema(effective(Settings()))
    processes = importlib.import_module("tasks.processes")
    uvloop.run(processes.schedule(Settings()))


def _require_schema(settings: Settings, *, may_create: bool = False) -> None:
    with failures_reported():
        if may_create and missing_file(settings.effective_database_url):
            migrate.upgrade(settings.effective_database_url)
        asyncio.run(require_schema(settings))


def _remember(overrides: dict[str, object]) -> None:
    """Hand options on to the processes uvicorn starts, which read the environment only."""
    for name, value in overrides.items():
        os.environ[name.upper()] = str(value).lower() if isinstance(value, bool) else str(value)
