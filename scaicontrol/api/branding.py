"""Whose portal a request is at: by the tenant of its session, else by its host name; and how that one looks."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.services import partners
from scaicontrol.services.partners import Brand

from .actor_resolution import authenticate

_ACTOR: Final = Actor.system("branding")
_OWN_COLOR: Final = "#2446c7"
_HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Cookie"}
_SHARED: Final = {"Cache-Control": "public, max-age=300"}


def host_of(request: Request) -> str:
    """Give the host name a browser asked for, without a port."""
    return (request.url.hostname or "").lower()


async def brand_of_request(request: Request, backend: Backend) -> Brand:
    """Give the brand of whoever sells to the person who asks; of a stranger, the one of the host name."""
    try:
        actor = await authenticate(request, backend)
    except ControlError:  # whoever proves nothing is a stranger here
        actor = Actor.nobody()
    if actor.partner_id is not None:
        return await backend.ask(_ACTOR, partners.brand_of, actor.partner_id)
    return await backend.ask(_ACTOR, partners.brand_at, host_of(request))


def stylesheet(brand: Brand) -> str:
    """Write a brand's colours as custom properties, over those of the portal's own theme; nothing where it has none."""
    if brand.color is None or brand.color_dark is None:
        return ""
    light = f"--color-primary:{brand.color};--color-primary-content:#fff;--color-brand:{brand.color}"
    dark = f"--color-primary:{brand.color_dark};--color-primary-content:#071027;--color-brand:{brand.color}"
    return (
        f":root,[data-theme=scai-light]{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}\n"
        f":root[data-theme=scai-dark]{{{dark}}}\n"
    )


async def _own_stylesheet(request: Request) -> Response:
    backend: Backend = request.app.state.backend
    return Response(stylesheet(await brand_of_request(request, backend)), headers=_HEADERS, media_type="text/css")


async def _stylesheet(request: Request) -> Response:
    """The colours of one partner, for pages that know whose they are without a session."""
    return Response(stylesheet(await _named(request)), headers=_SHARED, media_type="text/css")


async def _named(request: Request) -> Brand:
    backend: Backend = request.app.state.backend
    return await backend.ask(_ACTOR, partners.brand_of, request.path_params["partner_id"][:36])


async def _own_icon(request: Request) -> Response:
    backend: Backend = request.app.state.backend
    return _icon(await brand_of_request(request, backend), _HEADERS)


async def _partners_icon(request: Request) -> Response:
    return _icon(await _named(request), _SHARED)


def _icon(brand: Brand, caching: Mapping[str, str]) -> Response:
    """The brand's colour with its first letter: what a browser's tab shows."""
    letter = next((each for each in brand.name if each.isalnum()), "·").upper()
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{brand.color or _OWN_COLOR}"/>'
        '<text x="16" y="22.5" text-anchor="middle" font-family="system-ui,sans-serif" font-size="19" '
        f'font-weight="600" fill="#fff">{letter}</text></svg>'
    )
    headers = {**caching, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return Response(picture, headers=headers, media_type="image/svg+xml")


root_routes = [
    Route("/brand.css", _own_stylesheet),
    Route("/brand/{partner_id}.css", _stylesheet),
    Route("/brand/{partner_id}.svg", _partners_icon),
    Route("/favicon.svg", _own_icon),
]
