"""What every stand-in shares: where it is mounted, where it keeps its memory, and how it calls back."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx2
import orjson

from scaicontrol.core.clock import Clock, SystemClock
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.client import client
from scaicontrol.integrations.payment_providers.sandbox import Sandbox

from . import world

MOUNT: Final = "/_dev"
_SAVE_AFTER_SECONDS: Final = 0.5


@dataclass
class Context:
    """One development world; without a folder it lives in memory, as tests want it."""

    control_url: str
    folder: Path | None = None
    sandbox: Sandbox | None = None
    http: httpx2.AsyncClient = field(default_factory=lambda: client(timeout=10))
    clock: Clock = field(default_factory=SystemClock)  # business time: what a service measured, and when
    now: Callable[[], float] = time.time  # tokens keep wall time
    memories: list["Memory"] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Settings, sandbox: Sandbox | None = None, clock: Clock | None = None) -> Self:
        """Make the world of a development installation; a production one is refused."""
        if not settings.is_development:
            raise RuntimeError("Stand-ins are for development; SCAICONTROL_ENV=production never mounts them.")
        made = cls(settings.public_base_url.rstrip("/"), settings.storage_dir.parent / "dev", sandbox)
        made.clock = clock or made.clock
        return made

    @property
    def url(self) -> str:
        return self.control_url + MOUNT

    @property
    def origin(self) -> str:
        parts = urlsplit(self.control_url)
        return f"{parts.scheme}://{parts.netloc}"

    def memory(self, name: str, first: Mapping[str, Any]) -> "Memory":
        kept = Memory(self.folder / f"{name}.json" if self.folder else None, first)
        self.memories.append(kept)
        return kept

    async def aclose(self) -> None:
        for memory in self.memories:
            memory.flush()
        await self.http.aclose()


class Memory:
    """A stand-in's state: a dict, and a file so that a restart forgets nothing."""

    def __init__(self, path: Path | None, first: Mapping[str, Any]) -> None:
        self._path = path
        self.data: dict[str, Any] = dict(first)
        if path is not None and path.exists():
            self.data |= orjson.loads(path.read_bytes())
        self._due: asyncio.TimerHandle | None = None
        self.flush()

    def save(self) -> None:
        """Write soon: a burst of changes is one write, because each writes all of it."""
        if self._path is None or self._due is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # while the application is being built
            self.flush()
        else:
            self._due = loop.call_later(_SAVE_AFTER_SECONDS, self.flush)

    def flush(self) -> None:
        """Write now what `save` has promised."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._path is not None:
            write_json(self._path, self.data)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a file whole, or leave the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2))
    temporary.replace(path)


def development_environment(control_url: str) -> dict[str, str]:
    """Give the variables that point an installation at its own stand-ins; whoever sets one keeps theirs."""
    dev = control_url.rstrip("/") + MOUNT
    return {
        "SCAIKEY_ISSUER": f"{dev}/scaikey",
        "SCAIKEY_ACCEPTED_ISSUERS": f"{dev}/scaikey/tenants/*",
        "SCAIKEY_DISCOVERY_URL": f"{dev}/scaikey/api/v1/platform/oauth/.well-known/openid-configuration",
        "SCAIKEY_ADMIN_URL": f"{dev}/scaikey",
        "SCAIKEY_CLIENT_ID": world.CLIENT_ID,
        "SCAIKEY_CLIENT_SECRET": world.CLIENT_SECRET,
        # A service's own token names the service as its audience, as ScaiKey's do.
        "SCAIKEY_REQUIRE_AUDIENCE_SERVICE": "false",
        "SCAIVAULT_URL": f"{dev}/scaivault/v1",
        "SCAISEND_URL": f"{dev}/scaisend",
        "SCAISEND_API_KEY_VAULT_PATH": "scaicontrol/scaisend",
        "SCAISEND_FROM_EMAIL": "billing@scailabs.example",
        "VIES_URL": f"{dev}/vies/rest-api",
        "OPERATOR_PARTNER_ID": world.OPERATOR,
    }
