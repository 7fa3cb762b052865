"""
Every lock that guards an insert holds on every node: its row is changed, or a unique key keeps the second one out.

What a lock finds is changed by whoever writes under it (`scaicontrol/db/locked_rows.py`), save rows that nobody may
change; and where it finds nothing there is nothing to change, so that whoever then inserts needs a unique key.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from sqlalchemy import Table, UniqueConstraint

from migrations.schema import described
from scaicontrol.db import Model

from .sources import PRODUCT, trees

LEAST = 60  # locks there are; a reading that finds fewer is broken
ANY = "any entity"  # of a helper that is given it
BY_STATEMENT = re.compile(r"\bFOR\s+UPDATE\b|\bLOCK\s+IN\s+SHARE\b|\bGET_LOCK\b", re.IGNORECASE)
HARMLESS = {"PortalView": "its operator's row is locked before, and changed by that"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Lock(NamedTuple):
    where: str
    entity: str | None  # None where the reading does not see it
    function: Function


@cache
def locks() -> list[Lock]:
    return [lock for path, tree in trees(*PRODUCT) for lock in _locks(path, tree)]


def _locks(path: str, tree: ast.Module) -> Iterator[Lock]:
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    for function in functions:
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            if any(word.arg == "with_for_update" for word in node.keywords):
                yield Lock(f"{path}:{node.lineno}", _given(node.args[0], function), function)
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "with_for_update":
                yield Lock(f"{path}:{node.lineno}", _selected(node.func.value, function, path), function)


def _given(node: ast.expr, function: Function) -> str | None:
    if not isinstance(node, ast.Name):
        return None
    return node.id if node.id in _entities() else _annotated(node.id, function)


def _selected(node: ast.expr, function: Function, path: str) -> str | None:
    """Follow a query to the entity that it selects: by its `select`, the function that begins it, or its type."""
    while isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == "select":
            return _given(node.args[0], function)
        folder = path.rpartition("/")[0].removesuffix("/service")
        owner = f"{folder}/{ast.unparse(node.func).partition('.')[0]}.py"
        begun = next((_beginnings()[at, name] for at in (path, owner, "") if (at, name) in _beginnings()), "")
        if begun:
            return begun
        if not isinstance(node.func, ast.Attribute):
            return None
        node = node.func.value
    if not isinstance(node, ast.Name):
        return None
    said = [
        each.value
        for each in ast.walk(function)
        if isinstance(each, ast.Assign | ast.AnnAssign)
        and each.value is not None
        and ast.unparse(each.targets[0] if isinstance(each, ast.Assign) else each.target) == node.id
        and not ast.unparse(each.value).startswith(f"{node.id}.")
    ]
    return _selected(said[0], function, path) if said else _annotated(node.id, function)


def _annotated(name: str, function: Function) -> str | None:
    types = {arg.arg: ast.unparse(arg.annotation) for arg in function.args.args if arg.annotation}
    found = re.fullmatch(r"(?:Select|type)\[(\w+)\]", types.get(name, ""))
    if found is None:
        return None
    return found[1] if found[1] in _entities() else ANY


@cache
def _beginnings() -> dict[tuple[str, str], str]:
    """Functions that begin a query, by what their type says: of a file, and of any where all say the same."""
    found: dict[tuple[str, str], str] = {}
    for path, tree in trees(*PRODUCT):
        for node in ast.walk(tree):
            if isinstance(node, Function) and node.returns is not None:
                selects = re.fullmatch(r"Select\[(\w+)\]", ast.unparse(node.returns))
                if selects and selects[1] in _entities():
                    found[(path, node.name)] = selects[1]
                    anywhere = found.get(("", node.name), selects[1])
                    found[("", node.name)] = selects[1] if anywhere == selects[1] else ""
    return found


@cache
def _entities() -> dict[str, type[Model]]:
    described()
    return {mapper.class_.__name__: mapper.class_ for mapper in Model.registry.mappers}


def _has_key(entity: type[Model]) -> bool:
    """Whether two rows that mean the same cannot both be there: a unique key, or a name that is not made up."""
    table = entity.__table__
    assert isinstance(table, Table)
    unique = any(isinstance(each, UniqueConstraint) for each in table.constraints)
    return unique or any(each.unique for each in table.indexes) or [c.name for c in table.primary_key] != ["id"]


def test_every_lock_is_taken_on_an_entity_whose_rows_may_be_changed():
    assert len(locks()) >= LEAST
    unseen = [lock.where for lock in locks() if lock.entity is None]
    assert unseen == [], "This test does not see what these lock; select the entity where the lock is taken."
    sealed = [lock.where for lock in locks() if lock.entity != ANY and _entities()[str(lock.entity)].append_only]
    assert sealed == [], "Nobody may change these rows, so that a lock on one guards nothing on another node."


def test_whoever_inserts_what_a_lock_did_not_find_has_a_unique_key():
    bare = []
    for lock in locks():
        made = {ast.unparse(node.func) for node in ast.walk(lock.function) if isinstance(node, ast.Call)}
        if lock.entity in made and lock.entity not in HARMLESS and not _has_key(_entities()[lock.entity]):
            bare.append(f"{lock.where} {lock.entity}")
    assert bare == [], "Two nodes that both find nothing both insert; give the table a unique key."


def test_no_lock_is_taken_past_the_session():
    """One that a statement of text takes is not noted, and its row stays as it is."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees(*PRODUCT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and BY_STATEMENT.search(node.value)
        and not re.search(r"\b(a|the|is|are)\b", node.value)
    ]
    assert found == []
