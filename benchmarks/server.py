"""
The two web servers of a comparison, each a process with one worker and the same settings.

`python -m benchmarks.server product|bare PORT DATABASE_URL KEY_FILE`. SIGUSR1 starts a profile, SIGUSR2 writes it
beside the key file.
"""

import asyncio
import contextlib
import cProfile
import hashlib
import hmac
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncmy
import orjson
import uvicorn
from fastapi import FastAPI, Request
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from starlette.responses import Response

from benchmarks import keys, measure
from scaicontrol.core.ids import new_id
from scaicontrol.integrations.payment_providers.sandbox import SIGNATURE_HEADER, WEBHOOK_SECRET
from tests.servers import DIES_WITH_US, free_port, listens, start

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Running:
    """A server process that answers on `port`."""

    port: int
    pid: int
    profile_file: Path

    def start_profile(self) -> None:
        os.kill(self.pid, signal.SIGUSR1)

    async def stop_profile(self) -> list[str]:
        self.profile_file.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR2)
        while not self.profile_file.exists():  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.05)
        found: list[str] = json.loads(self.profile_file.read_text())
        return found


@contextmanager
def serving(
    kind: str, database_url: str, folder: Path, public_key: Mapping[str, object] | None = None
) -> Iterator[Running]:
    """Start one of the servers and end it with the block."""
    place = folder / f"{kind}-{free_port()}"
    place.mkdir()
    key_file, port = place / "key.json", free_port()
    key_file.write_text(json.dumps(public_key or {}))
    command = ["setpriv", *DIES_WITH_US, sys.executable, "-m", "benchmarks.server"]
    process = start([*command, kind, str(port), database_url, str(key_file)], place, lambda: listens(port))
    try:
        yield Running(port, process.pid, key_file.with_suffix(".profile"))
    finally:
        process.terminate()
        process.wait()


# --- In the process --------------------------------------------------------------------------------------------------


def product(database_url: str, key_file: Path) -> Any:
    """The product's REST surface as `scaicontrol serve` puts it together, without the neighbours it does not call."""
    from scaicontrol.api.app import build_api
    from scaicontrol.api.requests import RequestContext
    from scaicontrol.core.backend import Backend
    from scaicontrol.core.clock import SystemClock
    from scaicontrol.core.logging import configure
    from scaicontrol.core.settings import Environment, Settings
    from scaicontrol.db.engine import Database
    from scaicontrol.integrations.payment_providers.sandbox import Sandbox
    from tests.factories.ports import memory_ports

    settings = Settings(
        _env_file=None,
        scaicontrol_env=Environment.development,
        database_url=database_url,
        secret_key=SecretStr("a secret of the benchmarks, long enough"),
        log_level="INFO",
    )
    configure(settings.log_level, settings.log_format)
    app = build_api()
    database = Database(database_url, pool_size=CONNECTIONS, max_overflow=0)
    sandbox = Sandbox(SystemClock())
    tokens = keys.verifier(json.loads(key_file.read_text()))
    ports = replace(memory_ports(), tokens=tokens, payment_providers={sandbox.slug: sandbox})
    app.state.backend = Backend(settings, database, SystemClock(), ports)
    app.add_middleware(RequestContext)
    return app


INVOICE = [
    "id",
    "number",
    "document_type",
    "status",
    "tenant_id",
    "partner_id",
    "currency",
    "language",
    "issue_date",
    "due_date",
    "period_start",
    "period_end",
    "notes",
    "buyer_reference",
    "purchase_order_ref",
    "subtotal_cents",
    "tax_cents",
    "total_cents",
    "reverse_charge",
    "tax_label",
    "legal_note",
    "finalized_at",
    "buyer_snapshot",
    "seller_snapshot",
    "amount_paid_cents",
    "amount_credited_cents",
    "amount_due_cents",
    "settlement",
    "delivery",
    "sent_at",
    "paid_at",
    "version",
    "created_at",
    "updated_at",
]
LINE = [
    "id",
    "order_index",
    "description",
    "quantity",
    "unit_label",
    "unit_price_cents",
    "unit_divisor",
    "amount_cents",
    "tax_category",
    "tax_rate",
    "tax_cents",
    "period_start",
    "period_end",
    "subscription_id",
    "metric_slug",
]
ONE_INVOICE = (
    f"SELECT {', '.join('i.' + name for name in INVOICE)}, {', '.join('l.' + name for name in LINE)} FROM invoices i "
    "JOIN invoice_line_items l ON l.invoice_id = i.id WHERE i.id = %s ORDER BY l.order_index"
)


