"""Questions that are wrong in themselves: each gets the sentence it deserves, at the place where it was sent."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.requests import Request

from scaicontrol.api import door
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid
from scaicontrol.core.moments import read_day, read_moment
from scaicontrol.core.periods import time_zone
from scaicontrol.main import create_app
from tests.factories import NORTHWIND, ada, petra
from tests.factories.invoices import a_draft, sent
from tests.factories.subscriptions import market, subscribed
from tests.factories.webhooks import subscriber

API = "/api/v1"
MOMENTS = [
    "0001-01-01T00:00:00+23:00",
    "9999-12-31T23:59:59-10:00",
    "0.5",
    "1700000000",
    "2026-01-01",
    "2026-01-01T00:00:00",
]
DAYS = ["0001-01-01", "9999-12-31", "0.5", "1700000000", "2026-01-01T00:00:00Z", "20260101"]


@pytest.fixture
def dialect() -> str:
    """What a question must look like does not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="module")
def site_app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    from pydantic import SecretStr

    from scaicontrol.core.settings import Environment, Settings

    folder = tmp_path_factory.mktemp("site")
    return create_app(
        Settings(
            _env_file=None, scaicontrol_env=Environment.development, storage_dir=folder,
            database_url=f"sqlite+aiosqlite:///{folder}/unused.db",
            secret_key=SecretStr("a secret of the tests, long enough"),
        )
    )  # fmt: skip


@pytest_asyncio.fixture
async def http(
    site_app: FastAPI, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    by_id = {actor.id: actor for actor in (ada, petra)}

    async def by_name(request: Request, _: Backend) -> Actor:
        return by_id[request.headers.get("authorization", ada.id)]

    monkeypatch.setattr(door, "authenticate", by_name)
    site_app.state.backend = backend
    transport = httpx.ASGITransport(app=site_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://scaicontrol.test") as client:
        yield client


def refused(answer: httpx.Response, *loc: str | int) -> None:
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["error"]["code"] == "validation_error"
    assert [each["loc"] for each in body["detail"]] == [list(loc)], body


# --- Moments, days and zones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("path", "name"),
    [("/admin/audit-log", "from"), ("/admin/audit-log", "to"), (f"/admin/usage/tenant/{'tnt_acme'}", "from")],
)
async def test_a_moment_in_a_query_is_text_with_an_offset_within_two_centuries(http, path, name, moment):
    refused(await http.get(f"{API}{path}", params={name: moment}), "query", name)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("path", ["/admin/billing/statement", "/admin/billing/statement/pdf"])
async def test_a_day_in_a_query_is_a_day(http, path, day):
    answer = await http.get(f"{API}{path}", params={"tenant_id": "tnt_acme", "from": "2026-01-01", "to": day})
    refused(answer, "query", "to")


@pytest.mark.parametrize("moment", [*MOMENTS, 0.5, 1700000000, True])
async def test_a_moment_in_a_body_is_one_too(http, moment):
    refused(
        await http.post(f"{API}/admin/billing/runs", json={"partner_id": NORTHWIND, "as_of": moment}), "body", "as_of"
    )


@pytest.mark.parametrize("given", ["2026-06-01T00:00:00Z", "2026-06-01T02:00:00+02:00", "2026-06-01t00:00:00.000z"])
def test_moments_of_every_offset_are_the_same_moment(given):
    assert read_moment(given).isoformat() == "2026-06-01T00:00:00+00:00"


def test_the_first_and_the_last_moment_are_taken_and_their_neighbours_not():
    assert read_moment("2000-01-01T00:00:00Z") < read_moment("2199-12-31T23:59:59.999999Z")
    assert read_day("2000-01-01") < read_day("2199-12-31")
    for outside in (
        "1999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2000-01-01T00:00:00+00:01",
        "2199-12-31T23:59:59-00:01",
    ):
        with pytest.raises(ValueError, match="from 2000 to 2199"):
            read_moment(outside)
    for outside in ("1999-12-31", "2200-01-01"):
        with pytest.raises(ValueError, match="from 2000 to 2199"):
            read_day(outside)


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/", "../UTC", "Europe/Amsterdam\0", "Mars/Olympus", "x" * 64])
def test_no_other_zone_than_one_with_a_clock(zone):
    with pytest.raises(Invalid, match="is not an IANA time zone"):
        time_zone(zone)


@pytest.mark.parametrize("zone", ["Europe", "Mars/Olympus", "", None])
async def test_a_partner_lives_in_a_time_zone(http, backend, zone):
    await market(backend)
    answer = await http.patch(f"{API}/admin/partners/{NORTHWIND}/configuration", json={"timezone": zone})
    assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "body")
    assert "timezone" in answer.text


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59:59", "0.5"])
async def test_the_command_line_takes_the_same_moments(command_line, text):
    done = await command_line("admin", "billing", "plan", "--partner", NORTHWIND, "--as-of", text)
    assert done.exit_code == 2
    assert "a moment" in done.output


