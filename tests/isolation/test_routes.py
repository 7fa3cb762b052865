"""
Every REST route, asked by everybody for what belongs to somebody else.

The cases follow from the OpenAPI description: a new route is covered without a new test. Three worlds stand side by
side, with rows of every kind; what an actor must not see is read from the database by owner, so that every id of a
foreign row is a marker that no answer may carry.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from starlette.requests import Request

from scaicontrol.api import door, health
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import OutboxRow
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import Model
from scaicontrol.db.tenant_filter import PLATFORMS, PartnerOwned, PartnerPrivate, PartnerShared, TenantOwned
from scaicontrol.services import accounting, documents, identity, uploads, webhooks
from scaicontrol.services.accounting.schemas import LedgerMapping, SyncIn
from scaicontrol.services.documents.schemas import SendIn
from scaicontrol.services.identity.schemas import PortalViewIn
from scaicontrol.services.invoices.lifecycle import Channel
from scaicontrol.services.templates import TemplateType
from tests.factories import (
    ACME,
    GLOBEX,
    INITECH,
    NORTHWIND,
    SOUTHBAY,
    ada,
    alice,
    gina,
    ian,
    nobody,
    petra,
    pim,
    sam,
    service,
    tom,
)
from tests.factories.accounting import an_integration
from tests.factories.api import rest_api
from tests.factories.catalog import store_override
from tests.factories.identity import store_group, store_user
from tests.factories.invoices import RENDERER, a_draft, finalized
from tests.factories.registry import store_service
from tests.factories.subscriptions import market, subscribed
from tests.factories.templates import draft
from tests.factories.uploads import picture
from tests.factories.webhooks import delivered, subscriber

stranger = service("svc_scaimail", "scaimail")  # a service nobody has subscribed to
ACTORS = {actor.id: actor for actor in (alice, tom, gina, ian, petra, pim, sam, stranger)}
# They speak with ScaiKey and touch no rows; the tests of identity drive them.
OUTSIDE = {"/api/v1/auth/config", "/api/v1/auth/token"}
# A service learns the same of a tenant that is not its customer and of one that does not exist: nothing is subscribed.
SAME_FOR_NOBODY = ("/api/v1/service-billing/tenants/",)
HIDDEN = {401, 403, 404, 422}
READS = ("get", "head")


@pytest.fixture
def dialect() -> str:
    """Statements are tested on both databases; routes add nothing that depends on one."""
    return "sqlite"


@dataclass
class Worlds:
    backend: Backend
    client: httpx.AsyncClient
    routes: list["Route"]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    parameters: tuple[str, ...]  # in the path
    query: tuple[str, ...]
    body: Any

    @property
    def reads(self) -> bool:
        return self.method in READS


@pytest_asyncio.fixture
async def worlds(backend: Backend, clock: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worlds]:
    async def by_name(request: Request, _: Backend) -> Actor:
        return ACTORS.get(request.headers.get("authorization", "").removeprefix("Bearer "), nobody)

    monkeypatch.setattr(door, "authenticate", by_name)
    monkeypatch.setattr(health, "authenticate", by_name)
    await people_the_worlds(backend, clock)
    app = rest_api()
    app.state.backend = backend
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://scaicontrol.test") as client:
        yield Worlds(backend, client, list(routes_of(app.openapi())))


async def people_the_worlds(backend: Backend, clock: Any) -> None:
    await market(backend)
    await store_service(backend, "scaimail")
    for tenant_id, partner_id, admin in ((ACME, NORTHWIND, alice), (GLOBEX, NORTHWIND, gina), (INITECH, SOUTHBAY, ian)):
        await store_user(backend, admin.name.lower(), "tenant_admin", tenant_id=tenant_id, partner_id=partner_id)
        await store_group(
            backend, tenant_id, [admin.name.lower()], "tenant_admin", tenant_id=tenant_id, partner_id=partner_id
        )
        await backend.perform(ada, identity.begin_portal_view, tenant_id, PortalViewIn(reason="Help", ticket="SUP-1"))
        await subscribed(backend, actor=admin)
        await a_draft(backend, by=ada, tenant_id=tenant_id)
        invoice = await finalized(backend, by=ada, tenant_id=tenant_id)
        await backend.perform(ada, documents.send, invoice.id, SendIn(channel=Channel.portal))
    for partner_id, admin in ((NORTHWIND, petra), (SOUTHBAY, sam)):
        await store_user(backend, admin.name.lower(), "partner_admin", tenant_id=None, partner_id=partner_id)
        await store_override(backend, partner_id=partner_id, price_cents=900)
        await draft(backend, TemplateType.email_invoice, f"{admin.name} mails", by=admin)
        await uploads.upload_template_image(backend, admin, picture("PNG", colour=len(partner_id)))
        await subscriber(backend, admin, f"https://{admin.name.lower()}.example.com/")
        books = await an_integration(backend, by=admin, mapping=LedgerMapping(debtor_account="1300"))
        await backend.perform(admin, accounting.request, books.id, SyncIn.model_validate({"from": date(2026, 1, 1)}))
    while await documents.render_due(backend, RENDERER):
        pass
    await accounting.sync_due(backend)
    await delivered(backend, clock)
    await webhooks.relay(backend)


async def ids_hidden_from(backend: Backend, actor: Actor) -> dict[str, list[str]]:
    """Read, as the platform, the keys of every owned row that lies outside an actor's scope."""

    async def read(uow: UnitOfWork) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for mapper in Model.registry.mappers:
            kind = mapper.class_
            if mapper.inherits is not None or not issubclass(
                kind, TenantOwned | PartnerOwned | PartnerPrivate | PartnerShared
            ):
                continue
            query = sa.select(
                *mapper.primary_key,
                *(
                    getattr(kind, name)
                    for name in ("tenant_id", "partner_id", "owner_partner_id")
                    if hasattr(kind, name)
                ),
            )
            for row in (await uow.session.execute(query)).mappings():
                owner = row.get("owner_partner_id", row.get("partner_id"))
                if owner != PLATFORMS and _is_foreign(actor, kind, row.get("tenant_id"), owner):
                    found[table_of(mapper).name] += [
                        str(row[key.name]) for key in mapper.primary_key if isinstance(row[key.name], str)
                    ]
        own = {actor.tenant_id, actor.partner_id, actor.id}
        # A partner is public by name; what a number series or a composite key shares with others marks nobody.
        return {table: sorted({key for key in keys if key not in own and "_" in key}) for table, keys in found.items()}

    return await backend.ask(ada, read)


