"""The demo from start to end: migrate, load, live, summarize, serve."""

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from scaicontrol.assembly import effective
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import OffsetClock
from scaicontrol.core.settings import Settings
from scaicontrol.db import migrate
from scaicontrol.integrations.standins import world as directory
from scaicontrol.main import create_app
from tasks.timetravel import live as live_through

from . import living, loading
from .summary import Summary, summarize
from .world import DAYS

console = Console()
_TOLD_EVERY_DAYS = 15


def main(port: int, *, serve: bool) -> None:
    """Run the demo; raises SystemExit with one sentence when it cannot."""
    os.environ.setdefault("SCAICONTROL_ENV", "development")
    os.environ.setdefault("PUBLIC_BASE_URL", f"http://localhost:{port}")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    settings = effective(Settings())
    if not settings.is_development:
        raise SystemExit("The demo is for development; SCAICONTROL_ENV says production.")
    console.print("[bold]ScaiControl[/bold] – preparing the database …")
    migrate.upgrade(settings.effective_database_url)
    summary, fresh = uvloop.run(_prepare(settings, port))
    _show(summary, fresh=fresh)
    if serve:
        _say_where(settings)
        os.environ["LOG_LEVEL"] = "WARNING"
        uvicorn.run("scaicontrol.main:served", factory=True, host="127.0.0.1", port=port, log_config=None)


async def _prepare(settings: Settings, port: int) -> tuple[Summary, bool]:
    clock = OffsetClock(timedelta(days=-DAYS))
    app = create_app(settings, clock=clock, works=False)
    gc.freeze()  # what was imported stays: looking through it again and again costs a tenth of the demo
    async with _served(app, port):
        backend: Backend = app.state.backend
        fresh = not await loading.is_loaded(backend)
        if fresh:
            await _live(app, backend, clock)
        return await backend.ask(loading.OPERATOR, summarize), fresh


async def _live(app: FastAPI, backend: Backend, clock: OffsetClock) -> None:
    begin = clock.now()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[day]}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        bar = progress.add_task("Loading partners, tenants, services and plans", total=DAYS + 1, day="")
        await loading.load(backend, app.state.standins)
        progress.update(bar, advance=1, description="Living through three months")

        async def life(until: object) -> None:
            await live_through(backend, clock, until, step=timedelta(hours=24))  # type: ignore[arg-type]  # a datetime

        def on_day(day: int, today: object) -> None:
            progress.update(bar, completed=day + 1, day=f"{today:%d %b %Y}")
            if not console.is_terminal and day % _TOLD_EVERY_DAYS == 0:  # where a bar is drawn only once, at its end
                console.print(f"Day {day} of {DAYS}: {today:%d %b %Y}")

        await living.live(backend, begin, life, on_day)
        await life(begin + timedelta(days=DAYS))
        clock.offset = timedelta()
        await life(clock.now())
    await loading.remember(backend)


@contextlib.asynccontextmanager
async def _served(app: FastAPI, port: int) -> AsyncIterator[None]:
    """Serve the stand-ins while the world is made: its neighbours speak HTTP like the real ones."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
    running = asyncio.create_task(server.serve())
    deadline = time.monotonic() + 30
    while not server.started:
        if running.done() or time.monotonic() > deadline:
            raise SystemExit(f"Port {port} cannot be listened on; is something else running there?")
        await asyncio.sleep(0.05)
    try:
        yield
    finally:
        server.should_exit = True
        await running


def _show(summary: Summary, *, fresh: bool) -> None:
    console.print()
    console.print("[bold]Three months, billed[/bold]" if fresh else "[bold]The world as it stands[/bold]")
    sellers = Table(box=None, padding=(0, 1), header_style="bold")
    for title in ("Seller (EUR)", "Inv.", "CN", "Net", "VAT", "Paid", "Open", "Past due"):
        sellers.add_column(title, justify="left" if title.startswith("Seller") else "right", no_wrap=True)
    for row in summary.sellers:
        sellers.add_row(
            Text(row.name), str(row.invoices), str(row.credit_notes), row.net, row.vat, row.paid, row.open, row.past_due
        )
    console.print(sellers)
    console.print()
    taxes = Table(box=None, padding=(0, 2), header_style="bold")
    for title in ("VAT decided as", "Documents", "VAT"):
        taxes.add_column(title, justify="left" if title.startswith("VAT d") else "right")
    for label, documents, vat in summary.taxes:
        taxes.add_row(label, str(documents), vat)
    console.print(taxes)
    console.print()
    for what, states in summary.counts.items():
        console.print(
            f"  {what:14}" + ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in states.items())
        )
    seal = "[green]intact[/green]" if summary.intact else "[red]broken[/red]"
    console.print(f"  {'seals':14}every number series is {seal}")


def _say_where(settings: Settings) -> None:
    base = settings.public_base_url
    console.print()
    where = Table(box=None, padding=(0, 2), show_header=False)
    for name, url in (
        ("Portal", f"{base}/"),
        ("Console", f"{base}/admin"),
        ("API", f"{base}/api/docs"),
        ("Neighbours", f"{base}/_dev/"),
        ("Terminal", "SCAICONTROL_ENV=development .venv/bin/scaicontrol tui"),
    ):
        where.add_row(f"[bold]{name}[/bold]", url)
    console.print(where)
    console.print()
    shown = ("usr_ada", "usr_bert", "usr_nina", "usr_anna", "usr_karel")
    people = ", ".join(f"{p.name} ({p.about or p.role})" for p in directory.PEOPLE if p.id in shown)
    console.print(f"Sign in as anyone, no password: {people}.")
    console.print(f"Data lives in {Path(settings.storage_dir).parent}/; `make reset` starts over. Ctrl-C stops.")
