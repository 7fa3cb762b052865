"""The console's settings, rates, books, templates and pictures: what holds, who set it, and how it is changed."""

import json
import re

import httpx2
import pytest
from pydantic import SecretStr

from admin_views.designer import built_files
from admin_views.forms import number_of
from scaicontrol.core.errors import Invalid
from scaicontrol.core.settings import Settings
from scaicontrol.services import changes, tax, templates
from scaicontrol.services.accounting.models import AccountingSyncItem
from scaicontrol.services.templates import TemplateType
from tests.console.test_payments import rows
from tests.factories import ada, petra
from tests.factories.accounting import MAPPING, an_integration
from tests.factories.invoices import finalized
from tests.factories.templates import draft
from tests.factories.uploads import picture
from tests.surfaces.console_browser import OURS, press, said


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


def test_settings_are_told_without_secrets():
    told = {
        one.name: one
        for one in Settings(
            database_url="mysql+asyncmy://root:hunter2@db:3306/app", secret_key=SecretStr("deep"), _env_file=None
        ).told()
    }
    assert told["DATABASE_URL"].value == "mysql+asyncmy://db:3306/app"
    assert told["DATABASE_URL"].is_set
    assert told["SECRET_KEY"].value == "set"
    assert not told["IDEMPOTENCY_TTL_HOURS"].is_set
    assert "hunter2" not in str(told)
    assert "deep" not in str(told)


async def test_the_tier_that_set_a_value_is_shown_and_the_policy_changed(browser, backend):
    async with browser("ada") as client:
        page = said(await client.get("/admin/settings"))
        assert "Nobody has set it" in page
        assert "PUBLIC_BASE_URL" in page
        form = re.findall(
            r'<(?:input|select)[^>]* name="((?:people|agents)_\w+)"',
            (await client.get("/admin/settings/do/set_policy")).text,
        )
        given = {name: "yes" if name.split("_", 1)[1] in ("voids", "terms", "force") else "no" for name in form}
        given |= {name: "750" for name in form if name.endswith(("given_back", "documents", "subscriptions"))}
        given |= {name: "" for name in form if name.endswith("documents_amount")}
        assert (await press(client, "/admin/settings/do/set_policy", **given)).status_code == 303
        changed = said(await client.get("/admin/settings"))
    assert "Set by an operator, version 1." in changed
    limits = (await backend.ask(ada, changes.policy)).people
    assert (limits.given_back, limits.documents_amount, limits.voids) == (750, None, True)
    async with browser("petra") as client:
        assert (await client.get("/admin/settings")).status_code == 403


async def test_a_vat_rate_begins_and_ends_the_one_before(browser, backend):
    form = {"country": "nl", "rate": "22.5", "valid_from": "2027-01-01", "source": "Staatsblad 2026, 1"}
    async with browser("ada") as client:
        assert "Nothing here yet" in (await client.get("/admin/vat-rate/list")).text
        assert (await press(client, "/admin/vat-rate/do/add", **form)).status_code == 303
        assert "22.5%" in said(await client.get("/admin/vat-rate/list?country=nl"))
        wrong = await press(client, "/admin/vat-rate/do/add", **{**form, "rate": "much"})
        assert wrong.status_code == 422
        row = next(each for each in await backend.ask(ada, tax.rates) if each.source.startswith("Staatsblad"))
        assert "Staatsblad" in said(await client.get(f"/admin/vat-rate/details/{row.id}"))


async def test_an_exchange_rate_is_noted_once_and_corrected_when_asked(browser, backend):
    form = {"currency": "usd", "rate": "1.0837", "valid_on": "2026-01-14"}
    async with browser("ada") as client:
        assert (await press(client, "/admin/exchange-rate/do/add", **form)).status_code == 303
        again = await press(client, "/admin/exchange-rate/do/add", **{**form, "rate": "1.1"})
        assert again.status_code >= 400
        corrected = await press(client, "/admin/exchange-rate/do/add", **form | {"rate": "1.1", "replace": "on"})
        assert corrected.status_code == 303
        [row] = await backend.ask(ada, tax.exchange_rates)
        assert "1.1 USD for one euro" in said(await client.get(f"/admin/exchange-rate/details/{row.id}"))


