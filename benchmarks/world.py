"""A private MariaDB with the product's schema, and rows enough to measure on."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncmy
from pydantic import SecretStr

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.db.engine import _MARIADB_SESSION, Database
from tests.databases import create_schema
from tests.factories.ports import memory_ports
from tests.servers import MariaDB, private_mariadb, temporary_folder

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
STAMP = "2026-01-01 00:00:00"


@dataclass(slots=True)
class World:
    """The database under measurement and the product on it."""

    server: MariaDB
    backend: Backend
    folder: Path
    database: str = "app"
    made: set[str] = field(default_factory=set)

    async def raw(self, database: str | None = None) -> Any:
        """Open a bare connection with the session settings of the product."""
        return await asyncmy.connect(
            host="127.0.0.1",
            port=self.server.port,
            user="app",
            password="pw",
            db=database or self.database,
            charset="utf8mb4",
            init_command=_MARIADB_SESSION,
            autocommit=False,
        )

    async def fill(self, table: str, rows: Iterable[dict[str, Any]], batch: int = 2000) -> None:
        """Store rows of one shape past the product, with the moments of the base filled in."""
        connection = await self.raw()
        async with connection.cursor() as cursor:
            await cursor.execute("SET foreign_key_checks = 0, unique_checks = 0")
            waiting: list[Sequence[Any]] = []
            statement = ""
            for row in rows:
                full = {**row, "created_at": STAMP, "updated_at": STAMP}
                if not statement:
                    names, places = ", ".join(f"`{name}`" for name in full), ", ".join(["%s"] * len(full))
                    statement = f"INSERT INTO `{table}` ({names}) VALUES ({places})"
                waiting.append(list(full.values()))
                if len(waiting) >= batch:
                    await cursor.executemany(statement, waiting)
                    await connection.commit()
                    waiting = []
            if waiting:
                await cursor.executemany(statement, waiting)
        await connection.commit()
        await connection.ensure_closed()

    async def sql(self, statement: str) -> None:
        connection = await self.raw()
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
        await connection.commit()
        await connection.ensure_closed()


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Start a server with durable commits (flush=1), migrate it and put the product on it."""
    with private_mariadb(["--innodb-buffer-pool-size=256M"]) as server, temporary_folder("bench") as folder:
        await create_schema(server.url())
        database = Database(server.url(), pool_size=16, max_overflow=4)
        settings = Settings(
            _env_file=None,
            scaicontrol_env=Environment.development,
            database_url=server.url(),
            storage_dir=folder / "storage",
            secret_key=SecretStr("a secret of the benchmarks, long enough"),
            webhook_allow_private=True,
            log_level="ERROR",
        )
        yield World(server, Backend(settings, database, FrozenClock(NOW), memory_ports()), folder)
        await database.dispose()


def json_text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def subscription_rows(
    partner: str, count: int, *, due: bool, start: int = 0, service: str = "svc_scaidrive", plan: str = "pln_pro"
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Make tenants, profiles, subscriptions and periods: one subscription a tenant, its base fee due or charged."""
    begun = (NOW - timedelta(days=5)).replace(tzinfo=None)
    ends = begun + timedelta(days=31)
    tenants, profiles, subscriptions, periods = [], [], [], []
    for number in range(start, start + count):
        key = f"{partner.removeprefix('prt_')}_{number:06d}"
        owner = {"tenant_id": f"tnt_{key}", "partner_id": partner}
        tenants.append(
            {
                "id": owner["tenant_id"],
                "partner_id": partner,
                "name": f"Tenant {number}",
                "slug": key,
                "status": "active",
                "notification_opt_outs": "[]",
                "version": 1,
            }
        )
        profiles.append(
            {
                **owner,
                "company_name": f"Tenant {number} B.V.",
                "address_line1": "Coolsingel 40",
                "postal_code": "3011 AD",
                "city": "Rotterdam",
                "country_code": "NL",
                "vat_number": "NL004495445B01",
                "contact_email": f"ap{number}@example.com",
                "is_business": 1,
                "tax_exempt": 0,
                "preferred_language": "en",
                "version": 1,
            }
        )
        subscriptions.append(
            {
                **owner,
                "id": f"sub_{key}",
                "service_id": service,
                "plan_id": plan,
                "status": "active",
                "quantity": 1,
                "unit_price_cents": 1000,
                "currency": "EUR",
                "activated_at": begun,
                "anchor_day": begun.day,
                "current_period_start": begun,
                "current_period_end": ends,
                "current_period_last_day": ends.date() - timedelta(days=1),
                "trial_days": 0,
                "version": 1,
            }
        )
        periods.append(
            {
                **owner,
                "id": f"per_{key}",
                "subscription_id": f"sub_{key}",
                "period_start": begun,
                "period_end": ends,
                "plan_id": plan,
                "quantity": 1,
                "unit_price_cents": 1000,
                "currency": "EUR",
                "first_day": begun.date(),
                "days": 31,
                "full_days": 31,
                "usage_from": begun,
                "usage_until": ends,
                "base_due_at": begun if due else None,
                "usage_due_at": None,
            }
        )
    return tenants, profiles, subscriptions, periods


async def store_subscribers(world: World, partner: str, count: int, *, due: bool, start: int = 0) -> list[str]:
    """Store subscribers of a stored partner; give their tenants."""
    for first in range(start, start + count, 10_000):
        tenants, profiles, subscriptions, periods = subscription_rows(
            partner, min(10_000, start + count - first), due=due, start=first
        )
        await world.fill("tenants", tenants)
        await world.fill("tenant_billing_profiles", profiles)
        await world.fill("subscriptions", subscriptions)
        await world.fill("subscription_periods", periods)
    name = partner.removeprefix("prt_")
    return [f"tnt_{name}_{number:06d}" for number in range(start, start + count)]
