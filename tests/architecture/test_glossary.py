"""The words of the glossary name things that exist."""

import re
from importlib import import_module
from pathlib import Path

import pytest

_GLOSSARY = (Path(__file__).parents[2] / "docs/glossary.md").read_text("utf-8")
_ROWS = [
    cells
    for line in _GLOSSARY.splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 3
    and not cells[0].startswith(("---", "Word"))
]
_NAMED = re.compile(r"`((?:scaicontrol|tasks|tui|admin_views)[\w.]*)`")
NAMES = [name for cells in _ROWS for name in _NAMED.findall(cells[2])]


@pytest.mark.parametrize("name", NAMES)
def test_it_names_something_that_exists(name: str):
    try:
        import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute), f"docs/glossary.md names {name}, which is gone."


def test_every_word_names_something_and_is_explained_once():
    assert len(_ROWS) > 50
    assert [cells[0] for cells in _ROWS if not _NAMED.search(cells[2]) and "](" not in cells[2]] == []
    words = [cells[0] for cells in _ROWS]
    assert sorted({word for word in words if words.count(word) > 1}) == []
