"""What clients that sign people in themselves ask for: configuration, the token exchange, and who they are."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import orjson
from fastapi import Depends
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Refused, Unauthenticated, Unavailable, invalid
from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.integrations.scaikey import ScaiKeyLogin
from scaicontrol.services import identity
from scaicontrol.services.identity import Me
from scaicontrol.services.identity.schemas import MeOut, TokenIn, UserPreferencesIn, UserPreferencesOut

from .actor_resolution import origin_of
from .browser_login import login_of, root_routes
from .door import LIMITED, One, Router
from .rate_limits import RateLimit

__all__ = ["root_routes", "router"]

router = Router("/auth", tags=["auth"])


Login = Annotated[ScaiKeyLogin, Depends(login_of)]
Limited = Annotated[None, Depends(RateLimit())]


class AuthConfigOut(BaseModel):
    """What a client must know to run the code flow itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "issuer": "https://scaikey.scailabs.ai",
                    "client_id": "scaicontrol",
                    "scopes": ["openid", "profile", "email"],
                    "logout_url": "https://scaikey.scailabs.ai/api/v1/platform/oauth/logout",
                }
            ]
        }
    )

    issuer: str
    client_id: str
    scopes: list[str]
    logout_url: str | None


class TokenOut(BaseModel):
    """ScaiKey's own answer, passed on as it is."""

    model_config = ConfigDict(extra="allow")

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None


@router.get(
    "/config",
    response_model=One[AuthConfigOut],
    permission="catalog:browse",
    summary="OIDC configuration for the portal",
)
async def config(backend: Backend, login: Login) -> dict[str, Any]:
    """Issuer, client and scopes; nothing of it is secret."""
    return dict(await login.public_config())


@router.post(
    "/token",
    permission="catalog:browse",
    summary="Proxy the token exchange",
    responses={200: {"model": TokenOut}, **LIMITED},
)
async def token(backend: Backend, body: TokenIn, login: Login, limited: Limited) -> Response:
    """
    Exchange a code (with PKCE) or a refresh token; the answer is ScaiKey's object, unwrapped.

    Thirty requests a minute and client address.
    """
    if body.grant_type == "authorization_code":
        _check_redirect(backend.settings, body.redirect_uri or "")
    form = {name: value for name, value in body.model_dump().items() if value is not None}
    status, answer = await login.proxy(form)
    if status >= 400:
        raise _refusal(status, answer)
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(orjson.dumps(dict(answer)), status, headers, "application/json")


@router.get("/me", response_model=One[MeOut], permission="identity:me", summary="Profile and merged permissions")
async def me(uow: UnitOfWork) -> Me:
    """Who the caller is, in the directory's words, with the roles and permissions that hold here."""
    return await identity.me(uow)


@router.get(
    "/me/preferences",
    response_model=One[UserPreferencesOut],
    permission="identity:me",
    summary="One's own language, time zone and formats",
)
async def preferences(uow: UnitOfWork) -> UserPreferencesOut:
    """What is null follows the browser and the language."""
    return await identity.preferences(uow)


@router.put(
    "/me/preferences",
    response_model=One[UserPreferencesOut],
    permission="preferences:set",
    summary="Choose one's own language, time zone and formats",
)
async def set_preferences(uow: UnitOfWork, body: UserPreferencesIn) -> UserPreferencesOut:
    """Replaces all of them, and what is left out is null; the later of two holds."""
    return await identity.set_preferences(uow, body)


def _refusal(status: int, answer: Mapping[str, Any]) -> ControlError:
    """Say ScaiKey's refusal in our own envelope, with its own words."""
    said = str(answer.get("error_description") or answer.get("error") or "it gave no reason").rstrip(".")[:500]
    if status >= 500 or status == 429:
        return Unavailable(f"ScaiKey does not exchange tokens at the moment: {said}.", retry_after=5)
    if status == 401:
        return Unauthenticated(f"ScaiKey did not exchange this: {said}.")
    return Refused(f"ScaiKey did not exchange this: {said}.")


def _check_redirect(settings: Settings, redirect_uri: str) -> None:
    ours = {origin_of(url) for url in (settings.public_base_url, *settings.cors_origins) if url != "*"}
    if origin_of(redirect_uri) not in ours or "@" in urlsplit(redirect_uri).netloc:
        raise invalid("redirect_uri", "The redirect URI must lie on this installation.", "foreign_redirect")
