"""One public verb a deed, and no body written twice: what a surface can reach is what decides."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scaicontrol import services
from scaicontrol.core.schemas import In, Out
from scaicontrol.db.model import Model
from tests.architecture.sources import ROOT, files, nodes

SURFACES = ("scaicontrol/api", "scaicontrol/mcp", "scaicontrol/cli", "admin_views", "tui")
# Steps that another feature takes inside its own transaction; no surface does.
SHARED_STEPS = {
    "invoices.draft_credit": "a refund notes its credit note in the transaction that notes the refund",
}


def _features() -> Iterator[tuple[str, frozenset[str]]]:
    for info in pkgutil.iter_modules(services.__path__):
        module = importlib.import_module(f"scaicontrol.services.{info.name}")
        yield info.name, frozenset(getattr(module, "__all__", ()))


def _performed(feature: str) -> Iterator[tuple[str, str]]:
    """Give (procedure, step) for every verb of its own that a feature hands to `backend.perform`."""
    home = ROOT / "scaicontrol" / "services" / feature
    for path in files(str(home.relative_to(ROOT))) or [home.with_suffix(".py")]:
        for function in nodes(path):
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "backend.perform" and len(call.args) > 1:
                    step = call.args[1]
                    if isinstance(step, ast.Name) or (isinstance(step, ast.Attribute) and "." not in step.attr):
                        yield function.name, step.attr if isinstance(step, ast.Attribute) else step.id


def test_the_step_of_a_procedure_is_no_public_verb_beside_it():
    found = {
        f"{feature}.{step} is a step of {procedure}; leave it out of __all__, or it is a way around it"
        for feature, public in _features()
        for procedure, step in _performed(feature)
        if step in public and f"{feature}.{step}" not in SHARED_STEPS
    }
    assert found == set()


def _calls(path: Path) -> Iterator[tuple[str, str]]:
    """Give (function, `feature.verb`) for every verb of the services that a surface's file names."""
    for function in nodes(path):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in (node for statement in function.body for node in ast.walk(statement)):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    yield function.name, f"{node.value.id}.{node.attr}"


def test_surfaces_take_no_step_that_is_shared_between_features():
    found = {
        f"{path.relative_to(ROOT)}: {verb} is a step: {SHARED_STEPS[verb]}"
        for path in files(*SURFACES)
        for _, verb in _calls(path)
        if verb in SHARED_STEPS
    }
    assert found == set()


# A page of a list is a shape of the door itself.
DOORS_OWN = {"scaicontrol.mcp.action.Paging", "scaicontrol.mcp.action.Following"}


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def test_what_people_send_is_described_by_the_services_and_nowhere_else():
    for path in files(*SURFACES):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    homes = tuple(folder.replace("/", ".") for folder in SURFACES)
    found = {
        name
        for kind in _subclasses(In)
        if kind.__module__.startswith(homes) and (name := f"{kind.__module__}.{kind.__qualname__}") not in DOORS_OWN
    }
    written = {name for name in found if "action" not in name.rsplit(".", 2)[-2]}  # MCP makes one of each action
    assert written == set(), "move these bodies to the schemas of their feature"


def test_what_may_be_done_now_is_said_by_one_function_of_the_feature():
    public = dict(_features())
    shown = {
        kind.__module__.split(".")[2]
        for kind in _subclasses(Out)
        if "available_actions" in kind.__annotations__ and kind.__module__.startswith("scaicontrol.services.")
    }
    assert shown, "no answer offers anything any more"
    assert {feature for feature in shown if "offered" not in public[feature]} == set()
    entities = {mapper.class_ for mapper in Model.registry.mappers}
    assert {entity.__name__ for entity in entities if hasattr(entity, "available_actions")} == set()


def test_an_empty_text_means_none_around_the_whole_type():
    """Inside, `Annotated[Text, EmptyIsNone] | None` refuses what it was to accept: the type sees None where text is."""
    inside = re.compile(r"Annotated\[[^\[\]|]*\bEmptyIsNone\] \| None")
    pages = (*files("scaicontrol"), *(ROOT / "docs").rglob("*.md"))
    assert {str(path.relative_to(ROOT)) for path in pages if inside.search(path.read_text("utf-8"))} == set()
