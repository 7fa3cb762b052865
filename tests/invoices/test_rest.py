"""The invoice routes, over HTTP, in the contract's envelopes."""

import httpx
import pytest_asyncio
from fastapi import FastAPI

from scaicontrol.api import door, errors
from scaicontrol.api import invoices as routes
from scaicontrol.api.own_invoices import router as own
from scaicontrol.services import documents
from tests.factories import ACME, alice, gina, nobody, petra, pim, sam
from tests.factories.invoices import RENDERER

CAST = {actor.id: actor for actor in (alice, gina, petra, pim, sam)}
DRAFT = {
    "tenant_id": ACME,
    "currency": "EUR",
    "lines": [{"description": "Seat", "quantity": "2", "unit_price_cents": 500}],
}
ADMIN = "/admin/billing/invoices"


@pytest_asyncio.fixture
async def http(backend, monkeypatch):
    """A client that says who it is: `http(alice, "GET", "/billing/invoices")`."""

    async def authenticate(request, _):
        return CAST.get(request.headers.get("authorization", ""), nobody)

    monkeypatch.setattr(door, "authenticate", authenticate)
    app = FastAPI()
    errors.install(app)
    for router in (routes.router, routes.credit_notes, own):
        app.include_router(router.api, prefix="/api/v1")
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/api/v1") as client:

        async def call(actor, method, path, json=None, **headers):
            return await client.request(method, path, json=json, headers={"authorization": actor.id, **headers})

        yield call


async def test_draft_edit_check_finalize_fetch_and_credit(backend, http):
    made = await http(petra, "POST", ADMIN, DRAFT)
    assert made.status_code == 201
    draft = made.json()["data"]
    assert (draft["status"], draft["subtotal_cents"], draft["number"]) == ("draft", 1000, None)
    path = f"{ADMIN}/{draft['id']}"
    edited = await http(petra, "PATCH", path, {"notes": "Thanks", "version": 1})
    assert edited.json()["data"]["notes"] == "Thanks"
    assert (await http(petra, "PATCH", path, {"notes": "x", "version": 1})).status_code == 409
    report = (await http(petra, "POST", f"{path}/finalize?check_only=true", {})).json()["data"]
    assert (report["ready"], report["total_cents"]) == (True, 1210)
    done = (await http(petra, "POST", f"{path}/finalize", {})).json()["data"]
    assert (done["number"], done["status"]) == ("SCAI-2026-000001", "finalized")

    early = await http(alice, "GET", f"/billing/invoices/{draft['id']}/pdf")
    assert early.status_code == 409
    assert int(early.headers["retry-after"]) > 0
    await documents.render_due(backend, RENDERER)
    fetched = await http(alice, "GET", f"/billing/invoices/{draft['id']}/pdf")
    assert (fetched.headers["content-type"], fetched.content[:4]) == ("application/pdf", b"%PDF")
    xml = await http(alice, "GET", f"/billing/invoices/{draft['id']}/download?format=cii")
    assert xml.content.startswith(b"<?xml")

    own_path = f"/billing/invoices/{draft['id']}"
    transfer = (await http(alice, "GET", own_path)).json()["data"]["transfer"]
    assert (transfer["amount_cents"], transfer["reference"]) == (1210, "SCAI-2026-000001")
    assert transfer["qr_image"].startswith("data:image/svg+xml")

    async def numbers(is_open):
        found = await http(alice, "GET", f"/billing/invoices?is_open={is_open}")
        return [each["number"] for each in found.json()["data"]]

    assert (await numbers("true"), await numbers("false")) == (["SCAI-2026-000001"], [])

    note = await http(petra, "POST", f"{path}/credit-note", {"reason": "Outage", "finalize": True})
    assert (note.status_code, note.json()["data"]["number"]) == (201, "SCAI-CN-2026-000001")
    assert (await http(alice, "GET", own_path)).json()["data"]["transfer"] is None
    assert await numbers("true") == []
    shown = (await http(petra, "GET", path)).json()["data"]
    assert shown["decision"]["rule"] == "3"
    assert [each["number"] for each in shown["credit_notes"]] == ["SCAI-CN-2026-000001"]
    assert {"invoice.finalized", "invoice.paid"} <= {each["event_type"] for each in shown["events"]}
    listed = (await http(petra, "GET", "/admin/billing/credit-notes")).json()
    assert listed["pagination"]["total"] == 1


async def test_a_key_makes_a_repeated_finalization_one(http):
    draft = (await http(petra, "POST", ADMIN, DRAFT)).json()["data"]
    key = {"idempotency-key": "once"}
    first = await http(petra, "POST", f"{ADMIN}/{draft['id']}/finalize", {}, **key)
    second = await http(petra, "POST", f"{ADMIN}/{draft['id']}/finalize", {}, **key)
    assert first.content == second.content
    assert second.headers["idempotent-replay"] == "true"


async def test_a_shut_gate_says_every_reason(http):
    body = DRAFT | {"lines": []}
    draft = (await http(petra, "POST", ADMIN, body)).json()["data"]
    shut = await http(petra, "POST", f"{ADMIN}/{draft['id']}/finalize", {})
    assert shut.status_code == 400
    assert "no_lines" in {reason["code"] for reason in shut.json()["error"]["reasons"]}


async def test_tenants_see_their_own_numbered_documents_only(http):
    draft = (await http(petra, "POST", ADMIN, DRAFT)).json()["data"]
    assert (await http(alice, "GET", "/billing/invoices")).json()["pagination"]["total"] == 0
    await http(petra, "POST", f"{ADMIN}/{draft['id']}/finalize", {})
    assert (await http(alice, "GET", "/billing/invoices")).json()["pagination"]["total"] == 1
    assert (await http(gina, "GET", f"/billing/invoices/{draft['id']}")).status_code == 404
    assert (await http(sam, "GET", f"{ADMIN}/{draft['id']}")).status_code == 404
    assert (await http(alice, "GET", ADMIN)).status_code == 403
    assert (await http(pim, "POST", ADMIN, DRAFT)).status_code == 403


async def test_the_old_path_still_answers(http):
    draft = (await http(petra, "POST", "/admin/invoices", DRAFT)).json()["data"]
    deleted = await http(petra, "DELETE", f"/admin/invoices/{draft['id']}")
    assert deleted.json()["data"] == {"deleted": True}


async def test_mark_paid_void_and_lists(http):
    path = f"{ADMIN}/{(await http(petra, 'POST', ADMIN, DRAFT)).json()['data']['id']}"
    await http(petra, "POST", f"{path}/finalize", {})
    paid = {"paid_at": "2026-01-16T10:00:00Z", "reference": "ABN", "method": "sepa", "amount_cents": 10}
    assert (await http(petra, "POST", f"{path}/mark-paid", paid)).json()["data"]["amount_cents"] == 10
    assert (await http(petra, "POST", f"{path}/void", {"reason": "no"})).status_code == 409
    found = (await http(petra, "GET", f"{ADMIN}?status=finalized&q=SCAI-2026&from=2026-01-01&sort=-number")).json()
    assert [row["amount_due_cents"] for row in found["data"]] == [1200]
    assert (await http(petra, "GET", f"{ADMIN}?overdue=true")).json()["data"] == []
