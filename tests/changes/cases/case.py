"""What a case is: the state a verb needs, made by the product's own verbs, and what it is called with."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from tests.factories import ada


@dataclass(frozen=True, slots=True)
class Stage:
    backend: Backend
    clock: FrozenClock
    folder: Path


@dataclass(frozen=True, slots=True)
class Case:
    """`answered` are fields whose value only the other side knows: the plan shows what it assumed of them."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    person: Actor = ada
    answered: frozenset[str] = frozenset()


Builder = Callable[[Stage], Awaitable[Case]]
CASES: dict[str, Builder] = {}


def case(verb: str, variant: str = "") -> Callable[[Builder], Builder]:
    name = f"{verb} {variant}".strip()

    def keep(builder: Builder) -> Builder:
        assert name not in CASES, f"{name} has two cases."
        CASES[name] = builder
        return builder

    return keep
