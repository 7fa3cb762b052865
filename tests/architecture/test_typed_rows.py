"""What travels between modules has a type; `Any` is for a library's own signatures and for JSON, and becomes rarer."""

import ast
from collections import Counter

from tests.architecture.sources import PRODUCT, ROOT, files, nodes

MOST_LINES = 907  # that say `Any`; lower it whenever the count falls
SLACK = 25


def _lines_with_any() -> Counter[str]:
    counted: Counter[str] = Counter()
    for path in files(*PRODUCT):
        lines = {node.lineno for node in nodes(path) if isinstance(node, ast.Name) and node.id == "Any"}
        counted[str(path.relative_to(ROOT))] = len(lines)
    return counted


def test_any_does_not_spread():
    counted = _lines_with_any()
    worst = ", ".join(f"{name} {lines}" for name, lines in counted.most_common(5))
    assert counted.total() <= MOST_LINES, f"give the new rows a NamedTuple, a dataclass or a model; most have {worst}"


def test_the_count_is_kept_close():
    assert _lines_with_any().total() > MOST_LINES - SLACK, "it has fallen: lower MOST_LINES to what it is now"
