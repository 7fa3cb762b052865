"""
What a verb leaves, taken down while it runs: facts, rows, calls to the outside.

All of it is written so that two runs of the same verb on the same state give the same text: new ids by kind and order,
moments that follow from the unit's own by their distance, numbers that are drawn at the end as the next ones.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, ORMExecuteState
from sqlalchemy.sql.dml import Update

from scaicontrol.db.model import Model

from .audit_log import AuditEntry
from .events import DomainEvent, rfc3339
from .ids import new_id
from .outbox import OutboxRow
from .verbs import Call
from .work import UnitOfWork

_ID: Final = re.compile(r"([a-z]{3})_([0-9a-hjkmnp-tv-z]{26})")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_UNSAID: Final = re.compile(r"secret|token|password|credential|sha256|digest|vault_path|_hash$|answer|^canonical")
_DULL: Final = frozenset({"created_at", "updated_at"})
_SAFE_INTEGER: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class RowChange:
    """One field that changes, or a whole row that is new (`field` is None) or goes (`after` is None)."""

    table: str
    key: str
    field: str | None
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Outside:
    """A call to somebody else that would be made: which port, what it is asked."""

    service: str
    call: str


@dataclass(slots=True)
class Recording:
    """Everything one rehearsal, or one plan that is applied, has left so far."""

    now: datetime
    calls: list[Call] = field(default_factory=list)  # the outermost verbs
    facts: list[DomainEvent] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    _rows: dict[tuple[str, str, str | None], RowChange] = field(default_factory=dict)
    _drawn: dict[str, str] = field(default_factory=dict)
    _born_after: str = field(default_factory=lambda: new_id("x").partition("_")[2])
    _names: dict[str, str] = field(default_factory=dict)

    def watch(self, uow: UnitOfWork) -> "Watch":
        """Take down what this unit of work does; `keep` is called when it ends well."""
        return Watch(self, uow)

    def rows(self) -> list[RowChange]:
        """List the changes by table and key, so that their order is not the one they happened in."""
        return [self._rows[key] for key in sorted(self._rows, key=lambda key: (key[0], key[1], key[2] or ""))]

    def add_row(self, row: RowChange) -> None:
        """Merge one change: a row that was new stays new, a field that came back to what it was has not changed."""
        whole = self._rows.get((row.table, row.key, None))
        if whole is not None and whole.after is not None and row.field is not None:
            self._rows[row.table, row.key, None] = RowChange(
                row.table, row.key, None, None, {**whole.after, row.field: row.after}
            )
            return
        if whole is not None and row.field is None and row.after is None:
            del self._rows[row.table, row.key, None]  # born and gone within the same verb
            return
        key = (row.table, row.key, row.field)
        first = self._rows.get(key, row)
        if row.field is not None and first.before == row.after:
            self._rows.pop(key, None)
        else:
            self._rows[key] = RowChange(row.table, row.key, row.field, first.before, row.after)

    def note_drawn(self, column: str, value: str) -> None:
        self._drawn[value] = f"(next {column})"

    def stable(self, value: Any) -> Any:
        """Write a value the way every run writes it."""
        if isinstance(value, Mapping):
            return {str(k): self.stable(v) for k, v in value.items() if not _UNSAID.search(str(k))}
        if isinstance(value, list | tuple | set | frozenset):
            items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
            return [self.stable(item) for item in items]
        if isinstance(value, Enum):
            return self.stable(value.value)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return value if abs(value) <= _SAFE_INTEGER else str(value)
        return self._text(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, datetime):
            return self._moment(value)
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, bytes):
            return f"({len(value)} bytes)"
        if isinstance(value, Decimal):
            return format(value.normalize(), "f")
        written = str(value)
        if written in self._drawn:
            return self._drawn[written]
        for drawn, named in self._drawn.items():
            written = written.replace(drawn, named)
        written = _MOMENT.sub(lambda found: self._moment(datetime.fromisoformat(found[0])), written)
        return _ID.sub(lambda found: self._named(found[0], found[1], found[2]), written)

    def _moment(self, moment: datetime) -> str:
        """A moment with the unit's own microseconds was reckoned from it; every other one means itself."""
        moment = moment.astimezone(UTC)
        if moment != self.now and (moment.microsecond != self.now.microsecond or not moment.microsecond):
            return rfc3339(moment)
        distance = moment - self.now
        return "now" if distance == timedelta() else f"now {'+' if distance > timedelta() else '-'} {abs(distance)}"

    def _named(self, whole: str, prefix: str, number: str) -> str:
        if number <= self._born_after:
            return whole
        return self._names.setdefault(whole, f"{prefix}_new{len(self._names) + 1}")


