"""Groups that are listed from the table and import a module only when its command is typed."""

import importlib
from collections import UserDict
from typing import Any, Final

import typer
from typer.core import TyperGroup

from . import tree
from .tree_nodes import CommandGroup

# Plain help: to draw boxes costs half a second of imports, more than all the rest of a --help.
MARKUP: Final = None
# Typer's own flags are None by default, which it has pydantic turn into a bool: another half a second.
_FLAGS: Final = {"default_map": {"help": False, "install_completion": False, "show_completion": False}}


class _Commands(UserDict[str, Any]):
    """Commands by name; each is made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        node = super().__getitem__(name)
        if isinstance(node, CommandGroup):
            return TableGroup(name=name, node=node, no_args_is_help=True, rich_markup_mode=MARKUP)
        app = importlib.import_module(f"{__package__}.{node.module}").app
        app.rich_markup_mode = MARKUP
        return typer.main.get_group(app).commands[name]


class TableGroup(TyperGroup):
    """A group of the table; the whole table unless `node` says otherwise."""

    def __init__(self, *, node: CommandGroup = tree.ROOT, **attributes: Any) -> None:
        super().__init__(**{**attributes, "help": node.help, "context_settings": _FLAGS})
        self.node = node
        self.commands = _Commands(node.inner)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, node.help) for name, node in self.node.inner.items()])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        from typer._click.shell_completion import CompletionItem

        names = [name for name in self.node.inner if name.startswith(incomplete)]
        return [CompletionItem(name, help=self.node.inner[name].help) for name in names]
