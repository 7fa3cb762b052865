# mypy: disable-error-code="misc, no-any-return"
# super() is whichever compiler the dialect brings.
"""
What a statement reaches, found out while its SQL is written: nothing is in the SQL that did not pass here.

The compilers of the guarded engines are these. Each SELECT, UPDATE and DELETE, at any depth, is held against the
conditions it is written with: every table with an owner needs one of `criteria` on that very FROM element. What can
carry text of its own (raw SQL, hints, free operators, elements and types from elsewhere) is not understood. Findings
live as long as the compiled statement, so an execution only asks for them; values are no part of them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Dialect, False_
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnClause, Grouping
from sqlalchemy.sql.expression import AliasedReturnsRows, Join, TableClause
from sqlalchemy.sql.selectable import FromGrouping

from .criteria import SUBSCRIPTIONS, ScopeCriteria
from .elements import is_known_type, strange_parts
from .ownership import MARKERS, OWNERS

_UNDERSTOOD: Final = frozenset({
    "alias", "between_op_binary", "binary", "bindparam", "case", "cast", "clauselist", "column",
    "compound_select", "concat_op_binary", "concat_op_expression_clauselist", "contains_op_binary", "cte",
    "delete", "element_list", "empty_set_expr", "empty_set_op_expr", "endswith_op_binary",
    "expression_clauselist", "false", "frame_clause", "fromclause", "function", "grouping",
    "icontains_op_binary", "iendswith_op_binary", "ilike_case_insensitive_operand", "ilike_op_binary", "insert",
    "is_distinct_from_binary", "is_false_unary_operator", "is_not_distinct_from_binary",
    "is_true_unary_operator", "istartswith_op_binary", "join", "json_getitem_op_binary",
    "json_path_getitem_op_binary", "label", "label_reference", "lambda_element", "lateral", "like_op_binary",
    "mod_binary", "not_between_op_binary", "not_contains_op_binary",
    "not_endswith_op_binary", "not_icontains_op_binary", "not_iendswith_op_binary", "not_ilike_op_binary",
    "not_in_op_binary", "not_istartswith_op_binary", "not_like_op_binary", "not_startswith_op_binary", "null",
    "order_by_list", "over", "release_savepoint", "rollback_to_savepoint", "savepoint", "select",
    "select_statement_grouping", "startswith_op_binary", "subquery", "table", "textual_label_reference", "true",
    "tuple", "type_coerce", "typeclause", "unary", "update",
})  # fmt: skip
_FUNCTIONS: Final = frozenset({
    "abs", "avg", "char_length", "coalesce", "connection_id", "count", "dense_rank", "distinct", "length", "lower",
    "max", "min", "nullif", "rank", "round", "row_number", "sleep", "sum", "upper",
})  # fmt: skip
_LITERALS: Final = ("*", "1", "'%'")  # of count(*), EXISTS and LIKE, as SQLAlchemy writes them itself
_INDEX_HINT: Final = re.compile(r"(FORCE|USE|IGNORE) INDEX \(\w+\)")


class Findings:
    """What one compiled statement does; sentences are for whoever wrote it."""

    __slots__ = ("moved", "scoped", "unknown", "unscoped", "written")

    def __init__(self) -> None:
        self.unknown: list[str] = []  # what is not understood
        self.scoped: set[str] = set()  # the tables with an owner, however they are reached
        self.unscoped: set[str] = set()  # those of them that are read without the scope's condition
        self.written: set[str] = set()  # those that are written without it
        self.moved: set[str] = set()  # owners and keys that an UPDATE would set


class _Proof:
    """Mixed into a dialect's compiler: looks at each part as it is written."""

    dialect: Dialect
    column_keys: Any

    def __init__(self, dialect: Dialect, statement: Any, *args: Any, **options: Any) -> None:
        self.findings = Findings()
        self._looked_at: set[int] = set()
        self.findings.unknown += (f"{part} is not understood." for part in strange_parts(statement))
        super().__init__(dialect, statement, *args, **options)  # type: ignore[call-arg]  # the dialect's compiler

    # --- Rows: who is read, who is written ---

    def _compose_select_body(self, text: str, query: Any, state: Any, inner: Any, froms: Any, *rest: Any) -> str:
        self._hold(froms, query._where_criteria, self.findings.unscoped)  # noqa: SLF001  # as it will be written
        return super()._compose_select_body(text, query, state, inner, froms, *rest)

    def update_tables_clause(self, change: Any, target: Any, extra_froms: Any, **options: Any) -> str:
        self._hold_change(change, target, extra_froms)
        values = change._values or {}  # noqa: SLF001  # as they will be written
        set_columns = {getattr(name, "key", name) for name in values} | set(self.column_keys or ())
        keys = {column.key for column in getattr(target, "primary_key", ())}
        self.findings.moved |= set_columns & {*OWNERS, *keys}
        return super().update_tables_clause(change, target, extra_froms, **options)

    def delete_table_clause(self, change: Any, target: Any, extra_froms: Any, **options: Any) -> str:
        self._hold_change(change, target, extra_froms)
        return super().delete_table_clause(change, target, extra_froms, **options)

    def visit_insert(self, insert: Any, *args: Any, **options: Any) -> str:
        self._hold([insert.table], (), self.findings.written)
        return super().visit_insert(insert, *args, **options)

    def visit_table(self, table: Any, *args: Any, asfrom: bool = False, **options: Any) -> str:
        if asfrom and hash(table) not in self._looked_at:
            self.findings.unknown.append(f"{table.name} stands where no condition can be added.")
        return super().visit_table(table, *args, asfrom=asfrom, **options)

    def _hold_change(self, change: Any, target: Any, extra_froms: Any) -> None:
        conditions = change._where_criteria  # noqa: SLF001  # as it will be written
        self._hold([target], conditions, self.findings.written)
        self._hold([source for source in extra_froms if source is not target], conditions, self.findings.unscoped)

    def _hold(self, froms: Iterable[Any], where: Iterable[Any], loose: set[str]) -> None:
        conditions = [each for condition in where for each in _conjuncts(condition)]
        for source in froms:
            for leaf, given in _leaves(source, conditions):
                self._hold_leaf(leaf, given, loose)

    def _hold_leaf(self, leaf: Any, conditions: list[Any], loose: set[str]) -> None:
        table = leaf
        while isinstance(table, AliasedReturnsRows):
            table = table.element
        if not isinstance(table, TableClause):
            return  # a query: it is held where it is written
        self._looked_at.add(hash(table))
        owned = _tables_with_owner().get(hash(table))
        if owned is None:
            self.findings.unknown.append(f"{table.name} is not a table of the models; select an entity.")
        elif owned:
            self.findings.scoped.add(table.name)
            if not any(_restricts(condition, leaf) for condition in conditions):
                loose.add(table.name)

    # --- Text: what brings SQL of its own ---

    def visit_column(self, column: Any, *args: Any, **options: Any) -> str:
        if column.is_literal and column.name not in _LITERALS:
            self.findings.unknown.append("A literal column is raw SQL and cannot be scoped.")
        return super().visit_column(column, *args, **options)

    def visit_function(self, function: Any, *args: Any, **options: Any) -> str:
        if function.name.lower() not in _FUNCTIONS or function.packagenames:
            self.findings.unknown.append(f"The function {function.name} is not known to read no rows.")
        return super().visit_function(function, *args, **options)

    def visit_typeclause(self, clause: Any, *args: Any, **options: Any) -> str:
        if not is_known_type(clause.type):
            self.findings.unknown.append(f"The type {clause.type!r} may bring SQL of its own.")
        return super().visit_typeclause(clause, *args, **options)

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        if text is not None and not _INDEX_HINT.fullmatch(text):
            self.findings.unknown.append("A hint is raw SQL; only the choice of an index is understood.")
        return super().get_from_hint_text(table, text)

    def get_statement_hint_text(self, hints: Any) -> str:
        self.findings.unknown.append("A statement's hint is raw SQL and cannot be scoped.")
        return super().get_statement_hint_text(hints)


