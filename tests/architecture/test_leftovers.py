"""Nothing unfinished and nothing silenced without a reason is left in the tree."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("scaicontrol", "admin_views", "tui", "tasks", "migrations")
EXCEPT = {Path(__file__), ROOT / "tests" / "servers.py"}  # this list itself, and the loops that wait for a process
SOURCES = {
    path: path.read_text()
    for folder in (*PRODUCT, "tests")
    for path in (ROOT / folder).rglob("*.py")
    if path not in EXCEPT
}


@pytest.mark.parametrize(
    ("mark", "instead"),
    [
        pytest.param(r"\b(TODO|FIXME|HACK)\b", "do it, or write an issue", id="marks"),
        pytest.param(r"raise NotImplementedError", "a protocol or an abstract method says it better", id="stubs"),
        pytest.param(
            r"# type: ignore(?!\[[\w-]+(, ?[\w-]+)*\]  ?# \S)", "add [code]  # and the reason", id="type: ignore"
        ),
        pytest.param(r"# noqa(?!: [A-Z]+\d+(, ?[A-Z]+\d+)*\W+\w)", "add the rule and the reason", id="noqa"),
        pytest.param(r"pytest\.(mark\.)?(skip|xfail)\((?!reason=)", "say why", id="skip"),
        pytest.param(r"\btime\.sleep\((?!.*# )", "wait for the thing, or say why the clock must pass", id="sleep"),
    ],
)
def test_no_file_has(mark: str, instead: str):
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match[0].strip()}"
        for path, text in SOURCES.items()
        for match in re.finditer(mark, text)
    ]
    assert found == [], instead
