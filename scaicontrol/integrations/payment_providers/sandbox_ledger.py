"""What the sandbox provider remembers of payments and what followed, shared by all processes of one machine."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = dict[str, Any]  # of the ledger
State = dict[str, Row]


class Ledger:
    """A small JSON file under a lock, or memory; every change is whole."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory: State = {"setups": {}, "payments": {}, "refunds": {}, "disputes": {}, "events": {}}

    @contextmanager
    def open(self) -> Iterator[State]:
        """Give the state for reading and changing; an exception inside changes nothing on disk."""
        if self._path is None:
            yield self._memory
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self._load(self._path)
            yield state
            temporary = self._path.with_suffix(".tmp")
            temporary.write_text(json.dumps(state, indent=1))
            temporary.replace(self._path)

    def _load(self, path: Path) -> State:
        try:
            stored: State = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # a torn file of a toy bank starts over
            return {name: {} for name in self._memory}
        return {name: stored.get(name, {}) for name in self._memory}
