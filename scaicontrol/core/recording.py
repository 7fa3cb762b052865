"""
What a verb leaves, taken down while it runs: facts, rows, calls to the outside.

All of it is written so that two runs of the same verb on the same state give the same text: new ids by kind and order,
moments that follow from the unit's own by their distance, numbers that are drawn at the end as the next ones.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from sqlalchemy import ColumnElement, event, inspect, select, true, tuple_
from sqlalchemy.orm import Mapper, ORMExecuteState

from scaicontrol.db.model import Model

from .audit_log import AuditEntry
from .events import DomainEvent, rfc3339
from .ids import new_id
from .outbox import Outbox
from .verbs import VerbCall
from .work import UnitOfWork

_ID: Final = re.compile(r"([a-z]{3})_([0-9a-hjkmnp-tv-z]{26})")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
# Secrets; and what follows from the very moment or the very bytes, such as digests, keys made of them and durations.
_UNSAID: Final = re.compile(
    r"secret|token|password|credential|vault_path|answer|sha256|digest|_hash$|^canonical|storage_key|duration|_ms$"
)
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
class OutsideCall:
    """A call to somebody else that would be made: which port, what it is asked."""

    service: str
    call: str


@dataclass(slots=True)
class Recording:
    """Everything one rehearsal, or one plan that is applied, has left so far."""

    now: datetime
    calls: list[VerbCall] = field(default_factory=list)  # the outermost verbs
    facts: list[DomainEvent] = field(default_factory=list)
    outside: list[OutsideCall] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    _rows: dict[tuple[str, str, str | None], RowChange] = field(default_factory=dict)
    _drawn: dict[str, str] = field(default_factory=dict)
    _born_after: str = field(default_factory=lambda: new_id("x").partition("_")[2])
    _names: dict[str, str] = field(default_factory=dict)

    def watch(self, uow: UnitOfWork) -> "UnitRecorder":
        """Take down what this unit of work does; `keep` is called when it ends well."""
        return UnitRecorder(self, uow)

    def rows(self) -> list[RowChange]:
        """List the changes by table and key, so that their order is not the one they happened in."""
        return [self._rows[key] for key in sorted(self._rows, key=lambda key: (key[0], key[1], key[2] or ""))]

    def add_row(self, row: RowChange) -> None:
        """Merge one change: a row that was new stays new, a field that came back to what it was has not changed."""
        whole = self._rows.get((row.table, row.key, None))
        if whole is not None and whole.after is not None and row.field is not None:
            told = {name: value for name, value in {**whole.after, row.field: row.after}.items() if value is not None}
            self._rows[row.table, row.key, None] = RowChange(row.table, row.key, None, None, told)
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

    def bore(self, table: str, key: str) -> bool:
        """Tell whether this row is new, so that nobody can have read it before."""
        whole = self._rows.get((table, key, None))
        return whole is not None and whole.before is None

    def note_drawn(self, column: str, value: str) -> None:
        self._drawn[value] = f"(next {column})"

    def stable(self, value: Any) -> Any:
        """Write a value the way every run writes it."""
        if isinstance(value, Mapping):
            return {self._text(k): self.stable(v) for k, v in value.items() if not _UNSAID.search(str(k))}
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


class UnitRecorder:
    """Listens to one session; what it hears counts only when the unit of work is kept."""

    def __init__(self, recording: Recording, uow: UnitOfWork) -> None:
        self.recording, self.uow = recording, uow
        self._heard: list[RowChange] = []
        self._versions: dict[tuple[str, str], int] = {}
        self._drawn: list[tuple[str, str]] = []
        session = uow.session.sync_session
        event.listen(session, "after_flush", self._flushed)
        event.listen(session, "persistent_to_deleted", self._deleted)  # orphans too, which the session never lists
        event.listen(session, "do_orm_execute", self._executed)

    async def keep(self) -> None:
        """Count what this unit did; whoever calls it commits, or says that it would."""
        await self.uow.session.flush()
        self.recording.facts += self.uow.facts
        for column, value in self._drawn:
            self.recording.note_drawn(column, value)
        for row in self._heard:
            self.recording.add_row(row)
        for (table, key), version in self._versions.items():
            if not self.recording.bore(table, key):
                self.recording.versions.setdefault(f"{table}:{key}", version)

    def _flushed(self, session: Any, _: Any) -> None:
        for row in _shown(session.new):
            mapper = _mapper(row)
            self._is_new(mapper, {name: getattr(row, name) for name in _columns(mapper)})
        for row in _shown(session.dirty):
            self._changed(row)

    def _deleted(self, _: Any, row: Any) -> None:
        if _shown([row]):
            self._is_gone(_mapper(row), inspect(row).dict)

    def _changed(self, row: Model) -> None:
        mapper, state = _mapper(row), inspect(row)
        for name in _columns(mapper):
            history = state.attrs[name].history
            if history.has_changes():
                before = history.deleted[0] if history.deleted else None
                after = history.added[0] if history.added else None
                self._is_changed(mapper, _key(mapper, state.dict), name, before, after)

    def _is_new(self, mapper: Mapper[Any], values: Mapping[str, Any]) -> None:
        told = {n: self._mask_drawn(mapper, n, values[n]) for n in _columns(mapper) if values.get(n) is not None}
        self._heard.append(RowChange(str(mapper.local_table), _key(mapper, values), None, None, told))

    def _is_gone(self, mapper: Mapper[Any], values: Mapping[str, Any]) -> None:
        told = {n: values[n] for n in _columns(mapper) if values.get(n) is not None}
        self._heard.append(RowChange(str(mapper.local_table), _key(mapper, values), None, told, None))

    def _is_changed(self, mapper: Mapper[Any], key: str, name: str, before: Any, after: Any) -> None:
        table = str(mapper.local_table)
        if name == "version" and isinstance(before, int):
            self._versions.setdefault((table, key), before)
        self._heard.append(RowChange(table, key, name, before, self._mask_drawn(mapper, name, after)))

    def _mask_drawn(self, mapper: Mapper[Any], name: str, value: Any) -> Any:
        """A number that is drawn from a series is not promised: whoever is finalized first has it."""
        if value is None or not mapper.columns[name].info.get("drawn"):
            return value
        if isinstance(value, str):
            self._drawn.append((name, value))
        return f"(next {name})"

    def _executed(self, state: ORMExecuteState) -> Any:
        """What one statement does to many rows is told row by row: they are read before and after it."""
        mapper = state.bind_mapper
        writes = state.is_insert or state.is_update or state.is_delete
        if not writes or mapper is None or mapper.class_.bookkeeping or issubclass(mapper.class_, _UNSHOWN):
            return None
        before = {} if state.is_insert else self._read(state, mapper, _concerned(state))
        result: Any = state.invoke_statement()
        if state.is_delete:
            for values in before.values():
                self._is_gone(mapper, values)
            return result
        keys = [_identity(mapper, values) for values in (_given(state) if state.is_insert else before.values())]
        for key, values in self._read(state, mapper, *_chunks(mapper, keys)).items():
            if state.is_insert:
                self._is_new(mapper, values)
                continue
            for name in _columns(mapper):
                if before[key][name] != values[name]:
                    self._is_changed(mapper, key, name, before[key][name], values[name])
        return result

    def _read(
        self, state: ORMExecuteState, mapper: Mapper[Any], *conditions: ColumnElement[bool]
    ) -> dict[str, dict[str, Any]]:
        """Read the rows a statement concerns, in the scope of the session, as plain values by key."""
        attributes = [getattr(mapper.class_, attribute.key) for attribute in mapper.column_attrs]
        found: dict[str, dict[str, Any]] = {}
        for condition in conditions:
            rows = state.session.execute(
                select(*attributes).where(condition), execution_options=dict(state.execution_options)
            )
            found |= {_key(mapper, values): values for values in map(dict, rows.mappings())}
        return found


_AT_ONCE: Final = 500


def _concerned(state: ORMExecuteState) -> ColumnElement[bool]:
    clause = getattr(state.statement, "whereclause", None)
    return true() if clause is None else clause


def _given(state: ORMExecuteState) -> Sequence[Mapping[str, Any]]:
    """The rows of an INSERT as they were handed over; those it selects itself have no place in a plan."""
    parameters = state.parameters
    return [parameters] if isinstance(parameters, Mapping) else list(parameters or ())


def _identity(mapper: Mapper[Any], values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in _key_names(mapper))


def _chunks(mapper: Mapper[Any], keys: Sequence[tuple[Any, ...]]) -> list[ColumnElement[bool]]:
    columns = tuple_(*(getattr(mapper.class_, name) for name in _key_names(mapper)))
    return [columns.in_(keys[start : start + _AT_ONCE]) for start in range(0, len(keys), _AT_ONCE)]


_UNSHOWN: Final = (Outbox, AuditEntry)  # facts have a place of their own in a plan


def _shown(rows: Iterable[Any]) -> list[Any]:
    seen = [row for row in rows if not isinstance(row, _UNSHOWN) and not row.bookkeeping]
    return sorted(seen, key=lambda row: (str(_mapper(row).local_table), _key(_mapper(row), inspect(row).dict)))


def _key(mapper: Mapper[Any], values: Mapping[str, Any]) -> str:
    return ":".join(str(part) for part in _identity(mapper, values))


def _key_names(mapper: Mapper[Any]) -> list[str]:
    return [mapper.get_property_by_column(column).key for column in mapper.primary_key]


def _mapper(row: Any) -> Mapper[Any]:
    mapper: Mapper[Any] = inspect(row).mapper
    return mapper


def _columns(mapper: Mapper[Any]) -> list[str]:
    """Name what a plan shows of a row; what the database computes by itself says nothing more."""
    told = [attribute for attribute in mapper.column_attrs if not _dull(attribute.key)]
    return [attribute.key for attribute in told if getattr(attribute.columns[0], "computed", None) is None]


def _dull(name: str) -> bool:
    return name in _DULL or bool(_UNSAID.search(name))
