"""
Work that must not share this process: a function that runs in spawned processes which can be killed.

For libraries that hold the interpreter for long, have no time limit of their own, or may take the process down.
"""

import asyncio
import atexit
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

from .errors import ControlError, Unavailable

A = TypeVar("A")
R = TypeVar("R")

START_LIMIT = 120.0  # seconds to import what the function needs, on a machine that is busy; no call pays for it
_spawn = get_context("spawn")  # a fork would copy locks that other threads hold


@dataclass(eq=False, slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    served: int = 0

    def stop(self) -> None:
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.pipe.close()


@dataclass(eq=False)
class Workers(Generic[A, R]):
    """
    Up to `count` warm processes that run `function` on one argument at a time.

    A call that takes longer than `time_limit` seconds ends with Unavailable and its process is killed; a process
    that has served `recycle_after` calls is replaced. `function` must be importable by name; a ControlError it raises
    comes through as it is, any other error as RuntimeError.
    """

    function: Callable[[A], R]
    name: str
    count: int = 1
    time_limit: float = 30.0
    recycle_after: int = 500
    _idle: list[_Worker] = field(default_factory=list, init=False)
    _all: set[_Worker] = field(default_factory=set, init=False)
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.count)
        atexit.register(self.close)

    async def call(self, argument: A) -> R:
        """Run the function on `argument` in the next free process."""
        async with self._free:
            worker = self._warm()
            if worker is None:
                worker = await asyncio.to_thread(self._start)
            try:
                kind, answer = await asyncio.to_thread(self._ask, worker, argument)
            except BaseException:
                self._drop(worker)
                raise
            worker.served += 1
            if worker.served >= self.recycle_after:
                self._drop(worker)
            else:
                self._idle.append(worker)
        if kind == "error":
            raise answer if isinstance(answer, ControlError) else RuntimeError(answer)
        result: R = answer
        return result

    def close(self) -> None:
        """End every process; a later call starts new ones."""
        for worker in list(self._all):
            self._drop(worker)
        self._idle.clear()
        atexit.unregister(self.close)

    def _warm(self) -> _Worker | None:
        """Give an idle process that still lives; one that was killed meanwhile is cleared away unnoticed."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.is_alive():
                return worker
            self._drop(worker)
        return None

    def _start(self) -> _Worker:
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(target=_serve, args=(theirs, self.function), name=self.name, daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._all.add(worker)
        try:
            if not ours.poll(START_LIMIT):
                raise TimeoutError
            ours.recv()
        except (EOFError, OSError) as error:
            self._drop(worker)
            raise Unavailable(f"The {self.name} could not be started; try again.", retry_after=30) from error
        return worker

    def _ask(self, worker: _Worker, argument: A) -> tuple[str, Any]:
        try:
            worker.pipe.send(argument)
            if not worker.pipe.poll(self.time_limit):
                message = f"The {self.name} took longer than {self.time_limit:g} seconds and was stopped."
                raise Unavailable(message, retry_after=60)
            answer: tuple[str, Any] = worker.pipe.recv()
        except (EOFError, OSError) as error:
            raise Unavailable(f"The {self.name} ended unexpectedly; try again.", retry_after=5) from error
        return answer

    def _drop(self, worker: _Worker) -> None:
        self._all.discard(worker)
        worker.stop()


def _serve(pipe: Connection, function: Callable[[Any], Any]) -> None:
    """Say that everything is imported, then answer calls until the other end closes; runs in the spawned process."""
    pipe.send("ready")
    while True:
        try:
            argument = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answer = ("result", function(argument))
        except ControlError as error:
            answer = ("error", error)
        except Exception as error:  # noqa: BLE001 - it goes to the caller in words, whatever it is
            answer = ("error", f"{type(error).__name__}: {error}")
        pipe.send(answer)
