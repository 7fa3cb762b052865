"""ScaiVault: secrets by `path#field`, remembered for minutes, served stale while the vault is down (contract §37)."""

import asyncio
import random
import re
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from pydantic import SecretStr

from scaicontrol.core.errors import Forbidden, Invalid, NotFound, Unavailable, invalid
from scaicontrol.core.ports import Vault
from scaicontrol.core.settings import Settings

from .client import Bearer, Now, body_of, call, retry_after

_PATH: Final = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+){0,9}")
_PATH_MAX: Final = 512
_CACHE_MAX_SECONDS: Final = 300.0
_GRACE_SECONDS: Final = 48 * 3600.0  # the vault keeps the previous version readable this long after a rotation
_ATTEMPTS: Final = 3
_LONGEST_WAIT: Final = 5.0
_PAUSE_SECONDS: Final = 30.0  # after a failure what is remembered is served this long before the next try
_TOKEN_CODES: Final = frozenset({"token_expired", "token_invalid", "token_revoked", "authentication_required"})


@dataclass(frozen=True, slots=True, repr=False)
class _Remembered:
    """Secret values; kept out of every representation."""

    data: Mapping[str, str]
    read_at: float


class ScaiVault:
    """
    Reads and writes secrets; the values appear in no log, no error and no representation.

    `bearer` gives our ScaiKey token (or a personal `skt_…`); `forget_bearer` is called when the vault says it expired.
    """

    def __init__(self, settings: Settings, bearer: Bearer, http: httpx2.AsyncClient, now: Now = time.time) -> None:
        self._base = settings.scaivault_url.rstrip("/")
        self._ttl = min(float(settings.scaivault_cache_ttl), _CACHE_MAX_SECONDS)
        self._timeout = settings.scaivault_timeout
        self._bearer, self._http, self._now = bearer, http, now
        self._remembered: dict[str, _Remembered] = {}
        self._paused_until = float("-inf")
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def read(self, reference: str) -> str:
        path, _, field = reference.partition("#")
        return _field(await self._data(checked_path(path)), path, field)

    async def read_again(self, reference: str) -> str:
        """Read past the cache, once: a provider answered 401 to the value we remembered."""
        self.forget(reference.partition("#")[0])
        return await self.read(reference)

    async def write(self, path: str, data: Mapping[str, str]) -> None:
        body = {"data": dict(data), "secret_type": "kv"}
        await self._answered("PUT", checked_path(path), json=body)
        self.forget(path)

    async def delete(self, path: str) -> None:
        with suppress(NotFound):  # it is gone, which was the wish
            await self._answered("DELETE", checked_path(path))
        self.forget(path)

    def forget(self, path: str) -> None:
        """Drop what is remembered of a path (`secret.rotated` arrived)."""
        self._remembered.pop(path, None)

    async def check(self) -> None:
        """Raise Unavailable when the vault is not ready."""
        response = await call(self._http, "ScaiVault", "GET", f"{self._base}/health/ready", timeout=self._timeout)
        if response.status_code != httpx2.codes.OK:
            raise Unavailable(f"ScaiVault is not ready (HTTP {response.status_code}).")

    async def _data(self, path: str) -> Mapping[str, str]:
        async with self._locks[path]:
            known = self._remembered.get(path)
            age = self._now() - known.read_at if known is not None else float("inf")
            if known is not None and (age < self._ttl or (age < _GRACE_SECONDS and self._now() < self._paused_until)):
                return known.data
            try:
                body = await self._answered("GET", path)
            except NotFound:
                self.forget(path)
                raise
            except Unavailable:
                if known is None or age >= _GRACE_SECONDS:
                    raise
                self._paused_until = self._now() + _PAUSE_SECONDS
                return known.data
            data = body.get("data")
            if not isinstance(data, dict):
                raise Unavailable(f"ScaiVault answered {path} without data.")
            self._remembered[path] = _Remembered(data, self._now())
            return data

    async def _answered(self, method: str, path: str, **arguments: Any) -> Mapping[str, Any]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = await self._send(method, path, **arguments)
            except Unavailable:
                if attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(_backoff(attempt))
                continue
            if response.is_success:
                return body_of(response)
            wait = self._wait_before_retry(response, attempt)
            if wait is None:
                raise _refusal(response, path)
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _send(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {await self._bearer()}"}
        url = f"{self._base}/secrets/{path}"
        return await call(self._http, "ScaiVault", method, url, headers=headers, timeout=self._timeout, **arguments)

    def _wait_before_retry(self, response: httpx2.Response, attempt: int) -> float | None:
        if attempt == _ATTEMPTS:
            return None
        match _code(response):
            case "rate_limited":
                wait = float(retry_after(response) or _backoff(attempt))
                return wait if wait <= _LONGEST_WAIT else None
            case "service_unavailable":
                return _backoff(attempt)
            case "internal_error":
                return _backoff(attempt) if attempt == 1 else None
            case code if code in _TOKEN_CODES and attempt == 1 and (forget := getattr(self._bearer, "forget", None)):
                forget()
                return 0.0
        return None


async def secret(vault: Vault, plain: SecretStr, reference: str) -> str:
    """Give a setting that may stand in the environment or behind a `*_VAULT_PATH`; the vault wins."""
    return await vault.read(reference) if reference else plain.get_secret_value()


def checked_path(path: str) -> str:
    """Return a path the vault accepts, or raise Invalid before it leaves."""
    if len(path) > _PATH_MAX or not _PATH.fullmatch(path):
        raise invalid(
            "path",
            f"{path!r} is not a vault path: up to 10 segments of a-z, 0-9, - and _, {_PATH_MAX} characters in all.",
        )
    return path


def _field(data: Mapping[str, str], path: str, field: str) -> str:
    name = field or ("value" if "value" in data else next(iter(data), "value") if len(data) == 1 else "value")
    if name not in data:
        raise NotFound(f"The secret {path} has no field {name}.")
    return str(data[name])


def _backoff(attempt: int) -> float:
    return random.uniform(0.05, 0.15) * 2.0**attempt  # noqa: S311  (jitter, not secrecy)


def _code(response: httpx2.Response) -> str:
    error = body_of(response).get("error")
    if isinstance(error, dict) and isinstance(code := error.get("code"), str):
        return code
    if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        return "rate_limited"
    return (
        "internal_error"
        if response.status_code == httpx2.codes.INTERNAL_SERVER_ERROR
        else ("service_unavailable" if response.is_server_error else f"HTTP {response.status_code}")
    )


def _refusal(response: httpx2.Response, path: str) -> Exception:
    code = _code(response)
    if response.status_code == httpx2.codes.NOT_FOUND:
        return NotFound(f"ScaiVault has no secret {path} ({code}).")
    if response.status_code == httpx2.codes.FORBIDDEN:
        return Forbidden(f"ScaiVault refuses {path} to ScaiControl: {code}.")
    if response.status_code in {400, 409, 422}:
        return Invalid(f"ScaiVault does not accept {path}: {code}.")
    return Unavailable(f"ScaiVault cannot serve {path}: {code}.", retry_after=retry_after(response))
