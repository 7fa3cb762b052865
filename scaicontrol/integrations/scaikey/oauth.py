"""Grants at ScaiKey's token endpoint: Authlib's client speaks OAuth, over our own connections (contract §36.1)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError

from scaicontrol.core.errors import Unauthenticated, Unavailable
from scaicontrol.integrations.client import retry_after

from .endpoints import Endpoints

_SILENCES: Final = 2  # so many of our timeouts in all, also when the answer only drips
_LONGEST_LIFE: Final = 30 * 86_400.0
_LINE_LONGEST: Final = 300
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """Who we are to ScaiKey; `secret` is a coroutine function, because the secret may itself lie in the vault."""

    client_id: str
    secret: Callable[[], Awaitable[str]]


class GrantRefused(Exception):
    """ScaiKey's own refusal (RFC 6749 §5.2), with the status it came with."""

    def __init__(self, error: OAuthError, answer: httpx2.Response) -> None:
        name, description = printable_line(error.error) or "invalid_request", printable_line(error.description)
        self.body = {"error": name, **({"error_description": description} if description else {})}
        self.status = answer.status_code if answer.is_error else _BAD_REQUEST
        self.retry_after = retry_after(answer)
        super().__init__(description or name)


class OAuth:
    """Makes one client for each grant, so that nobody's token is ever in another's."""

    def __init__(self, endpoints: Endpoints, http: httpx2.AsyncClient, identity: ClientIdentity) -> None:
        self._endpoints, self._http, self._identity = endpoints, http, identity

    def client(self, secret: str | None = None, **settings: Any) -> AsyncOAuth2Client:
        """Give a client that sends over our connections, with our limits."""
        return AsyncOAuth2Client(
            self._identity.client_id,
            secret,
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106  a method, not a secret
            transport=_Borrowed(self._http),
            timeout=self._http.timeout,
            headers=self._http.headers,
            trust_env=False,
            follow_redirects=False,
            **settings,
        )

    async def grant(self, grant_type: str, **fields: str) -> Mapping[str, Any]:
        """Give ScaiKey's answer to one grant as it is: it holds an access token. GrantRefused when ScaiKey says no."""
        url, secret = await self._endpoints.token(), await self._identity.secret()
        answers: list[httpx2.Response] = []

        def note(answer: httpx2.Response) -> httpx2.Response:
            answers.append(answer)
            return answer

        try:
            async with asyncio.timeout(_SILENCES * (self._http.timeout.read or 5.0)), self.client(secret) as client:
                client.register_compliance_hook("access_token_response", note)
                await client.fetch_token(url, grant_type=grant_type, **fields)
            body = orjson.loads(answers[-1].content)
        except OAuthError as error:
            raise GrantRefused(error, answers[-1]) from error
        except AuthlibBaseError as error:
            raise _unanswered(error) from error
        except httpx2.HTTPStatusError as error:
            raise _tokenless(error.response) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise Unavailable(f"ScaiKey does not answer at {urlsplit(url).netloc}: {type(error).__name__}.") from error
        except (ValueError, TypeError, OverflowError) as error:  # of Authlib and orjson, about what came back
            raise Unavailable("ScaiKey's token endpoint answered something that cannot be read.") from error
        if not isinstance(body.get("access_token"), str):
            raise _tokenless(answers[-1])
        return dict(body)


class _Borrowed(httpx2.AsyncBaseTransport):
    """Sends over the connections of a client that stays open when the borrower closes."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._http.send(request, stream=True)


def _unanswered(error: AuthlibBaseError) -> Unauthenticated:
    """Say what is wrong with the answer the browser brought, before anything was asked of ScaiKey."""
    if error.error == "mismatching_state":
        return Unauthenticated("This sign-in was started in another browser or has run out; sign in again.")
    return Unauthenticated("The answer to this sign-in carries no code; sign in again.")


def _tokenless(answer: httpx2.Response) -> Unavailable:
    return Unavailable(
        f"ScaiKey's token endpoint answered HTTP {answer.status_code} without a token.", retry_after=retry_after(answer)
    )


def printable_line(text: object) -> str:
    """Give what somebody else wrote as one short line that can be shown."""
    return "".join(filter(str.isprintable, text))[:_LINE_LONGEST] if isinstance(text, str) else ""


def lifetime(body: Mapping[str, Any], otherwise: float) -> float:
    """Read for how many seconds a token is good."""
    value = body.get("expires_in") or otherwise
    return max(0.0, min(float(value), _LONGEST_LIFE))