# --- Types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("close", [0, 1, "true", "false", "no", 0.0, [], {}])
async def test_only_true_or_false_end_the_rotation_of_a_secret(http, backend, close):
    endpoint, _ = await subscriber(backend, petra, "https://northwind.example.com/")
    answer = await http.post(f"{API}/admin/webhook-subscriptions/{endpoint.id}/rotate-secret", json={"close": close})
    refused(answer, "body", "close")


@pytest.mark.parametrize(
    ("line", "field"),
    [({"quantity": 1.5}, "quantity"), ({"quantity": True}, "quantity"), ({"quantity": "1e3"}, "quantity"),
     ({"tax_rate": 19.0}, "tax_rate"), ({"unit_price_cents": "100"}, "unit_price_cents"),
     ({"unit_price_cents": 100.0}, "unit_price_cents"), ({"unit_divisor": True}, "unit_divisor")],
)  # fmt: skip
async def test_money_and_quantities_are_exact_or_refused(http, line, field):
    body = {"tenant_id": "tnt_acme", "currency": "EUR", "lines": [{"description": "x", "unit_price_cents": 1, **line}]}
    refused(await http.post(f"{API}/admin/billing/invoices", json=body), "body", "lines", 0, field)


@pytest.mark.parametrize(
    "body",
    [b'{"metrics": {"a": NaN}}', b'{"metrics": {"a": "\\ud800"}}', b'{"metrics": ' + b'{"a":' * 40 + b"1" + b"}" * 41],
)
async def test_json_that_nothing_could_keep_is_refused(http, body):
    body = body.replace(b"{", b'{"slug": "scaidrive", ', 1)
    answer = await http.post(f"{API}/registry/heartbeat", content=body, headers={"Content-Type": "application/json"})
    refused(answer, "body", "metrics")


async def test_a_text_ends_somewhere(http):
    refused(await http.get(f"{API}/admin/tenants", params={"q": "x" * 60_000}), "query", "q")
    refused(await http.get(f"{API}/admin/audit-log", params={"action": "x" * 201}), "query", "action")
    refused(await http.get(f"{API}/admin/tenants/{'x' * 201}"), "path", "tenant_id")


@pytest.mark.parametrize("exempt", [{"tax_exempt": True}, {"tax_exempt": True, "tax_exempt_reason": "  "}])
async def test_an_exemption_has_its_reason(http, backend, exempt):
    await market(backend)
    answer = await http.put(f"{API}/admin/tenants/tnt_acme/billing-profile", json=exempt)
    refused(answer, "body", "tax_exempt_reason")


# --- Addresses, methods and headers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/me", "/api/docs/secret.js"])
async def test_an_unknown_address_of_the_api_is_answered_by_the_api(http, path):
    answer = await http.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/api/v1/admin/billing/invoices", "GET, POST"), ("/api/v1/admin/billing/invoices/inv_1", "DELETE, GET, PATCH"),
     ("/api/v1/admin/invoices/inv_1", "DELETE, GET, PATCH"), ("/api/v1/auth/token", "POST"),
     ("/api/docs", "GET, HEAD")],
)  # fmt: skip
async def test_a_wrong_method_is_told_all_that_would_be_right(http, path, allowed):
    answer = await http.request("TRACE", path)
    assert (answer.status_code, answer.json()["error"]["code"], answer.headers["allow"]) == (
        405,
        "bad_request",
        allowed,
    )


