"""The whole database as it lies there, and what differs between two moments: seen from outside."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, literal, select, union_all

from migrations.schema import described
from scaicontrol.core.backend import Backend
from scaicontrol.core.recording import Recording
from scaicontrol.db import Model

Key = tuple[str, str]
Database = Mapping[Key, Mapping[str, Any]]
FACTS, AUDIT, PLANS = "event_outbox", "audit_log", "change_plans"
# The plan itself, that it was asked for, and the key it was asked under.
_PLANNED = {PLANS, FACTS, AUDIT, "idempotency_requests"}
# To compute a billing run is to plan: an agent may, and nothing follows from it.
_PLANNED |= {"billing_runs", "billing_run_documents", "billing_quarantine"}
_NEW = re.compile(r"([a-z]{3})_new\d+")


@dataclass(frozen=True)
class Changed:
    """One row that is new (`before` is None), gone (`after` is None) or other than it was."""

    table: str
    key: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def fields(self) -> dict[str, Any]:
        """What an existing row says now that it did not say before."""
        assert self.before is not None
        assert self.after is not None
        return {name: value for name, value in self.after.items() if self.before[name] != value}


def _tables() -> list[Table]:
    return [table for table in described().sorted_tables if table.primary_key.columns]


async def whole(backend: Backend) -> Database:
    found: dict[Key, Mapping[str, Any]] = {}
    async with backend.database.structure() as connection:
        probes = [select(literal(table.name)).where(select(table).exists()) for table in _tables()]
        filled = set(await connection.scalars(union_all(*probes)))  # most tables of most tests are empty
        for table in (each for each in _tables() if each.name in filled):
            names = [column.name for column in table.primary_key.columns]
            for row in (await connection.execute(select(table))).mappings():
                found[table.name, ":".join(str(row[name]) for name in names)] = dict(row)
    return found


async def beside_plans(backend: Backend) -> Database:
    """Read everything but what a plan leaves that was made and not applied."""
    return {key: row for key, row in (await whole(backend)).items() if key[0] not in _PLANNED}


def differences(before: Database, after: Database) -> list[Changed]:
    keys = sorted({*before, *after})
    return [Changed(*key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def mapped() -> dict[str, type[Model]]:
    """Give the class that a plan shows a table as: the one nearest to the root, of several."""
    return {str(mapper.local_table): mapper.class_ for mapper in Model.registry.mappers if mapper.inherits is None}


def nameless(recording: Recording, value: Any) -> Any:
    """Write a value as plans do, with all new ids of one kind alike: their order follows from the whole plan."""
    return _alike(recording.stable(value))


def _alike(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_alike(each) for each in value]
    return _NEW.sub(r"\1_new", value) if isinstance(value, str) else value


def counted(rows: list[Any]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True, default=str) for row in rows)
