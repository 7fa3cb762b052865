"""
Shapes × scopes × databases: nothing foreign comes back, nothing foreign changes, whatever a statement looks like.

Each shape runs in each scope, then once more after rows that are none of its business were changed and added: an answer
that notices them leaks, also when it shows none of them. On an engine that nobody guards each shape must leak, so that
none is there for show; `test_the_matrix_can_fail` puts yesterday's guard back.
"""

from collections import Counter
from collections.abc import Callable
from inspect import iscoroutine, signature
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import AliasedReturnsRows, ColumnClause, Select, TableClause

from scaicontrol.core.backend import Backend
from scaicontrol.db import Model, tenant_filter
from scaicontrol.db import prepared as prepared_module
from scaicontrol.db.ownership import MARKERS
from scaicontrol.db.tenant_filter import Scope, ScopeViolation

from . import shapes_select_entities  # noqa: F401  # adds its shapes to the others
from .shapes_change import DELETES, UPDATES
from .shapes_insert import INSERTS
from .shapes_prepared import PREPARED
from .shapes_select import SELECTS
from .world import (
    DOMAINS,
    UNGUARDED,
    Domain,
    Driver,
    World,
    build,
    disturb,
    fixed,
    plain,
    says_a_secret,
    secrets_of_others,
)

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of products of tables, which are meant
READS = {"SELECT": SELECTS, "prepared": PREPARED}
CHANGES = {"UPDATE": UPDATES, "DELETE": DELETES, "INSERT": INSERTS}
NAMED = {  # what the issue names
    "a_core_column_in_a_label", "a_core_column_in_a_function", "a_core_column_in_a_scalar_subquery",
    "a_core_subquery_in_an_ordering", "a_core_alias_joined_to_its_own_entity", "a_suffix_of_text", "a_statement_hint",
    "a_free_operator", "a_value_from_a_core_table", "the_configuration_of_its_partner",
}  # fmt: skip
NOT_SQL = {  # what a database does not speak: there is nothing to leak, and scopes refuse most of it all the same
    "sqlite": {
        "a_core_table_in_a_lateral", "a_core_table_in_a_lateral, prepared", "an_extract_with_text",
        "lines_beside_another_table",
    },
    "mariadb": {
        "a_core_table_in_a_lateral", "a_core_table_in_a_lateral, prepared", "a_table_named_in_other_letters",
        "a_table_named_with_its_schema", "a_collation_with_text", "a_full_join_of_entities",
        "a_value_of_a_free_operator", "a_cte_of_a_core_table", "a_key_that_changes", "rows_that_replace_others",
        "a_replacing_prefix",
    },
}  # fmt: skip


@pytest.fixture
async def world(backend: Backend) -> World:
    return await build(backend)


async def put(session: AsyncSession, shape: Callable[..., Any]) -> list[Any]:
    """Run a shape: it is a statement, or does something with the session."""
    asked = shape(session) if signature(shape).parameters else shape()
    if iscoroutine(asked):
        return list(await asked or ())
    found = await session.execute(asked)
    return list(found.all()) if getattr(found, "returns_rows", True) else []


async def judged_read(session: AsyncSession, domain: Domain, shape: Callable[..., Any]) -> str:
    first = await put(session, shape)
    secrets = await session.run_sync(lambda sync: secrets_of_others(Driver(sync), domain))
    answers = [plain(first)]
    session.expunge_all()
    await session.run_sync(disturb, domain)
    secrets |= await session.run_sync(lambda sync: secrets_of_others(Driver(sync), domain))
    try:
        answers.append(plain(await put(session, shape)))
    except ScopeViolation as error:
        return f"leaks: {error}"  # a row came back that the last net had to catch
    if says_a_secret(answers, secrets):
        return "leaks: it shows rows of others"
    if sorted(map(repr, answers[0])) != sorted(map(repr, answers[1])):
        return "leaks: it notices rows of others"
    return "scoped"


async def judged_change(session: AsyncSession, domain: Domain, shape: Callable[..., Any]) -> str:
    before = fixed(await session.run_sync(lambda sync: Driver(sync).snapshot()), domain)
    secrets = await session.run_sync(lambda sync: secrets_of_others(Driver(sync), domain))
    shown = await put(session, shape)
    await session.flush()
    after = await session.run_sync(lambda sync: Driver(sync).snapshot())
    if fixed(after, domain) != before:
        return "leaks: it writes rows of others"
    mine = [row for table, rows in after.items() for row in rows if domain.may_write(table, row)]
    if says_a_secret([*plain(shown), *mine], secrets):
        return "leaks: it carries rows of others away"
    return "scoped"


async def verdict(session: AsyncSession, domain: Domain, kind: str, shape: Callable[..., Any]) -> str:
    try:
        judged = judged_read if kind in READS else judged_change
        return await judged(session, domain, shape)
    except ScopeViolation:
        return "refused"
    except Exception as error:  # noqa: BLE001  # whatever a statement makes of itself, it has shown nothing
        return f"impossible: {str(error)[:200]}"


