"""Where ScaiKey's endpoints are: OIDC discovery, with every one of them overridable by settings."""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.client import Cached, Now, body_of, call

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_PLATFORM: Final = "/api/v1/platform/oauth" + _WELL_KNOWN
_STALE_SECONDS: Final = 24 * 3600


class Endpoints:
    """ScaiKey's addresses, asked once per hour and remembered for a day while it is down."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient, now: Now = time.time) -> None:
        self._http = http
        self.issuer = settings.scaikey_issuer.rstrip("/")
        self._discovery_url = settings.scaikey_discovery_url
        self._admin_url = settings.scaikey_admin_url.rstrip("/")
        self._overrides = {
            "jwks_uri": settings.scaikey_jwks_url,
            "authorization_endpoint": settings.scaikey_authorize_url,
            "token_endpoint": settings.scaikey_token_url,
            "end_session_endpoint": settings.scaikey_logout_url,
        }
        self._document = Cached(self._discover, ttl=settings.scaikey_jwks_cache_ttl, stale=_STALE_SECONDS, now=now)

    async def jwks(self) -> str:
        return await self._one("jwks_uri")

    async def authorize(self) -> str:
        return await self._one("authorization_endpoint")

    async def token(self) -> str:
        return await self._one("token_endpoint")

    async def logout(self) -> str | None:
        """Give the end-session endpoint, or None when ScaiKey names none."""
        if override := self._overrides["end_session_endpoint"]:
            return override
        return (await self._document.get()).get("end_session_endpoint")

    async def names_itself(self) -> bool:
        """Tell whether ScaiKey promises to name its issuer in every answer to a browser (RFC 9207)."""
        if self._overrides["authorization_endpoint"]:  # somebody else's document may promise nothing for it
            return False
        return (await self._document.get()).get("authorization_response_iss_parameter_supported") is True

    async def named_issuer(self) -> str:
        """Give the issuer ScaiKey names itself by, which tokens of its tenants need not have."""
        if self._overrides["authorization_endpoint"]:
            return self.issuer
        return str((await self._document.get()).get("issuer", self.issuer))

    @property
    def api(self) -> str:
        """Give the root of ScaiKey's own API, `…/api/v1`; by default on the issuer's host."""
        if not self._admin_url:
            parts = urlsplit(self.issuer)
            return f"{parts.scheme}://{parts.netloc}/api/v1"
        return self._admin_url.removesuffix("/admin").removesuffix("/api/v1") + "/api/v1"

    async def _one(self, name: str) -> str:
        if override := self._overrides[name]:
            return override
        value = (await self._document.get()).get(name)
        if not isinstance(value, str) or not value.startswith(("https://", "http://")):
            raise Unavailable(f"ScaiKey's discovery document names no {name}.")
        return value

    async def _discover(self) -> Mapping[str, Any]:
        for url in self._candidates():
            response = await call(self._http, "ScaiKey", "GET", url)
            if response.status_code == httpx2.codes.OK and (document := body_of(response)):
                return document
        raise Unavailable(f"ScaiKey has no discovery document at {' or '.join(self._candidates())}.")

    def _candidates(self) -> list[str]:
        if self._discovery_url:
            return [self._discovery_url]
        parts = urlsplit(self.issuer)
        return [self.issuer + _WELL_KNOWN, f"{parts.scheme}://{parts.netloc}{_PLATFORM}"]
