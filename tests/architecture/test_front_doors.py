"""A feature speaks to another through its package, never to a module inside it."""

import ast
from collections.abc import Iterator
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "scaicontrol" / "services"


def _imports(path: Path) -> Iterator[str]:
    """Name every imported module in full; relative imports are resolved."""
    package = ("scaicontrol", "services", *path.relative_to(SERVICES).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if (_file(f"{module}.{alias.name}")))


def _file(module: str) -> bool:
    path = SERVICES.parents[1] / module.replace(".", "/")
    return path.with_suffix(".py").exists()


def _feature(path: Path) -> str:
    return path.relative_to(SERVICES).parts[0].removesuffix(".py")


def test_features_enter_each_other_through_the_front_door():
    inside = {
        f"{path.relative_to(SERVICES)} imports {module}"
        for path in SERVICES.rglob("*.py")
        for module in _imports(path)
        if module.startswith("scaicontrol.services.")
        and module.count(".") > 2  # scaicontrol.services.<feature>.<module>
        and module.split(".")[2] != _feature(path)
    }
    assert inside == set()