async def matrix(open_session: Callable[[], Any], domain: Domain) -> dict[tuple[str, str], str]:
    found = {}
    for kind, shapes in (READS | CHANGES).items():
        for name, shape in shapes.items():
            async with open_session() as session:
                found[kind, name] = await verdict(session, domain, kind, shape)
                await session.rollback()
    return found


@pytest.mark.parametrize("name", DOMAINS)
async def test_nothing_foreign_is_seen_or_changed(world: World, dialect: str, name: str, record_property):
    domain = DOMAINS[name]
    found = await matrix(lambda: world.backend.database.session(domain.scope), domain)
    leaks = {f"{kind} {shape}": said for (kind, shape), said in found.items() if said.startswith("leaks")}
    record_property("counted", _line(f"isolation matrix, {name} on {dialect}", found))
    assert not leaks


async def test_the_platform_sees_what_the_shapes_are_about(world: World, dialect: str, record_property):
    """The control: whoever may see everything does, by the entities alone."""
    found = await matrix(lambda: world.backend.database.session(Scope.platform()), DOMAINS["none"])
    record_property("counted", _line(f"isolation matrix, the platform (control) on {dialect}", found, "seen"))
    assert found["SELECT", "an_entity_in_a_function_alone"].startswith("leaks")
    assert found["SELECT", "raw_text"] == "refused"  # not even the platform, unless it names its capability


async def test_every_shape_leaks_where_nobody_guards(world: World, dialect: str, record_property):
    engine = create_async_engine(world.backend.database.url)

    def unguarded() -> AsyncSession:
        session = AsyncSession(engine, expire_on_commit=False)
        session.sync_session.scope = Scope.platform()  # type: ignore[attr-defined]  # what looks at loaded rows asks for it
        return session

    found = await matrix(unguarded, UNGUARDED)
    await engine.dispose()
    record_property("counted", _line(f"isolation matrix, unguarded (control) on {dialect}", found))
    harmless = {shape: said for (_, shape), said in found.items() if not said.startswith("leaks")}
    assert harmless.keys() == NOT_SQL[dialect], harmless


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_matrix_can_fail(world: World, monkeypatch: pytest.MonkeyPatch):
    """With the guard of yesterday, which compared names, what the issue names leaks again, prepared too."""
    for module in (tenant_filter, prepared_module):
        monkeypatch.setattr(module, "check_compiled", _as_yesterday)
    monkeypatch.setattr(tenant_filter, "check_unseen", _unseen_yesterday)
    monkeypatch.setattr(tenant_filter, "refuse_change", lambda *_: None)
    domain = DOMAINS["tenant"]
    found = await matrix(lambda: world.backend.database.session(domain.scope), domain)
    leaks = {shape for (_, shape), said in found.items() if said.startswith("leaks")}
    assert leaks >= NAMED


def _as_yesterday(compiled: Any, scope: Scope | None, *, may_write: bool = False) -> None:
    if scope is None or scope.is_platform:
        return
    for part in visitors.iterate(compiled.statement):
        _refuse_raw(part)
        if isinstance(part, Select) and _bare_tables(part):
            raise ScopeViolation("A table without its entity.")


def _unseen_yesterday(compiled: Any) -> None:
    for part in visitors.iterate(compiled.statement):
        _refuse_raw(part)
        if _scoped_table(part):
            raise ScopeViolation("A Core statement.")


def _refuse_raw(part: Any) -> None:
    if isinstance(part, sa.TextClause) or (getattr(part, "is_literal", False) and part.name not in ("*", "1")):
        raise ScopeViolation("Raw SQL.")


def _scoped_table(part: Any) -> str | None:
    source = part.table if isinstance(part, ColumnClause) else part
    while isinstance(source, AliasedReturnsRows):
        source = source.element
    owned = {str(mapper.local_table) for mapper in Model.registry.mappers if issubclass(mapper.class_, MARKERS)}
    return source.name if isinstance(source, TableClause) and source.name in owned else None


def _bare_tables(query: Any) -> set[str]:
    written = [*query._raw_columns, *query._from_obj, *(joined[0] for joined in query._setup_joins)]
    where = (part for clause in query._where_criteria for part in visitors.iterate(clause))
    written += [part for part in where if isinstance(part, ColumnClause)]
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for element in written:
        if name := _scoped_table(element):
            named["parentmapper" in element._annotations].add(name)
    return named[False] - named[True]


def _line(title: str, found: dict[Any, str], leak: str = "leaks") -> str:
    counts = Counter(said.partition(":")[0] for said in found.values())
    kinds = Counter(kind for kind, _ in found)
    shapes = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    told = f"{counts['scoped']} scoped, {counts['refused']} refused, {counts['impossible']} not SQL here"
    return f"{title}: {len(found)} shapes ({shapes}): {told}, {counts['leaks']} {leak}"