async def test_books_are_added_tried_exported_and_stopped(browser, backend):
    at = "/admin/accounting-integration"
    form = {"name": "Books", "provider": "csv_journal", "mapping": MAPPING.model_dump_json()}
    async with browser("petra") as client:
        assert "Nothing here yet" in (await client.get(f"{at}/list")).text
        broken = await press(client, f"{at}/do/create", **{**form, "mapping": "{"})
        assert broken.status_code == 422
        assert "is no JSON" in said(broken)
        answer = await press(client, f"{at}/do/create", **form)
        page = answer.headers["location"]
        assert "1300" in said(await client.get(page))
        pk = page.rsplit("/", 1)[1]
        invoice = await finalized(backend)
        tried = await press(client, f"{at}/{pk}/do/test")
        assert "documents would all be booked." in said(await client.get(tried.headers["location"]))
        await press(client, f"{at}/{pk}/do/sync", first="2026-01-01", last="2026-12-31")
        [item] = await rows(backend, AccountingSyncItem)
        assert str(invoice.number) in said(await client.get(page))
        assert str(invoice.number) in said(await client.get(f"/admin/accounting-sync-item/details/{item.id}"))
        assert (await client.get(f"/admin/accounting-sync-item/{item.id}/artefact")).status_code == 404
        await press(client, f"{at}/{pk}/do/edit", name="Ledger", mapping=MAPPING.model_dump_json(), version="1")
        assert "Ledger" in said(await client.get(page))
        await press(client, f"{at}/{pk}/do/deactivate")
        assert "/do/sync" not in (await client.get(page)).text
    async with browser("sam") as client:
        assert (await client.get(f"{at}/details/{pk}")).status_code == 404


async def test_a_template_is_copied_edited_published_and_shown(browser, backend):
    made = await draft(backend)
    at = "/admin/invoice-template"
    async with browser("petra") as client:
        assert (await client.get("/admin/billing/templates")).headers["location"].endswith(f"{at}/list")
        assert made.name in said(await client.get(f"{at}/list"))
        shown = await client.get(f"{at}/{made.id}/preview/1")
        assert shown.content.startswith(b"%PDF")
        assert (await client.get(f"{at}/{made.id}/preview/9")).status_code == 404
        letter = await draft(backend, TemplateType.email_invoice, "letter")
        live = await press(client, f"{at}/{letter.id}/do/publish")
        assert "Documents are made with version 1 from now on." in said(await client.get(live.headers["location"]))
        copy = await press(client, f"{at}/{made.id}/do/duplicate", name="winter")
        assert "winter" in said(await client.get(copy.headers["location"]))
        stale = {"html_content": made.html_content, "css_content": made.css_content, "version": "7"}
        assert (await press(client, f"{at}/{made.id}/do/save", **stale)).status_code == 409
        saved = await press(client, f"{at}/{made.id}/do/save", **stale | {"version": "1"})
        assert "Version 2 is a draft" in said(await client.get(saved.headers["location"]))
        assert "The two say the same." in said(await client.get(f"{at}/{made.id}/compare/2"))
        assert "+<h1>" in said(await client.get(f"{at}/{made.id}/compare/1")).replace("&lt;", "<")
        assert (await client.get(f"{at}/{made.id}/compare/2?with=7")).status_code == 404
    assert (await backend.ask(petra, templates.get, letter.id)).published_version == 1
    assert (await backend.ask(petra, templates.get, made.id)).published_version is None


