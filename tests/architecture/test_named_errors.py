"""Whoever calls a verb reads in its docstring how it refuses: what it names exists, and what it raises is named."""

import ast
import builtins
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from scaicontrol import services
from scaicontrol.core import errors, refusals
from scaicontrol.core.errors import ControlError
from scaicontrol.core.verbs import VERBS, Verb

# What makes an error of a kind for whoever raises it.
MAKERS: dict[Any, str] = {errors.invalid: "Invalid", refusals.refused: "Refused", refusals.conflict: "Conflict"}


def _import_all() -> None:
    for info in pkgutil.walk_packages(services.__path__, "scaicontrol.services."):
        importlib.import_module(info.name)


_import_all()
PUBLISHED = [verb for verb in VERBS.values() if verb.run.__module__.startswith("scaicontrol.services.")]


def _feature(module: str) -> str:
    return ".".join(module.split(".")[:3])


def _known(verb: Verb) -> dict[str, type[ControlError]]:
    """Give the errors a caller of this verb can import: the core's, and those of its own feature."""

    def subclasses(kind: type[ControlError]) -> Iterator[type[ControlError]]:
        for each in kind.__subclasses__():
            yield each
            yield from subclasses(each)

    homes = ("scaicontrol.core", _feature(verb.run.__module__))
    return {kind.__name__: kind for kind in subclasses(ControlError) if kind.__module__.startswith(homes)}


def _keeps_errors(node: ast.AST) -> bool:
    """Tell a part whose errors become a result, and reach no caller."""
    return isinstance(node, ast.Try) and any(
        isinstance(handler.type, ast.Name) and handler.type.id == "ControlError" for handler in node.handlers
    )


def _raised(function: Any, module: ModuleType, seen: set[str]) -> Iterator[str]:
    """Name what a function raises itself, or through the private steps beside it."""
    seen.add(function.__name__)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    kept = {id(node) for part in ast.walk(tree) if _keeps_errors(part) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) in kept:
            continue
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            name = node.exc.func.id
            made = getattr(module, name, None)
            yield next((kind for maker, kind in MAKERS.items() if maker is made), name)
        if isinstance(node, ast.Name) and node.id.startswith("_") and node.id not in seen:
            step = getattr(module, node.id, None)
            if inspect.isfunction(step) and step.__module__ == module.__name__:
                yield from _raised(step, module, seen)


@pytest.mark.parametrize("verb", PUBLISHED, ids=lambda verb: verb.name)
def test_a_verb_names_the_errors_it_raises(verb: Verb):
    known, written = _known(verb), inspect.getdoc(verb.run) or ""
    named = [known[word] for word in re.findall(r"\w+", written) if word in known]
    assert named, f"every verb authorizes: {verb.name} names none of {', '.join(sorted(known))}"
    raised = set(_raised(verb.run, inspect.getmodule(verb.run) or builtins, set()))
    silent = [name for name in raised if name in known and not any(issubclass(known[name], kind) for kind in named)]
    assert silent == [], f"{verb.name} raises these without a word about when"


@pytest.mark.parametrize("verb", PUBLISHED, ids=lambda verb: verb.name)
def test_the_errors_a_verb_names_exist(verb: Verb):
    claimed = re.findall(r"Raises (\w+)", inspect.getdoc(verb.run) or "")
    assert [name for name in claimed if name not in _known(verb)] == []


def test_there_are_verbs_to_look_at():
    assert len(PUBLISHED) > 70
