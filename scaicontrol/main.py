"""The composition root of the web process: REST, MCP, console, portal and, in development, the stand-ins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from admin_views.site import install_console
from scaicontrol.api import branding, health, public_pages, tokens
from scaicontrol.api.app import build_api
from scaicontrol.api.requests import RequestContext
from scaicontrol.assembly import Silence, assembled, clock_of, effective
from scaicontrol.core import garbage_collector
from scaicontrol.core.clock import Clock
from scaicontrol.core.logging import configure
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.payment_providers import sandbox
from scaicontrol.integrations.standins import Context, Standins
from scaicontrol.mcp.server import build_mcp
from scaicontrol.media import fonts
from scaicontrol.portal import portal
from tasks.broker import BrokerWaker
from tasks.dev_clock import clock_routes
from tasks.processes import background


@dataclass
class Development:
    """What exists only on a development machine: the neighbours' stand-ins and a clock that can be moved."""

    context: Context
    standins: Standins


def create_app(settings: Settings | None = None, *, clock: Clock | None = None, works: bool = True) -> FastAPI:
    """
    Build the application; everything that opens is opened by its lifespan.

    With `works` False nothing happens in the background, for whoever moves time by hand.
    """
    settings = effective(settings or Settings())
    clock = clock or clock_of(settings)
    app = build_api()
    mcp = build_mcp(settings)
    configure(settings.log_level, settings.log_format)  # after MCP, which installs handlers of its own
    development = _development(settings, clock)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        waker = BrokerWaker()
        async with contextlib.AsyncExitStack() as stack:
            parts = await stack.enter_async_context(
                assembled(settings, clock=clock, waker=waker if works else Silence())
            )
            app.state.backend, app.state.login = parts.backend, parts.login
            app.state.brand_of = branding.brand_of_request
            mcp.bind(parts.backend)
            if works:
                fonts_read = asyncio.create_task(asyncio.to_thread(fonts.load))
                stack.callback(fonts_read.cancel)
            await stack.enter_async_context(mcp.session_manager.run())
            if works:
                await stack.enter_async_context(background(parts.backend, waker, works=settings.runs_worker))
            if development is not None:
                stack.push_async_callback(development.context.aclose)
                neighbours = asyncio.create_task(development.standins.run())
                stack.callback(neighbours.cancel)
            yield

    app.router.lifespan_context = lifespan
    app.router.routes += [
        *health.routes, *tokens.root_routes, *branding.root_routes, *public_pages.root_routes, *mcp.routes,
    ]  # fmt: skip
    install_console(app)
    if development is not None:
        app.state.standins = development.standins
        app.router.routes += [*clock_routes(clock), *development.standins.routes()]
    app.router.routes.append(Route("/{path:path}", portal, methods=["GET", "HEAD"]))
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=list(settings.cors_origins), allow_methods=["*"], allow_headers=["*"]
        )
    app.add_middleware(RequestContext)
    return app


def served() -> FastAPI:
    """Build the application for a process that does nothing but serve it."""
    app = create_app()
    garbage_collector.freeze_startup()
    return app


def _development(settings: Settings, clock: Clock) -> Development | None:
    if not settings.is_development:
        return None
    context = Context.of(settings, sandbox.of(settings, clock), clock)
    return Development(context, Standins(context))
