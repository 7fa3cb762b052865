"""Lists and finding at the console: places, what is found, and what leaves as a file."""

import re
from html import unescape

import httpx2
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.work import UnitOfWork
from tests.factories import ACME, INITECH, ada
from tests.factories.invoices import a_draft, a_line, again, sent
from tests.factories.subscriptions import subscribed
from tests.surfaces.console_browser import OURS, URL, address, browser, said

__all__ = ["browser"]


async def test_places_in_a_list_neither_overlap_nor_leave_out(browser, backend):
    ids = {(await a_draft(backend)).id for _ in range(5)}
    for sort in ("", "&sort=number", "&sort=-issue_date", "&sort=total_cents"):  # of drafts all the same, or nothing
        shown, path = [], f"/admin/invoice/list?pageSize=2{sort}"
        async with browser("petra") as client:
            while path:
                page = await client.get(path)
                shown.append([one for one in re.findall(r'data-id="([^"]+)"', page.text) if one in ids])
                path = place(page, "next")
            assert [len(each) for each in shown] == [2, 2, 1]
            assert {one for each in shown for one in each} == ids
            back = await client.get(place(page, "prev"))
        assert re.findall(r'data-id="([^"]+)"', back.text) == shown[1]


def place(page: httpx2.Response, rel: str) -> str:
    """Give the address of the rows that follow or come before, or nothing."""
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page.text)
    return f"/admin/invoice/list{unescape(found[1])}" if found else ""


async def test_a_search_comes_in_the_order_of_what_it_was_found_in(browser, backend):
    made = [await sent(backend) for _ in range(3)]
    numbers, common = [str(one.number) for one in made], str(made[0].number)[:-3]

    async def shown(client: httpx2.AsyncClient, asked: str) -> list[str]:
        path, found = f"/admin/invoice/list?pageSize=2&{asked}", []
        while path:
            page = await client.get(path)
            found += re.findall(r'data-id="[^"]+">([^<]+)<', page.text)
            path = place(page, "next")
        return found

    async with browser("petra") as client:
        assert await shown(client, f"search={common}") == sorted(numbers)
        assert await shown(client, f"search={common}&sort=-number") == sorted(numbers, reverse=True)
        assert await shown(client, f"search={numbers[1]}") == numbers[1:2]
        by_id = sorted(made, key=lambda one: one.id)
        assert await shown(client, "search=inv_") == [one.number for one in by_id]
        assert await shown(client, f"search={common}&status=draft") == []
        assert "Nothing matches" in said(await client.get("/admin/invoice/list?search=%25"))
        assert "data-id" not in (await client.get("/admin/invoice/export/json?search=nothing")).text


async def test_the_search_box_leads_to_the_object(browser, backend):
    invoice, subscription = await sent(backend), await subscribed(backend)
    async with browser("petra") as client:
        for thing in (invoice, subscription):
            assert (await client.get(f"/admin/search?q={thing.id}")).headers["location"] == URL + address(thing)
        for typed in (invoice.number, str(invoice.number)[:-1], "amount:22.99 status:sent", "tenant:acme type:invoice"):
            found = await client.get("/admin/search", params={"q": typed})
            assert found.headers["location"] == URL + address(invoice), typed


async def test_what_is_found_stands_by_kind_and_is_the_visitors_own(browser, backend):
    mine = [await a_draft(backend) for _ in range(8)]
    await subscribed(backend)
    foreign = await a_draft(backend, by=ada, tenant_id=INITECH)
    async with browser("petra") as client:
        found = await client.get("/admin/search", params={"q": "tenant:acme"})
        assert sum(one.id in found.text for one in mine) == 6
        assert "/admin/invoice/list?tenant=acme" in found.text
        assert 'id="k-subscription"' in found.text
        assert foreign.id not in (await client.get("/admin/search", params={"q": "status:draft"})).text
        nothing = await client.get("/admin/search", params={"q": "tenant:initech"})
        assert "No tenant is called initech." in said(nothing)
        for typed, sentence in (
            ("amount:much", "is not an amount"),
            ("mood:bad", "possible are"),
            ("zzz", "Nothing is"),
        ):
            assert sentence in said(await client.get("/admin/search", params={"q": typed}))


async def test_typed_operators_are_all_held_together(browser, backend):
    small, large = await a_draft(backend, a_line(1_000)), await a_draft(backend, a_line(1_000_00))
    await sent(backend, a_line(1_000_00))
    async with browser("petra") as client:
        only = await client.get("/admin/search", params={"q": "status:draft amount:>100 country:nl"})
        assert only.headers["location"] == URL + address(large)
        both = await client.get("/admin/search", params={"q": "status:draft currency:eur"})
        assert (small.id in both.text, large.id in both.text) == (True, True)
        assert "Nothing is" in said(await client.get("/admin/search", params={"q": "status:draft country:DE"}))


async def test_names_are_offered_from_ones_own_tenants(browser, backend):
    await a_draft(backend)
    plan = (await subscribed(backend)).plan_id
    async with browser("petra") as client:
        assert (await client.get("/admin/names/tenant?q=CM")).json() == [{"id": ACME, "name": "Acme"}]
        assert (await client.get("/admin/names/tenant?q=initech")).json() == []
        assert plan in [each["id"] for each in (await client.get("/admin/names/plan?q=PR")).json()]
        assert (await client.get("/admin/known/invoice/currency?q=e")).json() == [{"id": "EUR", "name": "EUR"}]
        held = (await client.get("/admin/known/audit-entry/action?q=invoice+D")).json()
        assert {"id": "invoice.drafted", "name": "invoice drafted"} in held
        listed = await client.get("/admin/audit-entry/list?action=invoice.drafted")  # what the field takes of it
        assert 'data-takes="id"' in listed.text
        assert "data-row" in listed.text
        for unknown in ("names/secret", "known/invoice/notes", "known/secret/currency"):
            assert (await client.get(f"/admin/{unknown}?q=a")).status_code == 404


