"""The tree's source, read and parsed once for all tests about it (`tests/conftest.py` lets one worker run them)."""

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("scaicontrol", "admin_views", "tui", "tasks")


@cache
def files(*folders: str) -> tuple[Path, ...]:
    """Give every Python file under folders of the root, in order."""
    return tuple(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    """Give a file's tree."""
    gc.disable()  # a tree is many objects and no garbage: looking for some takes twice as long as the parsing
    try:
        return ast.parse(path.read_text("utf-8"))
    finally:
        gc.enable()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Give every node of a file's tree."""
    return tuple(ast.walk(parsed(path)))


def trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Give (path from the root, tree) of every Python file under folders of the root."""
    return ((str(path.relative_to(ROOT)), parsed(path)) for path in files(*folders))


def is_entity(node: ast.AST) -> bool:
    """Tell whether a class is mapped to a table."""
    return isinstance(node, ast.ClassDef) and any(
        isinstance(line, ast.Assign) and [ast.unparse(target) for target in line.targets] == ["__tablename__"]
        for line in node.body
    )
