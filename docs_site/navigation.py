"""What stands in which order in the navigation; pages of a folder are found, titles are theirs."""

import re
from pathlib import Path
from typing import Any, Final

_TITLE: Final = re.compile(r"^# (.+)$", re.MULTILINE)
_SECTION: Final = re.compile(r"^## (\d+)\. ", re.MULTILINE)

Item = dict[str, Any]


def build(docs: Path, rest: list[tuple[str, str]]) -> list[Item]:
    """Give the navigation of the staged pages: concepts first, then what to do, then what to look up."""
    return [
        {"Start": "index.md"},
        {
            "Concepts": [
                _page(docs, f"{name}.md")
                for name in ("architecture", "multi-tenancy", "subscriptions", "prices", "access")
            ]
            + [_page(docs, "glossary.md")]
        },
        {"Building": [_page(docs, "adding-a-verb.md"), {"The grid": "grid.md"}]},
        {"Operating": _pages(docs, "operating", key=_position(docs))},
        {"REST reference": [{title: path} for title, path in rest]},
        {"Decisions": _pages(docs, "decisions")},
        {"Contract": _pages(docs, "contract", key=_first_section)},
    ]


def _page(docs: Path, path: str) -> Item:
    found = _TITLE.search((docs / path).read_text("utf-8"))
    if found is None:
        raise ValueError(f"docs/{path} has no title.")
    return {re.sub(r"^\d+\. ", "", found[1]): path}


def _pages(docs: Path, folder: str, key: Any = None) -> list[Item]:
    pages = sorted((path for path in (docs / folder).glob("*.md") if path.name != "index.md"), key=key)
    return [{"Overview": f"{folder}/index.md"}, *(_page(docs, f"{folder}/{page.name}") for page in pages)]


def _first_section(page: Path) -> int:
    found = _SECTION.search(page.read_text("utf-8"))
    return int(found[1]) if found else 0


def _position(docs: Path) -> Any:
    """Order pages as their overview links to them."""
    overview = (docs / "operating/index.md").read_text("utf-8")
    return lambda page: overview.find(f"({page.name}")