@pytest.mark.parametrize(
    ("query", "name"),
    [({"page": "0"}, "page"), ({"page": "two"}, "page"), ({"page_size": "201"}, "page_size"),
     ({"sort": "colour"}, "sort"),
     ({"after": "x"}, "after"), ({"from": "soon"}, "from"), ({"overdue": "perhaps"}, "overdue")],
)  # fmt: skip
async def test_a_wrong_query_is_named_where_it_stands(http, query, name):
    refused(await http.get(f"{API}/admin/billing/invoices", params=query), "query", name)


async def test_a_wrong_header_is_named_where_it_stands(http, backend):
    headers = {"Idempotency-Key": "two words"}
    answer = await http.post(
        f"{API}/admin/billing/invoices", headers=headers,
        json={"tenant_id": "tnt_acme", "currency": "EUR", "lines": [{"description": "x", "unit_price_cents": 1}]},
    )  # fmt: skip
    refused(answer, "header", "Idempotency-Key")


@pytest.mark.parametrize(
    "path", ["/assets/%00.js", f"/{'x' * 5000}.js", "/admin/statics/%00.js", "/admin/statics/gone.js"]
)
async def test_what_names_no_file_is_not_there(http, path):
    assert (await http.get(path)).status_code == 404


async def test_no_answer_about_somebody_is_kept_by_anybody_between(http):
    found, refused_ = ("/admin/tenants", "/auth/me"), ("/admin/tenants/tnt_nobody", "/admin/tenants?page=0")
    kept = {path: (await http.get(f"{API}{path}")).headers["cache-control"] for path in (*found, *refused_)}
    assert kept == dict.fromkeys(found, "private, no-cache") | dict.fromkeys(refused_, "no-store")


async def test_what_has_not_changed_is_not_sent_again_and_what_is_long_is_compressed(http, backend):
    await market(backend)
    path = f"{API}/admin/tenants"
    whole = await http.get(path)
    assert whole.headers["content-encoding"] == "gzip"
    assert int(whole.headers["content-length"]) < len(whole.content) / 2
    again = await http.get(path, headers={"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", whole.headers["etag"])
    other = await http.get(f"{path}?page_size=2", headers={"if-none-match": whole.headers["etag"]})
    assert other.status_code == 200
    plain = await http.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json()["data"] == whole.json()["data"]


# --- Reading on while rows arrive ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "-number", "number", "-issue_date", "total_cents"])
@pytest.mark.parametrize("dialect", ["sqlite", "mariadb"])
async def test_a_list_is_read_to_its_end_once_although_rows_arrive(http, backend, sort):
    await market(backend)
    await subscribed(backend)
    first = [(await sent(backend)).id for _ in range(2)] + [(await a_draft(backend)).id for _ in range(3)]
    read: list[str] = []
    query: dict[str, Any] = {"page_size": 2, "sort": sort}
    while True:
        page = (await http.get(f"{API}/admin/billing/invoices", params=query)).json()
        read += [row["id"] for row in page["data"]]
        if page["pagination"]["next"] is None:
            break
        query["after"] = page["pagination"]["next"]
        if len(read) == 2:
            await a_draft(backend)
    assert sorted(set(read)) == sorted(read)
    assert set(first) <= set(read)


async def test_a_cursor_holds_for_its_own_order_and_is_no_page(http, backend):
    await market(backend)
    for _ in range(3):
        await a_draft(backend)
    path = f"{API}/admin/billing/invoices"
    after = (await http.get(path, params={"page_size": 1})).json()["pagination"]["next"]
    refused(await http.get(path, params={"after": after, "sort": "number"}), "query", "after")
    refused(await http.get(path, params={"after": after, "page": 2}), "query", "after")