def table_of(mapper: Any) -> Any:
    return mapper.local_table


def _is_foreign(actor: Actor, kind: type[Any], tenant_id: str | None, partner_id: str | None) -> bool:
    if actor.scope.kind == "tenant":
        return tenant_id != actor.tenant_id if tenant_id is not None else partner_id != actor.partner_id
    if actor.scope.kind == "partner":
        return partner_id != actor.partner_id
    return True


def routes_of(schema: dict[str, Any]) -> Iterator[Route]:
    for path, methods in schema["paths"].items():
        if path in OUTSIDE:
            continue
        for method, described in methods.items():
            given = described.get("parameters", [])
            body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield Route(
                method,
                path,
                tuple(re.findall(r"{(\w+)}", path)),
                tuple(one["name"] for one in given if one["in"] == "query"),
                example(schema, body) if body else None,
            )


def example(schema: dict[str, Any], shape: dict[str, Any]) -> Any:  # noqa: PLR0911  # one answer for each kind of shape
    """Give the documented example of a shape, or the least that it requires."""
    if "$ref" in shape:
        return example(schema, schema["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]])
    if shape.get("examples"):
        return shape["examples"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in shape:
            return example(schema, shape[choice][0])
    match shape.get("type"):
        case "object":
            return {name: example(schema, shape["properties"][name]) for name in shape.get("required", ())}
        case "array":
            return [example(schema, shape["items"])]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
    return (shape.get("enum") or ["x"])[0]


def with_foreign_ids(body: Any, hidden: dict[str, list[str]]) -> Any:
    """Put foreign ids wherever a body names something."""
    if isinstance(body, list):
        return [with_foreign_ids(item, hidden) for item in body]
    if not isinstance(body, dict):
        return body
    swapped = {}
    for name, value in body.items():
        singular = name.removesuffix("s")
        ids = ids_for(singular, hidden) if singular.endswith("_id") else []
        swapped[name] = with_foreign_ids(value, hidden) if not ids else ids[:1] if isinstance(value, list) else ids[0]
    return swapped


_TABLES = {
    "endpoint_id": "webhook_subscriptions",
    "delivery_id": "event_outbox",
    "method_id": "payment_methods",
    "item_id": "billing_quarantine",
    "run_id": "billing_runs",
    "override_id": "partner_price_overrides",
    "workflow_id": "provisioning_workflows",
    "line_id": "invoice_line_items",
    "integration_id": "accounting_integrations",
    "sync_item_id": "accounting_sync_items",
    "template_id": "invoice_templates",
}


def ids_for(parameter: str, hidden: dict[str, list[str]]) -> list[str]:
    """Give foreign ids that fit a parameter: its own kind first, and one of every other kind."""
    stem = parameter.removesuffix("_id")
    named = [key for table, keys in hidden.items() if table in (_TABLES.get(parameter), f"{stem}s") for key in keys]
    if parameter == "tenant_id":
        named = [key for key in (ACME, GLOBEX, INITECH) if key in hidden.get("tenants", [])] or named
    if parameter == "partner_id":
        named = [key for key in (NORTHWIND, SOUTHBAY) if any(key in keys for keys in hidden.values())] or named
    return named


def seen(answer: httpx.Response, hidden: dict[str, list[str]], asked: str) -> list[str]:
    """List the foreign ids in an answer that were not in the question."""
    text = answer.text
    return [key for keys in hidden.values() for key in keys if key in text and key not in asked]


@pytest.mark.parametrize("name", [*ACTORS, "anonymous"])
async def test_no_route_shows_or_changes_what_is_foreign(worlds: Worlds, name: str, record_property):
    wrong: list[str] = []
    cases = 0
    hidden = await ids_hidden_from(worlds.backend, ACTORS.get(name, nobody))
    before = await snapshot(worlds.backend, hidden)
    for route in sorted(worlds.routes, key=lambda route: not route.reads):
        for path, params, body in questions(route, hidden):
            cases += 1
            headers = {"Authorization": f"Bearer {name}", "Idempotency-Key": f"k{cases}"}
            answer = await worlds.client.request(route.method, path, params=params, json=body, headers=headers)
            said = f"{route.method.upper()} {path} {params or ''} → {answer.status_code}"
            if answer.status_code >= 500:
                wrong.append(f"{said} {answer.text[:200]}")
            elif leaked := seen(answer, hidden, f"{path} {params} {body}"):
                wrong.append(f"{said} shows {leaked[:3]}")
            elif (
                names_foreign(path, hidden)
                and not path.startswith(SAME_FOR_NOBODY)
                and answer.status_code not in HIDDEN
            ):
                wrong.append(f"{said} {answer.text[:120]}")
    after = await snapshot(worlds.backend, hidden)
    wrong += [f"changed {key}" for key, row in before.items() if after.get(key) != row]
    record_property("counted", f"isolation as {name}: {cases} cases over {len(worlds.routes)} routes")
    assert cases >= len(worlds.routes)
    assert not wrong, "\n".join(wrong)


def names_foreign(path: str, hidden: dict[str, list[str]]) -> bool:
    return any(part in keys for part in path.split("/") for keys in hidden.values())


def questions(route: Route, hidden: dict[str, list[str]]) -> Iterator[tuple[str, dict[str, str], Any]]:
    """Ask a route plainly, with foreign ids in its path, in its query and in its body."""
    body = None if route.body is None else with_foreign_ids(route.body, hidden)
    if not route.parameters:
        yield route.path, {}, body
        if body != route.body and not route.reads:
            yield route.path, {}, route.body
    else:
        choices = [ids_for(parameter, hidden)[:3] or ["pro"] for parameter in route.parameters]
        for number in range(max(map(len, choices))):
            path = route.path
            for parameter, ids in zip(route.parameters, choices, strict=True):
                path = path.replace(f"{{{parameter}}}", ids[number % len(ids)])
            yield path, {}, body
    named = {parameter: ids[0] for parameter in route.query if (ids := ids_for(parameter, hidden))}
    if named and route.reads and not route.parameters:
        yield route.path, named, None
        for parameter, value in named.items():
            yield route.path, {parameter: value}, None


async def snapshot(backend: Backend, hidden: dict[str, list[str]]) -> dict[str, Any]:
    """Read the foreign rows whole, to see afterwards that nobody changed one."""

    async def read(uow: UnitOfWork) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        for mapper in Model.registry.mappers:
            keys = mapper.primary_key
            if mapper.inherits is not None or len(keys) != 1 or issubclass(mapper.class_, OutboxRow):
                continue
            if wanted := hidden.get(table_of(mapper).name):
                key = getattr(mapper.class_, mapper.get_property_by_column(keys[0]).key)
                query = sa.select(key, *(getattr(mapper.class_, each.key) for each in mapper.column_attrs)).where(
                    key.in_(wanted)
                )
                rows |= {row[0]: tuple(row) for row in await uow.session.execute(query)}
        return rows

    return await backend.ask(ada, read)
