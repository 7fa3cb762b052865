"""Surfaces ask verbs: they touch no session and write no rows, and nobody skips a row that another worker holds."""

import ast

from tests.architecture.sources import is_entity, trees

SURFACES = ("scaicontrol/api", "scaicontrol/mcp", "scaicontrol/cli", "admin_views", "tui", "tasks")
# What a library asks for in its own signature.
NEEDED = {
    "admin_views/request_context.py": "SQLAdmin opens sessions by a maker; ours binds them to a scope.",
}


def _ours(tree: ast.Module) -> set[str]:
    """Name what a module imports from the product; rich has a Group too."""
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scaicontrol.")
        for alias in node.names
    }


def test_no_surface_touches_a_session():
    found = {
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, tree in trees(*SURFACES)
        if name not in NEEDED
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"session", "session_within", "platform_sql"}
    }
    assert found == set(), "give the feature a verb or a read; surfaces call it"


def test_every_exception_is_still_needed():
    parsed = dict(trees(*SURFACES))
    for name in NEEDED:
        assert any(isinstance(node, ast.Attribute) and node.attr == "session" for node in ast.walk(parsed[name]))


def test_no_surface_makes_a_row():
    """An entity that a surface constructs would be a row that no verb has authorized."""
    entities = {
        each.name
        for _, tree in trees("scaicontrol/services", "scaicontrol/core")
        for each in ast.walk(tree)
        if isinstance(each, ast.ClassDef) and is_entity(each)
    }
    assert len(entities) > 40
    found = {
        f"{name}:{node.lineno}: {node.func.id}(...)"
        for name, tree in trees(*SURFACES)
        if (theirs := entities & _ours(tree))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in theirs
    }
    assert found == set()


def test_nobody_skips_locked_rows():
    found = {
        f"{name}:{node.value.lineno}"
        for name, tree in trees("scaicontrol", "tasks")
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "skip_locked"
    }
    assert found == set(), "claim by scaicontrol/core/claims.py, which says why"
