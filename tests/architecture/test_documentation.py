"""The documentation builds, with every link checked, and shows nothing from elsewhere."""

import json
import re
from pathlib import Path

import pytest

from docs_site import rest
from docs_site.__main__ import ROOT, build

_ELSEWHERE = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\"> ]+", re.IGNORECASE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    portal = json.loads((ROOT / "frontend/openapi.json").read_text("utf-8"))  # a part is enough, and is there already
    return build(tmp_path_factory.mktemp("docs"), portal)


def test_every_link_and_anchor_leads_somewhere(site):
    assert (site / "index.html").is_file()
    assert len(list(site.rglob("index.html"))) > 60


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path, monkeypatch):
    monkeypatch.setattr(rest, "write", _one_page)

    with pytest.raises(SystemExit, match="does not build"):
        build(tmp_path, {})


def _one_page(folder: Path, _: object) -> list[tuple[str, str]]:
    folder.mkdir()
    (folder / "index.md").write_text("# REST\n\n[gone](../contract/rest.md#s99)\n")
    return [("REST", "rest/index.md")]


def test_pages_load_nothing_from_elsewhere(site):
    found = {
        f"{page.relative_to(site)}: {match}"
        for page in site.rglob("*.html")
        for match in _ELSEWHERE.findall(page.read_text("utf-8"))
        if 'rel="canonical"' not in match
    }

    assert found == set()


def test_no_page_names_how_or_where_the_project_is_worked_on():
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), ROOT / "docs/grid.toml"]
    told = re.compile(r"/work/|/tmp/|\bissue \d|\bissue #\d|shared/|design\.md|structure\.md")

    assert [f"{page.name}: {match}" for page in pages for match in told.findall(page.read_text("utf-8"))] == []


_PATH = re.compile(r"`((?:[a-z_.]+/)+[\w.-]*)`")
_EXAMPLE = {"tests/tenants/test_notes.py", "admin_views/tenants.py", "admin_views/templates/console/tenant.html"}
_PLACES = (ROOT, ROOT / "scaicontrol", ROOT / "scaicontrol/services")


def _documents() -> list[Path]:
    inside = [path for top in ("scaicontrol", "admin_views", "tui", "tasks", "migrations", "tests", "docs")
              for path in (ROOT / top).rglob("*.md")]  # fmt: skip
    return [*inside, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_path_that_is_named_is_there(document):
    places = (document.parent, *_PLACES)
    tops = {path.name for place in places for path in place.iterdir()} - {"var"}  # what runs leave there comes and goes
    named = [path for path in _PATH.findall(document.read_text("utf-8")) if path.split("/")[0] in tops]

    found = {path for path in named for place in places if (place / path).exists() or (place / f"{path}.py").exists()}
    assert [path for path in named if path not in found | _EXAMPLE] == []
