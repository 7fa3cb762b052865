"""
Makes the small world of the browser tests in a folder, and serves it: `python -m tests.e2e.world <folder> <port>`.

Two days ago Acme and Bauwerk subscribed and were billed; Acme also tries another service. A newcomer waits to be let
in, money came that nobody can tell what for, and Bruno helps to run the reseller. Yesterday the sellers stopped
charging by themselves, so that what was bought since is open. `world.json` appears when the world stands and tells what
only the database knows; from then on it is served by the product's own command.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterable
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
from scaicontrol.demo import living, loading
from scaicontrol.demo.world import SELLERS
from scaicontrol.main import create_app
from scaicontrol.services import identity, partners, provisioning, usage
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from tasks.timetravel import live
from tests.e2e import TOLD

AGO = timedelta(days=2)
BY_THE_DAY = PartnerConfigurationPatch.model_validate({"proration": "day"})
WISHES = (("tnt_acme", "scaiflow.pro", 1), ("tnt_acme", "scaiwave.team", 24), ("tnt_acme", "scaicrm.starter", 1))
OTHERS = (("tnt_bauwerk", "scaidrive.pro", 12),)
OPEN = (
    ("tnt_stichting", "scaicrm.pro", 3),
    ("tnt_stichting", "scaiflow.pro", 1),
    ("tnt_lumiere", "scaidrive.pro", 1),
    ("tnt_lumiere", "scaicrm.pro", 1),
    ("tnt_bauwerk", "scaicrm.pro", 2),
    ("tnt_bauwerk", "scaiflow.pro", 1),
)
# Yesterday, by service.
USED = {
    "scaiflow": (
        ("tnt_acme", "workflow_runs", 4200),
        ("tnt_stichting", "workflow_runs", 120_500),
        ("tnt_bauwerk", "workflow_runs", 900),
    ),
    "scaidrive": (("tnt_lumiere", "storage_gb", 940), ("tnt_bauwerk", "transfer_gb", 700)),
}


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
    await loading.let_one_wait(backend)
    await living.pay_unclearly(backend)
    await backend.perform(loading.operator_actor("usr_ada"), identity.grant, "usr_sabine", "partner_admin")
    await backend.perform(loading.OPERATOR, partners.configure, "prt_northwind", BY_THE_DAY)
    await _subscribe(backend, WISHES + OTHERS)
    await live(backend, clock, begin + AGO / 2, step=AGO / 2)
    for partner_id in SELLERS:
        by_hand = PartnerConfigurationPatch(auto_charge=False)
        await backend.perform(loading.OPERATOR, partners.configure, partner_id, by_hand)
    await _subscribe(backend, OPEN)
    for slug, used in USED.items():
        await _report(backend, slug, used)
    await live(backend, clock, begin + AGO, step=AGO / 2)
    made = {"foreign_invoice": await backend.ask(loading.OPERATOR, _an_invoice_of, "tnt_bauwerk")}
    server.should_exit = True
    await running
    return made


async def _subscribe(backend: Backend, wishes: Iterable[tuple[str, str, int]]) -> None:
    for tenant_id, plan_key, quantity in wishes:
        actor = loading.tenant_actor(tenant_id)
        await backend.perform(actor, provisioning.subscribe, plan_key, quantity=quantity)


async def _report(backend: Backend, slug: str, used: Iterable[tuple[str, str, int]]) -> None:
    events = [
        {
            "idempotency_key": f"{tenant_id}-{metric}",
            "tenant_id": tenant_id,
            "service_slug": slug,
            "metric_slug": metric,
            "quantity": str(quantity),
            "occurred_at": backend.clock.now().isoformat(),
        }
        for tenant_id, metric, quantity in used
    ]
    await usage.submit(backend, await backend.ask(loading.OPERATOR, living.service_actor, slug), events)


async def _an_invoice_of(uow: UnitOfWork, tenant_id: str) -> str:
    found = await uow.session.scalars(select(Invoice.id).where(Invoice.tenant_id == tenant_id))
    return str(found.first())


if __name__ == "__main__":
    place, its_port = Path(sys.argv[1]), int(sys.argv[2])
    os.chdir(place)
    migrate.upgrade(effective(Settings()).effective_database_url)
    (place / TOLD).write_text(json.dumps(asyncio.run(make(its_port))))
    sys.argv = ["scaicontrol", "serve", "--port", str(its_port)]
    main()
