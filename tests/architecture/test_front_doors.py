"""
A feature is entered through its package: what it does stands there, at most forty names.

Past that door only what it is made of is open: rows (models), questions about them (reads) and about what will become
of them (forecast), states (lifecycle), shapes (schemas), facts (events), and modules of pure computation that are named
here.
"""

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaicontrol import services
from tests.architecture.sources import PRODUCT, ROOT, files, nodes

SERVICES = ROOT / "scaicontrol" / "services"
OPEN = {"models", "reads", "forecast", "lifecycle", "schemas", "events"}
WIDEST_DOOR = 40
SECOND_DOORS = {"identity_sync": "identity"}  # the contract names this path
# Pure computation has one home: what documents, statements and explanations work out again must be the very code that
# worked it out first, and a number that names a business is written in one way.
COMPUTING = {
    "billing": {"snapshot"},
    "einvoices": {"document"},
    "invoices": {"allowances", "creditable", "crediting", "document_source", "page_rendering", "seal"},
    "partners": {"identifiers"},
    "subscriptions": {"calendar", "proration"},
    "tax": {"arithmetic", "categories", "exchange", "notes", "numbers", "places", "stated_rates"},
    "templates": {"filters"},
}
# Steps that one feature alone takes with another's rows, inside its own transaction.
STEPS = {("packs", "subscriptions"): {"children"}}


def _imports(path: Path) -> Iterator[str]:
    """Name every imported module in full; relative imports are resolved."""
    package = path.relative_to(ROOT).parent.parts
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            yield module
            yield from (name for alias in node.names if _is_module(name := f"{module}.{alias.name}"))


def _is_module(name: str) -> bool:
    return (ROOT / name.replace(".", "/")).with_suffix(".py").exists()


def _told(path: Path) -> set[str]:
    """What a feature does after a fact is called by whoever shows it the facts, and by nobody else."""
    return {"reactions"} if path == ROOT / "tasks" / "reactions.py" else set()


def _past_the_door(path: Path) -> list[str]:
    feature = path.relative_to(SERVICES).parts[0].removesuffix(".py") if path.is_relative_to(SERVICES) else ""
    feature = SECOND_DOORS.get(feature, feature)
    names = (module.split(".") for module in _imports(path) if module.startswith("scaicontrol.services."))
    return [
        ".".join(name)
        for name in names
        if len(name) > 3
        and name[2] != feature
        and name[3] not in OPEN | COMPUTING.get(name[2], set()) | STEPS.get((feature, name[2]), set()) | _told(path)
    ]


def test_features_are_entered_through_the_front_door():
    found = {
        f"{path.relative_to(ROOT)} imports {module}" for path in files(*PRODUCT) for module in _past_the_door(path)
    }
    assert found == set()


def _features() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every feature with what its door hands out, by name."""
    for info in pkgutil.iter_modules(services.__path__):
        door = importlib.import_module(f"scaicontrol.services.{info.name}")
        yield info.name, {name: getattr(door, name) for name in getattr(door, "__all__", ())}


def test_a_front_door_has_at_most_forty_names():
    wide = {name: len(door) for name, door in _features() if len(door) > WIDEST_DOOR}
    assert wide == {}, "shapes, rows, states and facts have doors of their own; what nobody asks for needs none"


def test_no_name_has_two_doors():
    found = {
        f"{name}.{each} is {home}.{each}"
        for name, door in _features()
        for each, handed in door.items()
        if (home := getattr(handed, "__module__", "")).startswith(f"scaicontrol.services.{name}.")
        and home.split(".")[3] in OPEN | COMPUTING.get(name, set())
    }
    assert found == set()


def test_only_modules_that_exist_are_opened():
    modules = {f"{feature}/{module}" for feature, opened in COMPUTING.items() for module in opened}
    assert {each for each in modules if not (SERVICES / f"{each}.py").exists()} == set()
