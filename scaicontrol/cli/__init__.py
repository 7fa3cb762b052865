"""
The command line.

Each module holds one feature's commands in `app`; `tree` says where they hang, so that help imports none of them.
"""

from typing import Annotated

import typer

from scaicontrol import __version__

from .lazy import MARKUP, TableGroup

__all__ = ["build", "main"]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scaicontrol {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """Assemble the command tree; the module of a command is imported when it is typed."""
    root = typer.Typer(
        name="scaicontrol",
        cls=TableGroup,
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        rich_markup_mode=MARKUP,
    )

    @root.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
        ] = False,
    ) -> None:
        """The control plane that knows what is sold, used, owed and paid."""

    return root


def main() -> None:
    build()()
