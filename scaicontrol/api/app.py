"""The REST application: every `api/<feature>.py` that has a router, under /api/v1."""

import importlib
import pkgutil
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

import scaicontrol.api
from scaicontrol import __version__

from . import description, docs, errors
from .bodies import BodyGuard
from .door import Router
from .route_index import RouteIndex, Unanswered


def routers() -> list[Router]:
    """Find the routers: one module per feature, each with a `router` or several in `routers`."""
    found: list[Router] = []
    for module_info in pkgutil.iter_modules(scaicontrol.api.__path__):
        module = importlib.import_module(f"scaicontrol.api.{module_info.name}")
        found += [value for value in vars(module).values() if isinstance(value, Router)]
    return sorted({id(router): router for router in found}.values(), key=lambda router: router.prefix)


def build_api() -> FastAPI:
    """Assemble the REST surface without a backend; whoever serves it sets `app.state.backend`."""
    app = FastAPI(
        title="ScaiControl",
        version=__version__,
        summary="Subscriptions, usage, invoices and payments of a family of services.",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    errors.install(app)
    app.add_middleware(BodyGuard)
    for router in routers():
        router.open_on(app.router, "/api/v1")
    app.router.routes += docs.routes
    app.router.routes.insert(0, RouteIndex(app.router.routes))
    app.router.routes.append(Unanswered(list(app.router.routes)))
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # FastAPI's own way to extend the schema
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = description.complete(FastAPI.openapi(app))
    return app.openapi_schema


def _operation_id(route: APIRoute) -> str:
    tag = str(route.tags[0]).replace("-", "_") if route.tags else "root"
    return f"{tag}_{route.name}"
