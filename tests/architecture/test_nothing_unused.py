"""
Nothing is declared that nothing uses: settings, permissions, scopes, columns, tables, steps and states, codes.

What is written and never read, or read and never written, is found by its name; a name that means several things hides
what is unused among them. What the contract needs soon stands here with its reason, and the lists only shrink.
"""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Any

import pytest

from scaicontrol import services
from scaicontrol.core import audit_log, leases, outbox, platform_settings  # noqa: F401  their tables count
from scaicontrol.core.lifecycle import Lifecycle
from scaicontrol.core.permissions import ALL_SCOPES, PERMISSIONS
from scaicontrol.core.settings import Settings
from scaicontrol.db.model import Model
from tests.architecture.sources import PRODUCT, ROOT, files, parsed

PERMISSIONS_SOON = {
    "entrypoints:manage": "operators set the links of a service",
    "service_billing:charge": "POST /service-billing/charges",
}
# Written down for whoever must answer, years later, who did it and when; the database is where they look.
COLUMNS_FOR_THE_RECORD = {
    "ChangePlan.created_by_kind",
    "InboundEvent.processed_at",
    "InstalledRuleSet.retire_reason",
    "InstalledRuleSet.retired_by",
    "Outbox.reacted_at",
    "OutboxRow.reacted_at",
    "RoleAssignment.granted_at",
    "RoleAssignment.granted_by",
    "Subscription.renewed_through",
}
COLUMNS_SOON = {
    "BillingRun.snapshot_hash": "a run proves from which snapshot it was computed",
}
MEMBERS_SOON: dict[str, str] = {}


# Public functions that no product code calls: what tests prove of them says nothing about the product.
ONLY_TESTS_CALL = {
    "scaicontrol.core.periods.period_from",
    "scaicontrol.services.identity.sessions.sweep_sessions",
    "scaicontrol.services.notifications.queries.mails_of",
    "scaicontrol.services.subscriptions.queries.changes_due",
    "scaicontrol.services.subscriptions.queries.periods_due",
    "scaicontrol.services.tax.service.decide.store_decision",
    "scaicontrol.services.usage.service.rollup.recompute",
}
_HARMLESS = {"asynccontextmanager", "cache", "contextmanager", "lru_cache", "verb"}  # decorators that register nothing


class _Names(ast.NodeVisitor):
    """Where each name is read, written or spelled out in the product."""

    def __init__(self) -> None:
        self.read: defaultdict[str, set[str]] = defaultdict(set)
        self.written: defaultdict[str, set[str]] = defaultdict(set)
        self.spelled: defaultdict[str, set[str]] = defaultdict(set)
        self.module = ""

    def visit_Attribute(self, node: ast.Attribute) -> None:
        (self.read if isinstance(node.ctx, ast.Load) else self.written)[node.attr].add(self.module)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        (self.read if isinstance(node.ctx, ast.Load) else self.written)[node.id].add(self.module)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg:
            self.written[node.arg].add(self.module)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.spelled[node.target.id].add(self.module)  # a field of an answer shows a column of its name
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.spelled[node.value].add(self.module)


@cache
def names() -> _Names:
    """Import all that declares anything, and read who uses it."""
    for info in pkgutil.walk_packages(services.__path__, "scaicontrol.services."):
        importlib.import_module(info.name)
    found = _Names()
    for path in files(*PRODUCT):
        found.module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found.visit(parsed(path))
    found.module = "templates"
    for path in (path for folder in PRODUCT for path in (ROOT / folder).rglob("*.html")):
        for word in re.findall(r"\w+", path.read_text()):
            found.read[word].add(found.module)
    return found


@pytest.fixture(autouse=True, scope="module")
def _declared() -> None:
    names()


def _used(name: str, home: str) -> bool:
    """Tell whether a name is read, or spelled out anywhere but where it is declared."""
    return bool(names().read[name] or names().spelled[name] - {home})


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def _compare(found: Iterable[str], listed: Iterable[str]) -> None:
    unused, known = set(found), set(listed)
    assert sorted(unused - known) == [], "use it, remove it, or say what the contract will need it for"
    assert sorted(known - unused) == [], "it is used now; take it off the list"


def test_every_setting_is_read():
    home = Settings.__module__
    _compare((name for name in Settings.model_fields if not _used(name, home)), ())


def test_every_permission_is_asked_for():
    home = {"scaicontrol.core.permissions"}
    _compare((name for name in PERMISSIONS if not names().spelled[name] - home), PERMISSIONS_SOON)


def test_every_scope_opens_something():
    opened = {scope for rule in PERMISSIONS.values() for scope in rule.scopes}
    _compare(ALL_SCOPES - opened, ())


def _unused_columns() -> Iterator[str]:
    for mapper in Model.registry.mappers:
        home = mapper.class_.__module__
        for attribute in mapper.column_attrs:
            name, column = attribute.key, attribute.columns[0]
            filled = column.default is not None or column.server_default is not None or column.computed is not None
            indexed = column.computed is not None and column.table is not None  # what a unique index needs
            written = bool(names().written[name] or names().spelled[name] - {home})
            if not (_used(name, home) or indexed) or not (written or filled):
                yield f"{mapper.class_.__name__}.{name}"


def test_every_column_is_read_and_written():
    _compare(_unused_columns(), {*COLUMNS_FOR_THE_RECORD, *COLUMNS_SOON})


def test_every_table_is_used():
    unused = [
        mapper.class_.__name__
        for mapper in Model.registry.mappers
        if len(names().read[mapper.class_.__name__]) == 0 and not list(_subclasses(mapper.class_))
    ]
    _compare(unused, ())


def _machines() -> list[type[Lifecycle]]:
    return [machine for machine in _subclasses(Lifecycle) if getattr(machine, "states", None)]


def test_every_step_of_a_lifecycle_is_taken():
    assert _machines()
    unused = [
        f"{machine.__name__}.{event}"
        for machine in _machines()
        for event in {event for _, event, _ in machine.transitions()}
        if not (names().read[event] | names().spelled[event]) - {machine.__module__}
    ]
    _compare(unused, ())


def test_every_state_can_be_reached():
    unreached = [
        f"{machine.__name__}.{state.value}"
        for machine in _machines()
        for state in machine.states
        if not state.initial and str(state.value) not in {target for _, _, target in machine.transitions()}
    ]
    _compare(unreached, ())


def _uncalled() -> Iterator[str]:
    for path in files(*PRODUCT):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        feature = ".".join(module.split(".")[:3])  # whose front door lists a name, which is no call
        for node in parsed(path).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
                continue
            registered = {ast.unparse(each).partition("(")[0] for each in node.decorator_list} - _HARMLESS
            if not (registered or names().read[node.name] or names().spelled[node.name] - {module, feature}):
                yield f"{module}.{node.name}"


def test_every_public_function_is_called_by_the_product():
    _compare(_uncalled(), ONLY_TESTS_CALL)


def test_every_member_of_a_vocabulary_is_used():
    unused = [
        f"{kind.__name__}.{member.name}"
        for kind in _subclasses(StrEnum)
        if kind.__module__.startswith(tuple(f"{folder}." for folder in PRODUCT))
        for member in kind
        if not (names().read[member.name] or names().spelled[member.value] - {kind.__module__})
    ]
    _compare(unused, MEMBERS_SOON)