async def test_a_template_is_drawn_saved_once_and_published(browser, backend):
    await draft(backend, TemplateType.email_invoice, "letter", language="en")
    at, page = "/admin/billing/templates/designer", "/admin/billing/templates/designer?name=letter&type=email_invoice"
    async with browser("pim") as client:
        assert (await client.get(page)).status_code == 403
    async with browser("petra") as client:
        assert (await client.get(at)).headers["location"].endswith("/admin/invoice-template/list")
        shown = await client.get(page)
        assert "style-src 'self' 'unsafe-inline'" in shown.headers["content-security-policy"]
        assert "unsafe-inline" not in (await client.get("/admin/")).headers["content-security-policy"]
        if built_files() is None:
            assert "run make portal" in shown.text
            return
        written = re.search(r'id="designer-config">(.*?)</script>', shown.text, re.DOTALL)
        assert written
        config = json.loads(written[1])
        (english,) = config["languages"]
        drawn = {
            "language": "de",
            "version": 0,
            "subject": "Rechnung",
            "html_content": english["html"].replace("Hello", "Guten Tag"),
            "css_content": "",
            "untranslated": [],
        }
        names = ("name", "document_type", "owner_partner_id")
        work = json.dumps({**{name: config[name] for name in names}, "languages": [drawn]})
        sent = {"form_token": config["form_token"], "work": work}

        async def post(path: str = "", headers: dict[str, str] = OURS, **more: str) -> httpx2.Response:
            answer: httpx2.Response = await client.post(at + path, data={**sent, **more}, headers=headers)
            return answer

        assert (await post(headers={"sec-fetch-site": "cross-site"})).status_code == 403
        assert (await post(form_token="forged")).status_code == 403
        look = (await post("/preview")).json()
        assert "Guten Tag" in look["html"]
        assert (await post(act="save")).json() == (await post(act="save")).json()
        later = json.loads(re.search(r'designer-config">(.*?)</script>', (await client.get(page)).text, re.DOTALL)[1])  # type: ignore[index]  # it was there before
        sent["form_token"] = later["form_token"]
        stale = await post(act="save")
        assert (stale.status_code, "at version 1; you saw version 0" in stale.json()["message"]) == (409, True)
        assert (await post(act="publish")).status_code == 200
        refused = await client.post(
            f"{at}/picture", data={"form_token": sent["form_token"]}, files={"file": ("x.png", b"no")}, headers=OURS
        )
        assert refused.status_code == 422
    rows = await backend.ask(petra, templates.listing)
    assert [(row.language, row.version, row.published_version) for row in rows] == [("de", 1, 1), ("en", 1, 1)]


async def test_a_picture_is_brought_and_one_that_is_none_is_refused(browser, backend):
    at = "/admin/upload/bring/template-image"
    async with browser("petra") as client:

        async def bring(body: bytes, token: str = ""):
            page = await client.get(at)
            found = re.search(r'name="form_token" value="([^"]+)"', page.text)
            assert found
            return await client.post(
                at, data={"form_token": token or found[1]}, files={"file": ("x.png", body)}, headers=OURS
            )

        wrong = await bring(b"Dear all, our new logo is blue.")
        assert wrong.status_code == 422
        forged = await bring(picture(), token="forged")
        assert forged.status_code == 403
        kept = await bring(picture())
        assert kept.status_code == 303
        page = await client.get(kept.headers["location"])
        assert 'src="/api/v1/uploads/' in page.text
        assert (await client.get("/admin/upload/bring/icon")).status_code == 403
        assert (await client.get("/admin/upload/bring/file")).status_code == 404


async def test_books_of_another_partner_stay_hidden(browser, backend):
    integration = await an_integration(backend)
    async with browser("sam") as client:
        assert integration.id not in (await client.get("/admin/accounting-integration/list")).text


def test_a_number_may_be_left_out_but_is_never_guessed():
    assert (number_of({}, "level"), number_of({"level": ""}, "level"), number_of({"level": "3"}, "level")) == (
        None,
        None,
        3,
    )
    with pytest.raises(Invalid, match="'v3' is not a whole number"):
        number_of({"level": "v3"}, "level")