NOTED = (
    "INSERT IGNORE INTO inbound_webhook_events (id, provider, external_id, received_at, payload, status, created_at, "
    "updated_at) VALUES (%s, 'bare', %s, %s, %s, 'received', %s, %s)"
)
ITS_PAYMENT = (
    "SELECT id, status, version FROM payments WHERE provider = 'sandbox' AND account_id = 'installation' "
    "AND external_id = %s FOR UPDATE"
)
DONE = (
    "UPDATE inbound_webhook_events SET status = 'processed', processed_at = %s WHERE provider = 'bare' "
    "AND account_id = 'installation' AND external_id = %s"
)


def bare(database_url: str, _: Path) -> Any:
    """FastAPI with nothing around it: one statement, the same document in the answer, no token, no scope."""
    url = make_url(database_url)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = await asyncmy.create_pool(
            minsize=CONNECTIONS, maxsize=CONNECTIONS, host=url.host, port=url.port, user=url.username,
            password=url.password, db=url.database, charset="utf8mb4", autocommit=True,
        )  # fmt: skip
        yield
        app.state.pool.close()
        await app.state.pool.wait_closed()

    app = FastAPI(lifespan=lifespan)

    @app.get("/invoices/{invoice_id}")
    async def show(invoice_id: str) -> Response:
        async with app.state.pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute(ONE_INVOICE, (invoice_id,))
            rows = await cursor.fetchall()
        width = len(INVOICE)
        document = dict(zip(INVOICE, rows[0], strict=False))
        for name in ("buyer_snapshot", "seller_snapshot"):
            document[name] = orjson.Fragment(document[name] or b"null")
        document["lines"] = [dict(zip(LINE, row[width:], strict=True)) for row in rows]
        return Response(orjson.dumps({"data": document}, default=str), media_type="application/json")

    @app.post("/callbacks")
    async def callback(request: Request) -> Response:
        """Check the signature, note the callback once, find its payment and note that it is done: one transaction."""
        body = await request.body()
        expected = "sha256=" + hmac.new(WEBHOOK_SECRET, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get(SIGNATURE_HEADER, ""), expected):
            return Response(status_code=401)
        told = orjson.loads(body)
        at = datetime.now(UTC).replace(tzinfo=None)
        async with app.state.pool.acquire() as connection, connection.cursor() as cursor:
            await connection.begin()
            noted = await cursor.execute(NOTED, (new_id("evt"), told["id"], at, body.decode(), at, at))
            if noted:
                await cursor.execute(ITS_PAYMENT, (told["payment_id"],))
                await cursor.execute(DONE, (at, told["id"]))
            await connection.commit()
        return Response(b'{"data":{"received":true}}', media_type="application/json")

    return app


def main() -> None:
    kind, port, database_url, key_file = sys.argv[1:]
    app = {"product": product, "bare": bare}[kind](database_url, Path(key_file))
    config = uvicorn.Config(
        app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False, loop="uvloop", http="httptools"
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        profile = cProfile.Profile()

        def stop() -> None:
            profile.disable()
            lines = [
                "own time: " + ", ".join(measure.dominant(profile)),
                "by package: " + ", ".join(measure.packages(profile)),
            ]
            done = Path(key_file).with_suffix(".profile")
            profile.dump_stats(done.with_suffix(".pstats"))
            done.with_suffix(".part").write_text(json.dumps(lines))
            done.with_suffix(".part").rename(done)

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, profile.enable)
        loop.add_signal_handler(signal.SIGUSR2, stop)
        await server.serve()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


if __name__ == "__main__":
    main()
