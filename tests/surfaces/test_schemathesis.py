"""
Every operation of REST, asked what its description allows and what it does not, by three kinds of actor.

Schemathesis makes the questions and holds the answers against the description; half of the ids in them exist. A slice
runs in `make test`, the whole in `make test-long`. The same seed asks the same questions.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.requests import Request

from scaicontrol.api import door
from scaicontrol.api.app import build_api
from scaicontrol.api.requests import RequestContext
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import documents, webhooks
from scaicontrol.services.accounting.schemas import LedgerMapping
from scaicontrol.services.documents.schemas import SendIn
from scaicontrol.services.invoices.lifecycle import Channel
from scaicontrol.services.templates import TemplateType
from tests.factories import ACME, NORTHWIND, ada, alice, nobody, petra
from tests.factories.accounting import an_integration
from tests.factories.catalog import store_override
from tests.factories.identity import store_group, store_user
from tests.factories.invoices import a_draft, finalized
from tests.factories.subscriptions import market, subscribed
from tests.factories.templates import draft
from tests.factories.webhooks import subscriber
from tests.isolation.test_routes import ids_for, ids_hidden_from, stranger

SEED = 20261129
ACTORS = {"platform operator": ada, "partner admin": petra, "tenant admin": alice}
# ScaiKey answers these, and no stand-in for it runs here; the tests of identity drive them.
OUTSIDE = ("/api/v1/auth/config", "/api/v1/auth/token")
WORDS = {
    "slug": ["scaidrive", "sandbox", "starter"],
    "service_slug": ["scaidrive", "scaimail"],
    "provider_slug": ["sandbox"],
    "metric_slug": ["storage_gb"],
    "topic": ["invoice.finalized", "tenant.billing_linked"],
    "step_name": ["validate"],
}


@pytest.fixture
def dialect() -> str:
    """What a route answers adds nothing that depends on the database."""
    return "sqlite"


@dataclass
class Site:
    app: FastAPI
    client: httpx.AsyncClient
    known: Mapping[str, list[str]]
    asked: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    def ids(self, name: str) -> list[str]:
        return WORDS.get(name) or ids_for(name, dict(self.known))


@pytest_asyncio.fixture
async def site(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    by_id = {actor.id: actor for actor in ACTORS.values()}

    async def by_name(request: Request, _: Backend) -> Actor:
        return by_id.get(request.headers.get("authorization", "").removeprefix("Bearer "), nobody)

    monkeypatch.setattr(door, "authenticate", by_name)
    await people(backend)
    app = build_api()
    app.state.backend = backend
    app.add_middleware(RequestContext)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://scaicontrol.test") as client:
        yield Site(app, client, await ids_hidden_from(backend, stranger))


async def people(backend: Backend) -> None:
    """One of everything that the operations are about, in Northwind and its tenant Acme."""
    await market(backend)
    await store_user(backend, "alice", "tenant_admin")
    await store_user(backend, "petra", "partner_admin", tenant_id=None)
    await store_group(backend, "bakers", ["alice"], "tenant_user")
    await subscribed(backend)
    await a_draft(backend, tenant_id=ACME)
    invoice = await finalized(backend, tenant_id=ACME)
    await backend.perform(ada, documents.send, invoice.id, SendIn(channel=Channel.portal))
    await store_override(backend, partner_id=NORTHWIND, price_cents=900)
    await draft(backend, TemplateType.email_invoice, "Northwind mails", by=petra)
    await subscriber(backend, petra, "https://northwind.example.com/")
    await an_integration(backend, by=petra, mapping=LedgerMapping(debtor_account="1300"))
    await webhooks.relay(backend)


def with_ids(site: Site, chance: random.Random, given: Any) -> Any:
    """Put ids that exist where a question names something, every other time."""
    if isinstance(given, list):
        return [with_ids(site, chance, each) for each in given]
    if not isinstance(given, dict):
        return given
    return {
        name: chance.choice(ids)
        if isinstance(value, str) and (ids := site.ids(name)) and chance.random() < 0.5
        else with_ids(site, chance, value)
        for name, value in given.items()
    }


def without_security(described: dict[str, Any]) -> dict[str, Any]:
    """Who asks is said by the test, and never left out: tests/identity and tests/isolation ask as nobody."""
    without = {
        path: {method: {k: v for k, v in operation.items() if k != "security"} for method, operation in item.items()}
        for path, item in described["paths"].items()
    }
    components = {k: v for k, v in described["components"].items() if k != "securitySchemes"}
    return {**described, "paths": without, "components": components}


async def ask(site: Site, questions: int, one_in: int) -> None:
    """Put so many questions that fit and as many that do not to each operation, or to one in so many, as each actor."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis import GenerationMode, openapi

    schema = openapi.from_dict(without_security(site.app.openapi()))
    loop = asyncio.get_running_loop()
    chance = random.Random(SEED)

    async def send(case: Any, who: str) -> httpx.Response:
        kwargs = case.as_transport_kwargs(base_url="https://scaicontrol.test")
        kwargs["headers"] = {**dict(kwargs["headers"]), "Authorization": f"Bearer {ACTORS[who].id}"}
        kwargs = {name: value for name, value in kwargs.items() if name not in {"cookies", "files"} or value}
        data = kwargs.pop("data", None)
        kwargs |= {"content" if isinstance(data, bytes | str) else "data": data} if data else {}
        answer = await site.client.request(**kwargs)
        await answer.request.aread()  # what was sent is part of what a failure says
        return answer

    def explore(operation: Any, mode: GenerationMode) -> None:
        @seed(SEED)
        @settings(
            max_examples=questions, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            case.path_parameters = with_ids(site, chance, case.path_parameters)
            case.query = with_ids(site, chance, case.query)
            if isinstance(case.body, dict):
                case.body = with_ids(site, chance, case.body)
            for who in chance.sample(list(ACTORS), len(ACTORS)):
                answer = asyncio.run_coroutine_threadsafe(send(case, who), loop).result()
                site.asked[who] += 1
                site.asked[f"{answer.status_code // 100}xx"] += 1
                hold(site, case, answer, who, mode)

        # What takes nothing cannot be asked wrongly.
        with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
            check()

    def everything() -> None:
        for found in islice(schema.get_all_operations(), 0, None, one_in):
            operation = found.ok()  # type: ignore[union-attr]  # an operation that is described wrongly fails here
            if operation.path in OUTSIDE:
                continue
            site.asked["operations"] += 1
            explore(operation, GenerationMode.POSITIVE)
            if "/admin/uploads/" not in operation.path:  # tests/uploads spoils those
                explore(operation, GenerationMode.NEGATIVE)

    await asyncio.to_thread(everything)


def hold(site: Site, case: Any, answer: httpx.Response, who: str, mode: Any) -> None:
    """Hold an answer against the description; each kind of fault of an operation is kept once."""
    from schemathesis import GenerationMode, checks
    from schemathesis.core.failures import Failure, FailureGroup

    held = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    if mode is GenerationMode.NEGATIVE:  # a fitting picture in a form is one the library takes for spoilt
        held.append(checks.negative_data_rejection)
    try:
        case.validate_response(answer, checks=held)
    except (Failure, FailureGroup) as failed:
        for failure in getattr(failed, "exceptions", [failed]):
            where = f"{case.operation.label} {answer.status_code} {failure.title}"
            site.wrong.setdefault(where, f"{failure.message}\n{case.as_curl_command()}\n{answer.text[:500]}\nas {who}")


def told(site: Site) -> str:
    statuses = ", ".join(f"{count} {name}" for name, count in sorted(site.asked.items()) if name.endswith("xx"))
    asked = sum(site.asked[who] for who in ACTORS)
    return (
        f"schemathesis: {site.asked['operations']} operations × {len(ACTORS)} actors, {asked} questions ({statuses}), "
        f"{len(site.wrong)} wrong"
    )


@pytest.mark.parametrize(("questions", "one_in"), [(1, 2), pytest.param(25, 1, marks=pytest.mark.long)])
async def test_no_question_is_answered_otherwise_than_described(
    site: Site, questions: int, one_in: int, record_property: Any
):
    await ask(site, questions, one_in)
    record_property("counted", told(site))
    assert not site.wrong, "\n\n".join(f"{where}\n{what}" for where, what in sorted(site.wrong.items()))
    assert site.asked["2xx"] > 50
