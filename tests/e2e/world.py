"""
Makes the small world of the browser tests in a folder, and serves it: `python -m tests.e2e.world <folder> <port>`.

Two days ago Acme and Bauwerk subscribed and were billed; Acme also tries another service. `world.json` appears when the
world stands and tells what only the database knows; from then on it is served by the product's own command.
"""

import asyncio
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import uvicorn
from sqlalchemy import select

from scaicontrol.assembly import effective
from scaicontrol.cli import main
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import OffsetClock
from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import migrate
from scaicontrol.demo import loading
from scaicontrol.main import create_app
from scaicontrol.services import provisioning
from scaicontrol.services.invoices.models import Invoice
from tasks.timetravel import live
from tests.e2e import TOLD

AGO = timedelta(days=2)
WISHES = (("tnt_acme", "scaiflow.pro", 1), ("tnt_acme", "scaiwave.team", 24), ("tnt_acme", "scaicrm.starter", 1))
OTHERS = (("tnt_bauwerk", "scaidrive.pro", 12),)


async def make(port: int) -> dict[str, str]:
    settings = effective(Settings())
    clock = OffsetClock(-AGO)
    app = create_app(settings, clock=clock, works=False)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
    running = asyncio.create_task(server.serve())
    deadline = time.monotonic() + 240
    while not server.started:
        if running.done() or time.monotonic() > deadline:
            raise SystemExit(f"The world could not be served on port {port}.")
        await asyncio.sleep(0.05)
    backend: Backend = app.state.backend
    begin = clock.now()
    await loading.load(backend, app.state.standins)
    for tenant_id, plan_key, quantity in WISHES + OTHERS:
        actor = loading.tenant_actor(tenant_id)
        await backend.perform(actor, provisioning.subscribe, plan_key, quantity=quantity)
    await live(backend, clock, begin + AGO, step=timedelta(days=1))
    made = {"foreign_invoice": await backend.ask(loading.OPERATOR, _an_invoice_of, "tnt_bauwerk")}
    server.should_exit = True
    await running
    return made


async def _an_invoice_of(uow: UnitOfWork, tenant_id: str) -> str:
    found = await uow.session.scalars(select(Invoice.id).where(Invoice.tenant_id == tenant_id))
    return str(found.one())


if __name__ == "__main__":
    place, its_port = Path(sys.argv[1]), int(sys.argv[2])
    os.chdir(place)
    migrate.upgrade(effective(Settings()).effective_database_url)
    (place / TOLD).write_text(json.dumps(asyncio.run(make(its_port))))
    sys.argv = ["scaicontrol", "serve", "--port", str(its_port)]
    main()
