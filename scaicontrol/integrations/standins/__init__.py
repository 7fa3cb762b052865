"""
Stand-ins: what ScaiControl's neighbours are on a machine with nothing on it (contract §39).

Each speaks its neighbour's protocol over HTTP, so the code path is the one of production. Mounted only in development.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from . import sandbox, scaikey, scaisend, scaivault, service, subscriber, vies
from .context import MOUNT, Context, development_environment
from .pages import page, stylesheet

__all__ = ["MOUNT", "Context", "Standins", "development_environment", "routes"]

_TICK_SECONDS = 5.0
_HEARTBEAT_TICKS = 6


class Standins:
    """All stand-ins of one world; `routes` goes into the application, `run` beside it until cancelled."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.issuer = scaikey.Issuer(context)
        self.services = service.Services(context, self.issuer)

    def routes(self) -> list[BaseRoute]:
        context, issuer = self._context, self.issuer
        mounted: dict[str, list[BaseRoute]] = {
            "scaikey": scaikey.routes(context, issuer),
            "scaivault": scaivault.VaultStandin(context, issuer).routes(),
            "scaisend": scaisend.Mailbox(context, issuer).routes(),
            "vies": vies.routes(),
            "subscriber": subscriber.routes(context),
            "service": service.ServicePages(self.services).routes(),
        }
        if context.sandbox is not None:
            mounted["sandbox"] = sandbox.routes(context, context.sandbox)
        return [
            Route(MOUNT, _index),
            Route(f"{MOUNT}/", _index),
            Route(f"{MOUNT}/dev.css", _style),
            *(Mount(f"{MOUNT}/{name}", routes=inner) for name, inner in mounted.items()),
        ]

    async def run(self) -> None:
        """Do what neighbours do of their own accord: heartbeats, and webhooks of the sandbox provider."""
        tick = 0
        while True:
            if self._context.sandbox is not None:
                await sandbox.deliver_due(self._context, self._context.sandbox)
            if tick % _HEARTBEAT_TICKS == 0:
                await self.services.heartbeats()
            tick += 1
            await asyncio.sleep(_TICK_SECONDS)


def routes(context: Context) -> list[BaseRoute]:
    """Give the routes of every stand-in, absolute below `/_dev`."""
    return Standins(context).routes()


def _index(_: Request) -> Response:
    return page("index")


def _style(_: Request) -> Response:
    return stylesheet()
