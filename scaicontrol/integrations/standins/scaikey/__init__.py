"""A ScaiKey for one machine: login, tokens, directory, registration and webhooks (contract §36)."""

from starlette.routing import BaseRoute

from scaicontrol.integrations.standins.context import Context

from . import control, directory, grants, oidc, registration
from .issuer import Issuer
from .people import People


def routes(context: Context, issuer: Issuer) -> list[BaseRoute]:
    """Give everything below `/_dev/scaikey`; the issuer is shared with the other stand-ins, which check its tokens."""
    people = People(context)
    return [
        *oidc.OidcPages(context, issuer, people).routes(),
        *grants.routes(issuer, people),
        *directory.DirectoryApi(context, issuer, people).routes(),
        *registration.routes(people),
        *control.routes(context, issuer, people),
    ]


__all__ = ["Issuer", "People", "routes"]
