"""
The grid: which feature is on which surface, read from the imports of the surfaces, and why an empty cell is empty.

A cell is filled when a module of the surface imports the feature's package; `docs/grid.toml` says why others are not.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
REASONS: Final = ROOT / "docs/grid.toml"
SURFACES: Final = {
    "REST": "scaicontrol/api",
    "CLI": "scaicontrol/cli",
    "MCP": "scaicontrol/mcp",
    "Console": "admin_views",
    "TUI": "tui",
    "Portal": "frontend/src/features",
    "Tasks": "tasks",
}
# What every request passes through is not the place of one feature.
_SHARED: Final = {
    "actor_resolution.py", "app.py", "authentication.py", "base.py", "describe.py", "door.py", "health.py", "lists.py",
    "names.py", "server.py", "site.py",
}  # fmt: skip
_SERVICES: Final = "scaicontrol.services"


@dataclass(frozen=True, slots=True)
class Cell:
    """`files` of the surface that use the feature, or the `reason` why none does."""

    files: tuple[str, ...] = ()
    reason: str = ""


Grid = Mapping[str, Mapping[str, Cell]]


def features() -> list[str]:
    """Name every package and module of the service layer."""
    return sorted(
        path.stem
        for path in (ROOT / "scaicontrol/services").iterdir()
        if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").is_file())
    )


def grid() -> Grid:
    """Read the tree and the reasons; a cell may turn out to have both or neither, which a test refuses."""
    used, why = _used(_data()["portal"]), reasons()
    return {
        feature: {
            surface: Cell(tuple(sorted(used[feature, surface])), why.get(feature, {}).get(surface, ""))
            for surface in SURFACES
        }
        for feature in features()
    }


def reasons() -> Mapping[str, Mapping[str, str]]:
    """Give the sentences by feature and surface."""
    found: Mapping[str, Mapping[str, str]] = _data()["empty"]
    return found


def _data() -> dict[str, Any]:
    return tomllib.loads(REASONS.read_text("utf-8"))


def _used(portal: Mapping[str, list[str]]) -> Mapping[tuple[str, str], set[str]]:
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for surface, folder in SURFACES.items():
        for path in (ROOT / folder).rglob("*.py"):
            if path.name not in _SHARED:
                for feature in _imported(path):
                    used[feature, surface].add(path.relative_to(ROOT).as_posix())
    for folder, shown in portal.items():
        place = ROOT / SURFACES["Portal"] / folder
        if not place.is_dir():
            raise FileNotFoundError(f"docs/grid.toml speaks of {place.relative_to(ROOT)}, which is not there.")
        for feature in shown:
            used[feature, "Portal"].add(place.relative_to(ROOT).as_posix() + "/")
    return used


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == _SERVICES:
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_SERVICES + "."):
            yield str(node.module).split(".")[2]


def as_markdown() -> str:
    """Write the grid as a page: the table first, then the reasons."""
    found = grid()
    lines = [
        "# The grid",
        "",
        "Rows are features, columns are surfaces. A number says how many files of the surface use the feature; a dash",
        "is a decision, and its reason stands below. This page is made from the imports and `docs/grid.toml`.",
        "",
        "| Feature | " + " | ".join(SURFACES) + " |",
        "| --- |" + " :-: |" * len(SURFACES),
    ]
    for feature, cells in found.items():
        shown = [_shown(feature, surface, cell) for surface, cell in cells.items()]
        lines.append(f"| [{feature}](#{_anchor(feature)}) | " + " | ".join(shown) + " |")
    for feature, cells in found.items():
        lines += ["", f"## {feature} {{ #{_anchor(feature)} }}", ""]
        for surface, cell in cells.items():
            said = ", ".join(f"`{file}`" for file in cell.files) or cell.reason
            lines.append(f"* **{surface}** {'' if cell.files else '– '}{said}")
    return "\n".join(lines) + "\n"


def _shown(feature: str, surface: str, cell: Cell) -> str:
    where = f"{feature}, {surface}: {', '.join(cell.files) or cell.reason}".replace('"', "'")
    return f'<abbr title="{where}">{len(cell.files) or "–"}</abbr>'


def _anchor(feature: str) -> str:
    return f"feature-{feature.replace('_', '-')}"
