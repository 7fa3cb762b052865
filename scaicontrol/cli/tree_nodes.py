"""What the tree of commands is made of."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `module` is the file of this package whose `app` has it."""

    module: str
    help: str


@dataclass(frozen=True, slots=True)
class CommandGroup:
    """A word under which further ones stand."""

    help: str
    inner: "Mapping[str, Command | CommandGroup]"


def of(module: str, lines: Mapping[str, str]) -> dict[str, Command]:
    """Give the commands of one file by name, each with its line of help."""
    return {name: Command(module, line) for name, line in lines.items()}
