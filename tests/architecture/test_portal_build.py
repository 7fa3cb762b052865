"""A new portal is put in place under a running server, which never has less than a whole one."""

import asyncio
import os
import re
import shutil
import time
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from scaicontrol import portal
from scaicontrol.services.partners import Brand

ROOT = Path(__file__).parents[2]
PUBLISH = ROOT / "frontend" / "scripts" / "publish.mjs"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="There is no Node.js on this machine.")


def build(folder: Path, name: str) -> Path:
    """What Vite leaves: a page, a script named by its content, and their compressed twins."""
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text("{}")
    page = f'<script src="/assets/index-{name}.js"></script>' + name * 400
    for path, text in (("index.html", page), (f"assets/index-{name}.js", f"say('{name}')")):
        (folder / path).write_text(text)
        (folder / f"{path}.br").write_text(text)
    return folder


async def publish(made: Path, place: Path) -> str:
    environment = {**os.environ, "PORTAL_BUILD_DIR": str(made), "PORTAL_OUT_DIR": str(place)}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("node", str(PUBLISH), env=environment, stdout=pipe, stderr=pipe)
    _, said = await process.communicate()
    return "" if process.returncode == 0 else said.decode()


def names(folder: Path, like: str = "*") -> set[str]:
    return {path.name for path in folder.glob(like)}


async def northwind(*_: object) -> Brand:
    return Brand(None, "Northwind")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(portal, "BUNDLE", tmp_path / "portal")
    return tmp_path / "portal"


async def test_a_running_server_always_has_a_whole_portal(place: Path, tmp_path: Path):
    builds = [build(tmp_path / name, name) for name in ("one", "two")]
    assert not await publish(builds[0], place)
    app = Starlette(routes=[Route("/{path:path}", portal.portal)])
    app.state.backend, app.state.brand_of = None, northwind
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://portal.test") as http:
        seen: set[str] = set()

        async def visit() -> None:
            page = await http.get("/", headers={"Accept-Encoding": "identity"})
            assert page.status_code == 200
            script = re.search(r'src="(.*?)"', page.text)
            assert script, page.text[:200]
            assert (await http.get(script[1], headers={"Accept-Encoding": "identity"})).status_code == 200
            seen.add(script[1])

        for turn in range(4):
            publishing = asyncio.create_task(publish(builds[(turn + 1) % 2], place))
            while not publishing.done():
                await visit()
            assert not await publishing
            await visit()
        assert len(seen) == 2


async def test_what_an_open_page_may_ask_for_stays_for_a_day_and_nothing_else_does(place: Path, tmp_path: Path):
    assert not await publish(build(tmp_path / "one", "one"), place)
    (place / ".source").write_text("of another build")
    assert not await publish(build(tmp_path / "two", "two"), place)
    assert names(place / "assets", "*.js") == {"index-one.js", "index-two.js"}
    assert not (place / ".source").exists()
    long_ago = time.time() - 25 * 60 * 60
    os.utime(place / "assets" / "index-one.js", (long_ago, long_ago))
    assert not await publish(tmp_path / "two", place)
    assert names(place / "assets", "*.js") == {"index-two.js"}
    assert names(place) == {".vite", "assets", "index.html", "index.html.br"}


async def test_without_a_build_the_old_portal_stays(place: Path, tmp_path: Path):
    assert not await publish(build(tmp_path / "one", "one"), place)
    assert "There is no portal" in await publish(tmp_path / "nothing", place)
    assert (place / "index.html").exists()
