"""The house: files that fit a reader's eye, and modules that need nobody who needs them."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.architecture.sources import PRODUCT, ROOT, files, parsed

HOUSE = (*PRODUCT, "migrations")
LONGEST = 400
BUILT = ROOT / "scaicontrol" / "static" / "portal"
WRITTEN_FOR_BROWSERS = {".css", ".html", ".js", ".ts", ".tsx"}
# One file is its promise; revisions are written by Alembic, the portal's types from the OpenAPI.
MAY_BE_LONG = {
    ROOT / "scaicontrol" / "verify_archive.py",
    ROOT / "frontend" / "src" / "api" / "schema.d.ts",
    *(ROOT / "migrations" / "versions").glob("*.py"),
}


def test_no_file_is_longer_than_four_hundred_lines():
    pages = (path for folder in ("scaicontrol", "admin_views", "frontend/src") for path in (ROOT / folder).rglob("*.*"))
    shown = [path for path in pages if path.suffix in WRITTEN_FOR_BROWSERS and BUILT not in path.parents]
    lines = {path: path.read_text().count("\n") for path in (*files(*HOUSE, "tests", "benchmarks"), *shown)}
    long = {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > LONGEST}
    assert {path: count for path, count in long.items() if ROOT / path not in MAY_BE_LONG} == {}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, known: set[str]) -> Iterator[str]:
    """Name the modules of ours that a file imports when it is imported itself."""
    package = path.relative_to(ROOT).parent.parts
    for node in _at_import(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        else:
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                if inner in known:
                    yield inner
                elif module in known:
                    yield module


def _at_import(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue  # read by the type checker only
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _at_import(node)


def test_no_module_imports_one_that_imports_it():
    modules = {_name(path): path for path in files(*HOUSE)}
    graph = {name: set(_imported(path, set(modules))) - {name} for name, path in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise AssertionError(f"a circle: {' -> '.join(reversed(circle))}") from None