class Watch:
    """Listens to one session; what it hears counts only when the unit of work is kept."""

    def __init__(self, recording: Recording, uow: UnitOfWork) -> None:
        self.recording, self.uow = recording, uow
        self._heard: list[RowChange] = []
        self._versions: dict[str, int] = {}
        self._drawn: list[tuple[str, str]] = []
        session = uow.session.sync_session
        event.listen(session, "after_flush", self._flushed)
        event.listen(session, "do_orm_execute", self._executed)

    async def keep(self) -> None:
        """Count what this unit did; whoever calls it commits, or says that it would."""
        await self.uow.session.flush()
        self.recording.facts += self.uow.facts
        for name, version in self._versions.items():
            self.recording.versions.setdefault(name, version)
        for column, value in self._drawn:
            self.recording.note_drawn(column, value)
        for row in self._heard:
            self.recording.add_row(row)

    def _flushed(self, session: Any, _: Any) -> None:
        for row in _shown(session.new):
            table, key = _named(row)
            columns = {name: self._told(row, name, getattr(row, name)) for name in _columns(row)}
            self._heard.append(RowChange(table, key, None, None, {n: v for n, v in columns.items() if v is not None}))
        for row in _shown(session.dirty):
            self._changed(row)
        for row in _shown(session.deleted):
            table, key = _named(row)
            columns = {name: inspect(row).dict.get(name) for name in _columns(row)}
            self._heard.append(RowChange(table, key, None, {n: v for n, v in columns.items() if v is not None}, None))

    def _changed(self, row: Model) -> None:
        table, key = _named(row)
        state = inspect(row)
        for name in _columns(row):
            history = state.attrs[name].history
            if not history.has_changes():
                continue
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            if name == "version" and isinstance(before, int):
                self._versions.setdefault(f"{table}:{key}", before)
            self._heard.append(RowChange(table, key, name, before, self._told(row, name, after)))

    def _told(self, row: Model, name: str, value: Any) -> Any:
        """A number that is drawn from a series is not promised: whoever is finalized first has it."""
        if value is None or not _mapper(row).columns[name].info.get("drawn"):
            return value
        if isinstance(value, str):
            self._drawn.append((name, value))
        return f"(next {name})"

    def _executed(self, state: ORMExecuteState) -> Any:
        mapper = state.bind_mapper
        if not (state.is_update or state.is_delete) or mapper is None or issubclass(mapper.class_, _UNSHOWN):
            return None
        result: Any = state.invoke_statement()
        statement, table, key = state.statement, str(mapper.local_table), f"({result.rowcount} rows)"
        if isinstance(statement, Update):
            values = {str(getattr(column, "key", column)): value for column, value in (statement._values or {}).items()}  # noqa: SLF001  # what an UPDATE sets is told nowhere in public
            for name, value in values.items():
                if not _dull(name):
                    self._heard.append(RowChange(table, key, name, None, getattr(value, "value", str(value))))
        else:
            self._heard.append(RowChange(table, key, None, {"rows": result.rowcount}, None))
        return result


_UNSHOWN: Final = (OutboxRow, AuditEntry)


def _shown(rows: Iterable[Any]) -> list[Any]:
    seen = [row for row in rows if not isinstance(row, _UNSHOWN) and not row.bookkeeping]
    return sorted(seen, key=_named)


def _named(row: Any) -> tuple[str, str]:
    mapper = _mapper(row)
    return str(mapper.local_table), ":".join(str(part) for part in mapper.primary_key_from_instance(row))


def _mapper(row: Any) -> Mapper[Any]:
    mapper: Mapper[Any] = inspect(row).mapper
    return mapper


def _columns(row: Any) -> list[str]:
    return [attribute.key for attribute in _mapper(row).column_attrs if not _dull(attribute.key)]


def _dull(name: str) -> bool:
    return name in _DULL or bool(_UNSAID.search(name))
