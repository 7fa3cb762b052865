"""
Rows are asked for by the feature that owns them: others call its named reads (`reads`) and write no query of theirs.

Another feature's entity may be taken, returned and looked at; its class in a statement is a query into a foreign table.
"""

import ast
from collections.abc import Iterator

from tests.architecture.sources import is_entity, trees

SERVICES = "scaicontrol/services"
# Where a foreign table is asked all the same, and why one statement is right there: a module, or a whole feature. This
# list only shrinks.
_AUDIT = "the books are held against themselves: a named read would say what the verbs believe"
QUERIES = {
    "invariants": _AUDIT,
    "subscriptions/reads/__init__.py": "billing and quotas read thousands of rows a statement, each with the words of"
    " plan and service, and sums are grouped by the plan's period: reading those apart would send every id out and in"
    " again",
    "tax/queries.py": "which numbers VIES is due to be asked about is what profiles say less what VIES answered: only a"
    " join finds the longest unasked without reading every profile",
}


def _trees() -> Iterator[tuple[str, str, ast.Module]]:
    for path, tree in trees(SERVICES):
        name = path.removeprefix(f"{SERVICES}/")
        yield name, name.split("/", maxsplit=1)[0].removesuffix(".py"), tree


def _owners() -> dict[str, str]:
    """Say which feature each entity belongs to."""
    return {
        node.name: feature
        for name, feature, tree in _trees()
        if name.endswith("/models.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and is_entity(node)
    }


def _asked(tree: ast.Module, foreign: set[str]) -> Iterator[str]:
    """Give where a foreign entity's class is used as a table: its columns, or itself as an argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in foreign:
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call):
            yield from (
                f"{node.lineno}: {ast.unparse(node.func)}({argument.id})"
                for argument in node.args
                if isinstance(argument, ast.Name) and argument.id in foreign
            )
        elif isinstance(node, ast.Assign):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            yield from (
                f"{node.lineno}: an alias of {value.id}"
                for value in values
                if isinstance(value, ast.Name) and value.id in foreign
            )


def _foreign_queries() -> dict[str, list[str]]:
    owners = _owners()
    assert len(owners) > 40
    found: dict[str, list[str]] = {}
    for name, feature, tree in _trees():
        imported = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scaicontrol.services.")
            for alias in node.names
            if owners.get(alias.name, feature) != feature
        }
        if asked := list(_asked(tree, imported)):
            found.setdefault(feature if feature in QUERIES else name, []).extend(asked)
    return found


def test_a_feature_is_asked_for_its_rows_by_name():
    found = _foreign_queries()
    new = {f"{name}:{where}" for name in found.keys() - QUERIES.keys() for where in found[name]}
    assert new == set(), "give the owner a named read (`reads`) that says what is wanted, and call that"


def test_the_list_of_exceptions_only_shrinks():
    assert QUERIES.keys() - _foreign_queries().keys() == set(), "these ask no foreign table any more: strike them out"
    assert len(QUERIES) <= 3
