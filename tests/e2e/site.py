"""The real application as a process of its own, with a small world in it, and the browser that is used on it."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from scaicontrol.portal import BUNDLE
from tests.servers import DIES_WITH_US, free_port, start, temporary_folder

from . import TOLD

ROOT: Final = Path(__file__).parents[2]
CHROMIUM: Final = "/usr/bin/chromium"
# As root, and on a machine whose network is closed: without these it knocks at its maker's doors.
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    url: str
    foreign_invoice: str


def is_built() -> bool:
    """Whether there is a portal to look at: without Node.js there is none."""
    return (BUNDLE / "index.html").exists()


@contextmanager
def served_site() -> Iterator[Site]:
    """Make a development installation on SQLite with a small world, served by the product's own command."""
    with temporary_folder("site") as folder:
        port = free_port()
        url = f"http://localhost:{port}"  # a browser takes Secure cookies over plain HTTP from this name only
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SCAICONTROL_ENV": "development",
            "PUBLIC_BASE_URL": url,
            "LOG_LEVEL": "ERROR",
            # The stand-ins answer in the process that asks, however busy it is.
            "SCAIKEY_TIMEOUT": "120",
            "SCAIVAULT_TIMEOUT": "120",
            "VIES_TIMEOUT": "120",
        }
        command = ["setpriv", *DIES_WITH_US, "env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        command += [sys.executable, "-m", "tests.e2e.world", str(folder), str(port)]
        told = folder / TOLD
        process = start(command, folder, lambda: told.exists() and _answers(url), patience=600)
        try:
            yield Site(url, json.loads(told.read_text())["foreign_invoice"])
        finally:
            process.terminate()
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/api/v1/auth/config", timeout=10).status_code == 200
    except httpx2.TransportError:
        return False