def _not_understood(name: str) -> Any:
    sentence = f"Raw SQL, or an element such as {name.replace('_', ' ')} that is not understood, cannot be scoped."

    def visit(self: Any, *args: Any, **options: Any) -> Any:
        self.findings.unknown.append(sentence)
        return getattr(super(self.__class__, self), f"visit_{name}")(*args, **options)

    return visit


@lru_cache
def proving(compiler: Any) -> Any:
    """Give a dialect's compiler that keeps findings; what it could write besides is noted as not understood."""
    visits = {name.removeprefix("visit_") for name in dir(compiler) if name.startswith("visit_")}
    others = {f"visit_{name}": _not_understood(name) for name in visits - _UNDERSTOOD}
    return type(f"Proving{compiler.__name__}", (_Proof, compiler), others)


def _conjuncts(condition: Any) -> Iterator[Any]:
    if isinstance(condition, Grouping):
        yield from _conjuncts(condition.element)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for each in condition.clauses:
            yield from _conjuncts(each)
    else:
        yield condition


def _leaves(source: Any, given: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """Give each table or query of a FROM element with the conditions that every row taken from it has met."""
    if isinstance(source, FromGrouping):
        yield from _leaves(source.element, given)
    elif isinstance(source, Join):
        on = [*given, *_conjuncts(source.onclause)]
        yield from _leaves(source.left, given if source.isouter or source.full else on)
        yield from _leaves(source.right, given if source.full else on)
    else:
        yield source, given


def _restricts(condition: Any, leaf: Any) -> bool:
    """Tell whether a condition is the scope's own, on this very FROM element."""
    if isinstance(condition, False_):
        return True
    option = condition._annotations.get("for_loader_criteria")  # noqa: SLF001  # the ORM's own mark
    return isinstance(option, ScopeCriteria) and any(
        hash(column.table) == hash(leaf) for column in _subjects(condition)
    )


def _subjects(condition: Any) -> Iterator[ColumnClause[Any]]:
    """Give the columns a condition is about; what it compares them with, such as a query, restricts nothing here."""
    if isinstance(condition, Grouping):
        yield from _subjects(condition.element)
    elif isinstance(condition, BooleanClauseList):
        for each in condition.clauses:
            yield from _subjects(each)
    elif isinstance(condition, BinaryExpression) and isinstance(condition.left, ColumnClause):
        yield condition.left


def _tables_with_owner() -> dict[int, bool]:
    """Map each table of the models to whether its rows have an owner."""
    from .model import Model  # noqa: PLC0415  the model stands on this module

    return _owners(len(Model.metadata.tables), len(list(Model.registry.mappers)))


@lru_cache(maxsize=1)
def _owners(_: int, __: int) -> dict[int, bool]:
    from .model import Model  # noqa: PLC0415  as above

    owned = {mapper.local_table for mapper in Model.registry.mappers if issubclass(mapper.class_, MARKERS)}
    return {hash(table): table in owned for table in Model.metadata.tables.values()} | {hash(SUBSCRIPTIONS): True}