async def test_many_rows_come_only_in_an_order_that_an_index_brings(browser, backend, monkeypatch):
    made = [await sent(backend, a_line(100 * cents)) for cents in (2, 3, 1)]
    by_due = "/admin/invoice/list?sort=amount_due_cents&view=Small+first"

    async def shown(client: httpx2.AsyncClient, path: str) -> list[str]:
        return re.findall(r'data-id="([^"]+)"', (await client.get(path)).text)

    async with browser("petra") as client:
        assert await shown(client, by_due) == [made[2].id, made[0].id, made[1].id]
        monkeypatch.setattr("admin_views.lists.COUNTED_UP_TO", 3)
        page = await client.get(by_due)
        assert "So many rows come in the order that is shown" in said(page)
        assert "Invoices: Small first" in said(page)
        assert "sort=-amount_due_cents" not in page.text
        assert "sort=-total_cents&amp;view=Small+first" in page.text
        assert await shown(client, "/admin/invoice/list?sort=total_cents") == [made[2].id, made[0].id, made[1].id]
        rows = (await client.get("/admin/invoice/export/json?sort=amount_due_cents")).json()
    assert {row["id"] for row in rows} == {one.id for one in made}


async def test_an_export_is_narrowed_harmless_and_audited(browser, backend):
    await subscribed(backend, external_reference="=HYPERLINK(1)")
    async with browser("petra") as client:
        answer = await client.get("/admin/subscription/export/csv?status=active")
        none = await client.get("/admin/subscription/export/csv?status=expired")
        as_json = (await client.get("/admin/subscription/export/json?columns=tenant,monthly")).json()
    assert "'=HYPERLINK(1)" in answer.text
    assert as_json == [
        {"id": as_json[0]["id"], "plan": as_json[0]["plan"], "tenant": "Acme", "tenant_id": ACME}
        | {"mrr_amount_cents": as_json[0]["mrr_amount_cents"], "currency": "EUR"}
    ]
    assert isinstance(as_json[0]["mrr_amount_cents"], int)
    assert ",=HYPERLINK" not in answer.text
    assert len(none.text.splitlines()) == 1

    async def read(uow: UnitOfWork) -> list[AuditEntry]:
        taken = select(AuditEntry).where(AuditEntry.action == "export.taken").order_by(AuditEntry.id)
        return list(await uow.session.scalars(taken))

    entries = await backend.ask(Actor.system("test"), read)
    assert [(e.actor_id, (e.after or {})["rows"]) for e in entries] == [("usr_petra", count) for count in (1, 0, 1)]


async def test_many_rows_are_tried_counted_confirmed_and_told_one_by_one(browser, backend):
    drafts, done = [await a_draft(backend) for _ in range(2)], await sent(backend)
    path = "/admin/invoice/bulk/finalize?" + "&".join(f"pk={one.id}" for one in (*drafts, done))
    async with browser("petra") as client:
        dry = await client.get(path)
        assert "Finalize: 2 of 3 invoices" in said(dry)
        assert "45.98 EUR in all" in said(dry)
        assert "Its state does not allow this now." in said(dry)
        form = dict(re.findall(r'name="(form_token|shown)" value="([^"]+)"', dry.text))
        form["pk"] = [one.id for one in (*drafts, done)]
        wrong = await client.post("/admin/invoice/bulk/finalize", data={**form, "number": "3"}, headers=OURS)
        assert "Nothing was done: type 2 to confirm, not 3." in said(wrong)
        assert [(await again(backend, one)).status for one in drafts] == ["draft", "draft"]
        form["form_token"] = re.findall(r'name="form_token" value="([^"]+)"', wrong.text)[0]
        for _ in range(2):  # the second click is told what the first one did
            answer = await client.post("/admin/invoice/bulk/finalize", data={**form, "number": "2"}, headers=OURS)
            assert "Finalize: 2 of 3 done" in said(answer)
        assert (await client.get(f"/admin/invoice/bulk/void?pk={done.id}")).status_code == 404
        assert (await client.get("/admin/invoice/bulk/finalize")).status_code == 400
    assert [(await again(backend, one)).status for one in drafts] == ["finalized", "finalized"]
    async with browser("sam") as client:
        assert "0 of 1" in said(await client.get(f"/admin/invoice/bulk/finalize?pk={drafts[0].id}"))


async def test_amounts_are_sought_in_major_units_of_the_rows_currency(browser, backend):
    small, large = await a_draft(backend, a_line(1_000)), await a_draft(backend, a_line(1_000_00))
    yen = await a_draft(backend, a_line(1_000), currency="JPY")
    asked = {
        "10": {small},
        "10.00": {small},
        ">10": {large, yen},
        ">=10": {small, large, yen},
        "<1000": {small},
        "10..1000": {small, large, yen},
        "1000": {large, yen},
        "1000 JPY": {yen},
        ">10 EUR": {large},
    }
    async with browser("petra") as client:
        for typed, expected in asked.items():
            page = await client.get("/admin/invoice/list", params={"amount": typed})
            found = set(re.findall(r'data-id="([^"]+)"', page.text))
            assert found == {invoice.id for invoice in expected}, typed
        assert (await client.get("/admin/invoice/list", params={"amount": "10 XXZ"})).status_code == 400
        assert (await client.get("/admin/invoice/list", params={"amount": "9" * 30})).status_code == 400
