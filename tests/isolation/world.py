"""
Two partners, three tenants, and a judge: each row carries a secret, and foreign ones are changed to see who notices.

A shape leaks when foreign rows come back, when the answer changes with rows that are none of the scope's business, or
when a row changes that the scope may not write. The judge reads and writes through the driver, past every guard.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import Model
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.models import InvoiceTemplate
from scaicontrol.services.usage.models import UsageEvent
from scaicontrol.services.webhooks.models import WebhookEndpoint
from tests.factories import ACME, GLOBEX, INITECH, NORTHWIND, SCAIDRIVE, SOUTHBAY, ada
from tests.factories.catalog import store_override, store_plan
from tests.factories.invoices import a_draft
from tests.factories.registry import store_service
from tests.factories.tenants import store_cast
from tests.factories.usage import store_holder

PARTNERS = {ACME: NORTHWIND, GLOBEX: NORTHWIND, INITECH: SOUTHBAY}
DRAFTS = {ACME: 1, GLOBEX: 2, INITECH: 3}
# Of each table: the column that holds its secret, and the column that says whose it is.
SECRETS = {
    "invoices": ("notes", "tenant_id"),
    "invoice_line_items": ("description", "tenant_id"),
    "usage_events": ("metric_slug", "tenant_id"),
    "partner_configuration": ("legal_name", "partner_id"),
    "webhook_subscriptions": ("name", "partner_id"),
    "invoice_templates": ("subject", "owner_partner_id"),
}
_PRIVATE = "webhook_subscriptions"  # never seen by a partner's tenants
KEPT = (*SECRETS, "tenants", "partners", "plans", "service_registry", "platform_settings", "partner_price_overrides")


@dataclass(frozen=True)
class Domain:
    """What one scope may see and write, said once more and apart from the product."""

    scope: Scope
    tenants: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    is_partner: bool = False

    def sees(self, table: str, row: dict[str, Any]) -> bool:
        owner = row[SECRETS[table][1]]
        if SECRETS[table][1] == "tenant_id":
            return owner in self.tenants
        if table == _PRIVATE:
            return self.is_partner and owner in self.partners
        if table == "invoice_templates":
            return (
                bool(self.partners)
                and self.scope is not None
                and self.scope.kind != "service"
                and (owner in self.partners or owner == "")
            )
        return owner in self.partners

    def may_write(self, table: str, row: dict[str, Any]) -> bool:
        if table not in self.writes:
            return False
        if table == "usage_events" and self.scope.kind == "service":
            return row["service_id"] == self.scope.service_id and row["tenant_id"] in self.tenants
        if "tenant_id" in row:
            return row["tenant_id"] in self.tenants
        if table == "tenants":
            return row["id"] in self.tenants
        return row.get("partner_id", row.get("owner_partner_id")) in self.partners


_OF_TENANTS = frozenset({"invoices", "invoice_line_items", "usage_events", "tenants"})
_OF_PARTNERS = _OF_TENANTS | {"partner_configuration", "webhook_subscriptions", "invoice_templates"}
_ACMES = (frozenset({ACME}), frozenset({NORTHWIND}))
DOMAINS = {
    "none": Domain(Scope.none()),
    "tenant": Domain(Scope.tenant(NORTHWIND, ACME), *_ACMES, _OF_TENANTS),
    "partner": Domain(
        Scope.partner(NORTHWIND), frozenset({ACME, GLOBEX}), frozenset({NORTHWIND}), _OF_PARTNERS, is_partner=True
    ),
    "service": Domain(Scope.service(SCAIDRIVE), *_ACMES, frozenset({"usage_events"})),  # Acme alone holds it
}
UNGUARDED = Domain(Scope.platform(), *_ACMES, _OF_TENANTS)  # judged as Acme, on an engine that nobody guards


@dataclass
class World:
    """The identities of what is there, for statements that aim at a row."""

    backend: Backend
    invoices: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)


async def build(backend: Backend) -> World:
    world = World(backend)
    await store_cast(backend)
    await store_service(backend)
    await store_plan(backend)
    await store_holder(backend)
    await store_service(backend, "scaimail", id="svc_mail")
    await store_plan(backend, "mail", id="pln_mail", service_id="svc_mail")
    await store_holder(backend, GLOBEX, NORTHWIND, service_id="svc_mail", plan_id="pln_mail")
    for partner in (NORTHWIND, SOUTHBAY):
        await store_override(backend, partner_id=partner)
    for tenant, number in DRAFTS.items():
        drafts = [await a_draft(backend, by=ada, tenant_id=tenant) for _ in range(number)]
        world.invoices[tenant] = [draft.id for draft in drafts]
        world.lines[tenant] = [line.id for draft in drafts for line in draft.lines]
    await backend.perform(ada, _add_the_rest)
    async with backend.database.session(Scope.platform()) as session, session.begin():
        await session.run_sync(_hide_secrets)
    return world


async def _add_the_rest(uow: UnitOfWork) -> None:
    for tenant, partner in PARTNERS.items():
        uow.session.add(
            UsageEvent(
                id=new_id("usg"), tenant_id=tenant, partner_id=partner, metric_slug="x", quantity=1,
                service_id=SCAIDRIVE if tenant == ACME else "svc_other", idempotency_key=f"key-{tenant}",
                occurred_at=uow.now, counted_at=uow.now,
            )
        )  # fmt: skip
    for partner in (NORTHWIND, SOUTHBAY, ""):
        uow.session.add(
            InvoiceTemplate(
                id=new_id("tpl"), owner_partner_id=partner, name="house", document_type=TemplateType.invoice,
                subject="x", html_content="", css_content="",
            )
        )  # fmt: skip
        uow.session.add(
            WebhookEndpoint(
                id=new_id("whk"), partner_id=partner or None, name="x", target_url="https://hooks.example",
                topics=["*"], secret_vault_path="x",
            )
        )  # fmt: skip


def secret(table: str, owner: str | None) -> str:
    return f"secret of {owner or 'the platform'} in {table}"


def _hide_secrets(session: Session) -> None:
    driver = Driver(session)
    for table, (column, owner) in SECRETS.items():
        for row in driver.rows(table):
            driver.change(table, row, {column: secret(table, row[owner])})


class Driver:
    """The driver beneath a session's connection, in its transaction."""

    def __init__(self, session: Session) -> None:
        self._cursor = session.connection().connection.cursor()
        self._mark = "?" if session.get_bind().dialect.paramstyle == "qmark" else "%s"

    def rows(self, table: str) -> list[dict[str, Any]]:
        self._cursor.execute(f"SELECT * FROM {table}")
        names = [each[0] for each in self._cursor.description]
        return [dict(zip(names, row, strict=True)) for row in self._cursor.fetchall()]

    def change(self, table: str, row: dict[str, Any], values: dict[str, Any]) -> None:
        key = Model.metadata.tables[table].primary_key.columns.keys()
        sets = ", ".join(f"{name} = {self._mark}" for name in values)
        where = " AND ".join(f"{name} = {self._mark}" for name in key)
        self._cursor.execute(f"UPDATE {table} SET {sets} WHERE {where}", (*values.values(), *(row[k] for k in key)))

    def add(self, table: str, row: dict[str, Any]) -> None:
        marks = ", ".join([self._mark] * len(row))
        self._cursor.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.rows(table) for table in KEPT}


