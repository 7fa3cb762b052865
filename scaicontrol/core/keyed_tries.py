"""
Keyed requests whose work spans several transactions: who runs one, how far it got, and what it answered.

Contract §4.3. The key is committed before the work starts, so a twin finds it unanswered and is told to come back. Each
effect keeps a recovery point under the key in its own transaction: whoever lost the connection and asks again with the
same key goes on from there, and reads what was done instead of why it cannot be repeated.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from .errors import Conflict
from .idempotency import IdempotentRequest, begin, find, still_running
from .work import UnitOfWork

STALE_AFTER = timedelta(seconds=10)  # a try says every `RENEW_SECONDS` that it runs
RENEW_SECONDS = 3.0
_UNKNOWN = 503  # a claimed row with this and no answer: nobody runs it any more, nobody knows how it ended


@dataclass(slots=True)
class KeyedTry:
    """
    One try of a keyed request, with the recovery points earlier ones reached.

    A try that was taken for dead and was not keeps nothing any more: of two only one has effects.
    """

    request_id: str
    number: int
    reached: dict[str, object]
    answer: bytes | None = None  # with its status: of an earlier try, to be replayed
    status_code: int | None = None
    has_kept: bool = field(default=False, init=False)

    async def keep(self, uow: UnitOfWork, point: str, value: object) -> None:
        """
        Note how far this try got: a JSON value, or None where an effect is taken back.

        Raises Conflict where another try has taken over.
        """
        row = await self._row(uow)
        if row is None:
            raise Conflict("Another try with this Idempotency-Key goes on with it; ask again.", retry_after=1)
        row.recovery_points = {**(row.recovery_points or {}), point: value}
        row.updated_at = uow.now
        self.has_kept = True

    async def renew(self, uow: UnitOfWork) -> None:
        """Say that this try still runs."""
        if row := await self._row(uow):
            row.updated_at = uow.now

    async def hand_back(self, uow: UnitOfWork) -> None:
        """Let the next try begin at once: how this one ended is unknown."""
        if row := await self._row(uow):
            row.status_code = _UNKNOWN

    async def record(self, uow: UnitOfWork, status_code: int, answer: bytes) -> None:
        """Keep the answer for its replay."""
        if row := await self._row(uow):
            row.status_code, row.answer = status_code, answer

    async def forget(self, uow: UnitOfWork) -> None:
        """Free the key of a request that was refused before it had an effect."""
        if row := await self._row(uow):
            await uow.session.delete(row)

    async def _row(self, uow: UnitOfWork) -> IdempotentRequest | None:
        row = await uow.session.get(IdempotentRequest, self.request_id, with_for_update=True, populate_existing=True)
        return row if row is not None and row.tries == self.number and row.answer is None else None


async def claim(uow: UnitOfWork, key: str, method: str, path: str, body: bytes) -> KeyedTry:
    """
    Begin a keyed request, take over one whose outcome is unknown, or give the answer that must be replayed.

    What a process left that died is taken over after `STALE_AFTER`. Raises Conflict while another try runs.
    """
    row, is_new = await begin(uow, key, method, path, body)
    if not is_new and row.answer is None:
        if row.status_code != _UNKNOWN and row.updated_at > uow.now - STALE_AFTER:
            raise still_running()
        row.status_code = None
        row.tries += 1
        row.updated_at = uow.now
        row.expires_at = uow.now + timedelta(hours=uow.settings.idempotency_ttl_hours)
    return _try_of(row)


async def look(uow: UnitOfWork, key: str) -> KeyedTry | None:
    """Give how far a keyed request of whoever asks got, without taking it over; None where none began."""
    row = await find(uow, key)
    return _try_of(row) if row is not None and row.expires_at > uow.now else None


def _try_of(row: IdempotentRequest) -> KeyedTry:
    return KeyedTry(row.id, row.tries, dict(row.recovery_points or {}), row.answer, row.status_code)
