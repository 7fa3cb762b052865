"""The contract stands in docs/contract, and whoever cites it finds what was meant."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import scaicontrol.core
import scaicontrol.services
from scaicontrol.core.permissions import ALL_SCOPES
from scaicontrol.core.settings import Settings
from scaicontrol.db.model import Model
from tasks.schedule import JOBS

_ROOT = Path(__file__).parents[2]
_CONTRACT = _ROOT / "docs/contract"
_HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)\.? .*\{ #(s[\d-]+) \}$", re.MULTILINE)
_CITATION = re.compile(r"\bcontract(?:'s [a-z ]+)? \(?((?:§ ?\d+(?:\.\d+)?(?:, | and |–)?)+)", re.IGNORECASE)
_CODE = ("scaicontrol", "admin_views", "tui", "tasks", "migrations", "tests", "benchmarks", "frontend/src", "docs")
_SUFFIXES = {".py", ".md", ".ts", ".tsx", ".css", ".html", ".yaml", ".toml"}


def _sections() -> dict[str, str]:
    pages = [page.read_text("utf-8") for page in _CONTRACT.glob("*.md")]
    return {number: anchor for page in pages for number, anchor in _HEADING.findall(page)}


def _citations() -> Iterator[tuple[str, str]]:
    files = [path for folder in _CODE for path in (_ROOT / folder).rglob("*") if path.suffix in _SUFFIXES]
    for path in [*files, *_ROOT.glob("*.md"), *_ROOT.glob("*.yaml")]:
        for cited in _CITATION.findall(path.read_text("utf-8")):
            for section in re.findall(r"\d+(?:\.\d+)?", cited):
                yield str(path.relative_to(_ROOT)), section


def _section(number: str) -> str:
    text = "\n".join(page.read_text("utf-8") for page in _CONTRACT.glob("*.md"))
    whole = re.search(rf"^(##+) {re.escape(number)}\.? .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert whole is not None, number
    return whole.group()


def test_every_cited_section_stands_in_the_contract():
    cited = list(_citations())
    assert len(cited) > 80, "the pattern no longer finds what it is about"

    known = _sections()

    assert [f"{path} cites §{section}" for path, section in cited if section not in known] == []


def test_forty_sections_each_with_the_anchor_of_its_number():
    sections = _sections()

    assert {number for number in sections if "." not in number} == {str(n) for n in range(1, 41)}
    assert [number for number, anchor in sections.items() if anchor != "s" + number.replace(".", "-")] == []


def test_the_contract_names_every_table():
    for package in (scaicontrol.core, scaicontrol.services):
        for module in walk_packages(package.__path__, package.__name__ + "."):
            import_module(module.name)
    named = set(re.findall(r"[a-z_]+", _section("33")))

    assert sorted(set(Model.metadata.tables) - named) == []


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("31", [name.upper() for name in Settings.model_fields]),
        ("7.4", sorted(ALL_SCOPES)),
        ("25.2", [job.name for job in JOBS]),
    ],
    ids=["settings", "scopes", "jobs"],
)
def test_the_contract_names_every(section: str, names: list[str]):
    text = _section(section)

    assert [name for name in names if name not in text] == []