def disturb(session: Session, domain: Domain) -> None:
    """Change every row that a scope does not see, and add as many again: nothing of it is its business."""
    driver = Driver(session)
    for table, (column, owner) in SECRETS.items():
        for row in driver.rows(table):
            if domain.sees(table, row):
                continue
            told = f"secret, changed, of {row[owner]} in {table}"
            driver.change(table, row, {column: told})
            if table in ("invoices", "invoice_line_items", "usage_events"):
                twin = {**row, "id": f"x{row['id'][1:]}", column: f"{told}, again"}
                twin |= {"idempotency_key": f"x{row['id'][4:]}"} if table == "usage_events" else {}
                twin |= {"order_index": 99} if table == "invoice_line_items" else {}
                driver.add(table, twin)


def secrets_of_others(driver: Driver, domain: Domain) -> set[str]:
    strangers = {tenant for tenant in PARTNERS if tenant not in domain.tenants}
    return strangers | {
        row[column]
        for table, (column, _) in SECRETS.items()
        for row in driver.rows(table)
        if row[column] and not domain.sees(table, row)
    }


def fixed(snapshot: dict[str, list[dict[str, Any]]], domain: Domain) -> set[str]:
    """Give the rows that a scope may not write, as text."""
    return {
        repr((table, sorted((name, str(value)) for name, value in row.items())))
        for table, rows in snapshot.items()
        for row in rows
        if not domain.may_write(table, row)
    }


def says_a_secret(values: Iterable[Any], secrets: set[str]) -> bool:
    said = repr(list(values))
    return any(each in said for each in secrets)


def plain(row: Any) -> Any:
    """Turn rows and entities into their values."""
    if isinstance(row, sa.Row | tuple | list):
        return tuple(plain(each) for each in row)
    if isinstance(row, dict):
        return tuple(sorted((name, plain(value)) for name, value in row.items()))
    if isinstance(row, Model):
        return tuple((name, value) for name, value in sorted(vars(row).items()) if isinstance(value, str | int))
    return row
