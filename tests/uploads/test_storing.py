"""An upload is one object, one row and one fact; a partner's are its own; nothing else leaves the store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from typer.testing import CliRunner

from scaicontrol import cli
from scaicontrol.api import door
from scaicontrol.cli import door as cli_door
from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import Forbidden, Unavailable
from scaicontrol.db.engine import Database
from scaicontrol.services import partners, uploads
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.uploads import ICON, TEMPLATE_IMAGE
from scaicontrol.services.uploads.models import Upload
from tests.factories import NORTHWIND, SOUTHBAY, ada, alice, bert, nobody, petra, pim, sam
from tests.factories.api import rest_api
from tests.factories.partners import store_partner
from tests.factories.uploads import SVG, picture, uploaded

SWEEPER = Actor.system("orphan_sweep")
ICONS, IMAGES = "/api/v1/admin/uploads/icon", "/api/v1/admin/uploads/template-image"
only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"])


@pytest.fixture
def caller() -> dict[str, Actor]:
    return {"is": petra}


@pytest_asyncio.fixture
async def rest(backend: Any, caller: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    async def whoever(*_: Any) -> Actor:
        return caller["is"]

    monkeypatch.setattr(door, "authenticate", whoever)
    app = rest_api()
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://scaicontrol.test") as client:
        yield client


def form(body, name="file", filename="logo.exe"):
    return {"files": {name: (filename, body, "application/x-msdownload")}}


async def rows(backend, model=Upload):
    async def read(uow):
        return list(await uow.session.scalars(select(model).order_by(model.id)))

    return await backend.ask(ada, read)


async def test_a_repeat_is_the_same_object_row_and_fact(backend, clock):
    once = await uploads.upload_template_image(backend, petra, picture())
    clock.advance(timedelta(days=1))
    again = await uploads.upload_template_image(backend, petra, picture())
    assert (once.id, once.path) == (again.id, again.path)
    (body,) = backend.ports.objects.stored.values()
    assert once.path == f"template-images/{NORTHWIND}/{sha256(body).hexdigest()}.png"
    assert (once.width, once.height, once.bytes, once.uploaded_by) == (60, 20, len(body), petra.id)
    (entry,) = await rows(backend, AuditEntry)
    assert (entry.action, entry.resource_id, entry.partner_id, entry.actor_id) == (
        "upload.stored", once.id, NORTHWIND, petra.id,
    )  # fmt: skip
    assert entry.after == {"path": once.path, "media_type": "image/png", "bytes": len(body)}


async def test_twins_leave_one_row(backend):
    made = await asyncio.gather(*(uploads.upload_template_image(backend, petra, picture()) for _ in range(4)))
    assert len({each.id for each in made}) == len(await rows(backend)) == 1


async def test_whose_an_upload_is(backend):
    theirs = await uploads.upload_template_image(backend, sam, SVG)
    own = await uploads.upload_template_image(backend, petra, SVG)
    everybodys = await uploads.upload_template_image(backend, bert, SVG)
    icon = await uploads.upload_icon(backend, ada, SVG)
    assert [each.path.count("/") for each in (theirs, own, everybodys, icon)] == [2, 2, 1, 1]
    assert (everybodys.owner_partner_id, icon.path.partition("/")[0]) == ("", "icons")

    async def seen(uow):
        return {each.id for each in await uow.session.scalars(uploads.visible(uow))}

    assert await backend.ask(petra, seen) == {own.id, everybodys.id, icon.id}
    assert await backend.ask(ada, seen) == {theirs.id, own.id, everybodys.id, icon.id}


@only_sqlite
@pytest.mark.parametrize("actor", [petra, bert, alice, pim, nobody])
async def test_icons_are_for_the_registrys_administrators(backend, actor):
    with pytest.raises(Exception, match=r"may not upload icons|Sign in"):
        await uploads.upload_icon(backend, actor, SVG)
    assert not backend.ports.objects.stored


@only_sqlite
@pytest.mark.parametrize("actor", [alice, pim])
async def test_template_images_are_for_those_who_write_templates(backend, actor):
    with pytest.raises(Forbidden):
        await uploads.upload_template_image(backend, actor, SVG)


@only_sqlite
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (picture(), "image/png"),
        (picture("JPEG", "CMYK"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (SVG, "image/svg+xml"),
    ],
    ids=["png", "jpeg", "webp", "svg"],
)
async def test_what_was_uploaded_is_there_for_everybody(rest, caller, body, kind):
    told = (await rest.post(IMAGES, **form(body))).json()["data"]
    assert set(told) == {"url", "path"}
    assert told["url"].endswith(f"/api/v1/uploads/{told['path']}")
    caller["is"] = nobody
    shown = await rest.get(f"/api/v1/uploads/{told['path']}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, kind)
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert shown.headers["content-security-policy"].endswith("sandbox")
    assert sha256(shown.content).hexdigest() in told["path"]
    tag = shown.headers["etag"]
    known = await rest.get(f"/api/v1/uploads/{told['path']}", headers={"If-None-Match": tag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    other = await rest.get(f"/api/v1/uploads/{told['path']}", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


async def asked_exactly(app, raw_path):
    """Ask without a client that would tidy the path up; give the status and the body."""
    told: list[Any] = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        told.append(message)

    scope = {
        "type": "http", "method": "GET", "path": unquote(raw_path), "raw_path": raw_path.encode(), "query_string": b"",
        "headers": [], "root_path": "", "scheme": "https", "server": ("scaicontrol.test", 443), "http_version": "1.1",
    }  # fmt: skip
    await app(scope, receive, send)
    return told[0]["status"], b"".join(message.get("body", b"") for message in told[1:])


DIGEST = "0123456789abcdef" * 4
ELSEWHERE = [
    "documents/prt_northwind/2026/SCAI-2026-000001/v1/SCAI-2026-000001-pdf-0123456789abcdef.pdf",
    "papers/prt_northwind/tnt_acme/statement-2026-01-31-0123456789abcdef.pdf",
    f"documents/{DIGEST}.png",
    f"logos/{DIGEST}.png",
    f"icons/{DIGEST}.pdf",
    f"icons/{DIGEST}.xml",
    f"icons/{DIGEST}",
    f"icons/{DIGEST}.png/more",
    f"icons/../documents/{DIGEST}.png",
    f"template-images/../icons/{DIGEST}.png",
    f"template-images/../../{DIGEST}.png",
    f"template-images/./{DIGEST}.png",
    f"icons//{DIGEST}.png",
    f"/icons/{DIGEST}.png",
    f"icons%2F{DIGEST}.png",
    f"icons/%2e%2e/icons/{DIGEST}.png",
    f"%69cons/{DIGEST}.png",
    f"icons\\{DIGEST}.png",
    f"icons/{DIGEST.upper()}.png",
    f"icons/{DIGEST}.png%00",
    f"icons/{DIGEST}.png%0a",
    f"icons/prt_northwind/{DIGEST}.png",
    f"Icons/{DIGEST}.png",
    "icons/",
    "icons",
    "",
]


@only_sqlite
@pytest.mark.parametrize("path", ELSEWHERE)
async def test_nothing_else_in_the_store_is_ever_found(backend, rest, caller, path):
    caller["is"] = nobody
    for key in (path, path.replace("%2F", "/"), f"icons/{DIGEST}.png"):
        backend.ports.objects.stored[key] = b"%PDF-1.7 of Acme" if "icons/" not in key else picture()
    status, body = await asked_exactly(rest._transport.app, f"/api/v1/uploads/{path}")
    assert status == 404
    assert b"Acme" not in body


@only_sqlite
async def test_what_is_no_picture_is_not_found_under_a_pictures_name(backend, rest):
    backend.ports.objects.stored[f"icons/{DIGEST}.png"] = b"<html><script>alert(1)</script></html>"
    assert (await rest.get(f"/api/v1/uploads/icons/{DIGEST}.png")).status_code == 404


@only_sqlite
async def test_a_store_that_does_not_answer_is_said(backend, rest):
    path = (await uploaded(backend)).removeprefix(uploads.ROOT)
    backend.ports.objects.down = True
    assert (await rest.get(f"/api/v1/uploads/{path}")).status_code == 503
    assert (await rest.post(IMAGES, **form(SVG))).status_code == 503
    assert len(await rows(backend)) == 1


@only_sqlite
@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (form(b"GIF89a"), 422, "is no PNG, JPEG, WebP or SVG"),
        (form(SVG, name="picture"), 422, "in a part named 'file'"),
        ({"data": {"file": "text"}}, 422, "multipart/form-data"),
        ({"json": {"file": "text"}}, 422, "multipart/form-data"),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, 422, "cannot be read"),
        (
            {"content": b"no form", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            422,
            "cannot be read",
        ),
        ({"files": [("file", ("a", SVG)), ("file", ("b", SVG))]}, 422, "Too many files"),
        (form(b"x" * (TEMPLATE_IMAGE.bytes_max + 1)), 413, "larger than 5 MB"),
        (form(b"x" * (TEMPLATE_IMAGE.bytes_max + 99_999)), 413, "at most 4,898 KiB"),
    ],
    ids=["gif", "another part", "a form", "json", "no boundary", "no parts", "two files", "a byte more", "much more"],
)
async def test_what_is_not_one_picture_is_refused_in_a_sentence(rest, backend, sent, status, said):
    answer = await rest.post(IMAGES, **sent)
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (status, True), answer.text
    assert not backend.ports.objects.stored


@only_sqlite
async def test_what_does_not_end_is_not_read_to_its_end(rest, caller):
    caller["is"] = ada
    given = 0

    async def endless():
        nonlocal given
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while given < 1_000_000_000:
            given += 65_536
            yield bytes(65_536)

    answer = await rest.post(ICONS, content=endless(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "payload_too_large")
    assert given < 2 * ICON.bytes_max
    announced = await rest.post(ICONS, **form(bytes(ICON.bytes_max + 99_999)))
    assert announced.status_code == 413


@only_sqlite
async def test_a_stranger_is_turned_away_before_a_byte_is_read(rest, caller):
    caller["is"] = nobody

    async def never():
        raise AssertionError
        yield b""

    answer = await rest.post(IMAGES, content=never(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 401


async def half_done(backend, monkeypatch, body):
    """Store a picture in a process that dies before it writes the row."""

    async def dies(*_: Any, **__: Any) -> None:
        raise Unavailable("The process was killed.")

    with monkeypatch.context() as patched:
        patched.setattr(type(backend), "perform", dies)
        with pytest.raises(Unavailable):
            await uploads.upload_template_image(backend, petra, body)


async def test_what_was_never_recorded_is_swept_and_what_was_stays(backend, monkeypatch):
    kept = (await uploaded(backend)).removeprefix(uploads.ROOT)
    icon = (await uploads.upload_icon(backend, ada, SVG)).path

    await half_done(backend, monkeypatch, picture(colour=3))
    assert len(backend.ports.objects.stored) == 3
    assert (await uploads.sweep_orphans(backend, SWEEPER), await uploads.sweep_orphans(backend, SWEEPER)) == (1, 0)
    assert set(backend.ports.objects.stored) == {kept, icon}
    again = await uploads.upload_template_image(backend, petra, picture(colour=3))
    assert again.path in backend.ports.objects.stored


@only_sqlite
@pytest.mark.parametrize("moment", ["before the row", "after the row"])
async def test_a_sweep_at_the_same_moment_takes_nothing_that_was_recorded(backend, monkeypatch, moment):
    objects = backend.ports.objects
    await half_done(backend, monkeypatch, picture())
    delete, put, met = objects.delete, objects.put, list[str]()

    async def deleting(key):
        if moment == "after the row":
            await uploads.upload_template_image(backend, petra, picture())
        await delete(key)

    async def putting(key, body, kind):
        await put(key, body, kind)
        if moment == "before the row" and not met:
            met.append(key)
            assert await uploads.sweep_orphans(backend, SWEEPER) == 1

    monkeypatch.setattr(objects, "delete", deleting)
    monkeypatch.setattr(objects, "put", putting)
    if moment == "before the row":
        await uploads.upload_template_image(backend, petra, picture())
    else:
        assert await uploads.sweep_orphans(backend, SWEEPER) == 0
    (kept,) = await rows(backend)
    assert list(objects.stored) == [kept.path]


@only_sqlite
async def test_nobody_but_the_platform_sweeps(backend):
    with pytest.raises(Forbidden):
        await uploads.sweep_orphans(backend, petra)


async def test_a_letterhead_shows_only_what_its_partner_may(backend):
    for partner_id in (NORTHWIND, SOUTHBAY):
        await store_partner(backend, partner_id)

    async def wear(address, by=petra):
        patch = PartnerConfigurationPatch(logo_url=address)
        return (await backend.perform(by, partners.configure, NORTHWIND, patch)).logo_url

    backend.settings = backend.settings.model_copy(update={"public_base_url": "https://www.scailabs.ai/"})
    own = await uploaded(backend)
    assert await wear(own) == own
    assert await wear("https://www.scailabs.ai" + own) == own
    assert await wear("https://evil.example" + own) == "https://evil.example" + own  # not ours: never fetched
    everybodys = await uploaded(backend, SVG, by=bert)
    assert await wear(everybodys) == everybodys
    assert await wear("https://northwind.example/logo.png") == "https://northwind.example/logo.png"
    for foreign in (await uploaded(backend, by=sam), f"{uploads.ROOT}icons/{DIGEST}.png"):
        for by in (petra, ada):
            with pytest.raises(Exception, match="is no upload of this partner"):
                await wear(foreign, by)


@only_sqlite
async def test_the_command_line_stores_the_same(backend, tmp_path, monkeypatch):
    @asynccontextmanager
    async def connect():
        database = Database(backend.database.url)
        try:
            backend.database = database
            yield backend
        finally:
            await database.dispose()

    monkeypatch.setattr(cli_door, "connect", connect)
    (tmp_path / "logo.svg").write_bytes(SVG)
    (tmp_path / "large").write_bytes(bytes(ICON.bytes_max + 1))

    async def say(*words):
        return await asyncio.to_thread(CliRunner().invoke, cli.build(), ["admin", "uploads", *words])

    told = await say("icon", str(tmp_path / "logo.svg"), "--json", "--yes")
    assert told.exit_code == 0, told.output
    assert "icons/" in told.output
    assert (await say("template-image", str(tmp_path / "logo.svg"), "--yes")).exit_code == 0
    assert (await say("icon", str(tmp_path / "none"), "--yes")).exit_code == 3
    large = await say("icon", str(tmp_path / "large"), "--yes")
    assert (large.exit_code, "larger than 2 MB" in large.stderr) == (2, True)
