"""`scaicontrol demo`: an empty machine becomes a running world, in well under a minute."""

import importlib

import typer

from .door import failures_reported
from .listening import require_free

app = typer.Typer()


@app.command()
def demo(
    port: int = 8000,
    serve: bool = True,
) -> None:
    """Migrate, load and live the demo world, print what it came to, and serve it. Running it again continues."""
    with failures_reported():
        require_free("127.0.0.1", port)
        importlib.import_module("scaicontrol.demo.run").main(port, serve=serve)  # by name: it assembles every surface
