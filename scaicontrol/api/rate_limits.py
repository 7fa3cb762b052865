"""In-process limits for addresses that work for strangers or ask others (contract §4.4); the edge does the rest."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

_WINDOW_SECONDS: Final = 60.0
_ADDRESSES_MAX: Final = 10_000


class RateLimit:
    """
    A dependency that lets `most` requests a minute pass for each client address, and answers 429 to the rest.

    The address is the one the server sees; behind TRUSTED_PROXIES the server takes it from their header. `check` counts
    by any other name, which `said` tells the caller of.
    """

    def __init__(
        self,
        most: int = 30,
        now: Callable[[], float] = time.monotonic,
        *,
        said: str = "Too many requests from this address.",
    ) -> None:
        self._most, self._now, self._said = most, now, said
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def __call__(self, request: Request) -> None:
        self.check(request.client.host if request.client else "unknown")

    def check(self, address: str) -> None:
        now = self._now()
        moments = self._seen.setdefault(address, deque(maxlen=self._most))
        self._seen.move_to_end(address)
        while len(self._seen) > _ADDRESSES_MAX:
            self._seen.popitem(last=False)
        while moments and moments[0] <= now - _WINDOW_SECONDS:
            moments.popleft()
        if len(moments) >= self._most:
            wait = ceil(moments[0] + _WINDOW_SECONDS - now)
            raise HTTPException(429, self._said, {"Retry-After": str(wait)})
        moments.append(now)
