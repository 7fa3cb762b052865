"""Where a launch link of a service leads one tenant (contract §8.4)."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

PLACES: Final = ("tenant_id", "tenant_slug", "partner_id", "locale")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")


def may_call(url: str, *, is_development: bool) -> bool:
    """Tell whether an address may be given out: https, or http on this machine in development."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (is_development and parts.hostname in ("localhost", "127.0.0.1", "::1"))
    )


def unknown_places(url_template: str) -> list[str]:
    """Name what a template asks for and nobody fills in; a link with it would lead nowhere."""
    return sorted(set(_PLACE.findall(url_template)) - set(PLACES))


def launch_address(url_template: str, values: Mapping[str, str], *, is_development: bool) -> str | None:
    """Fill a template in, each value as one part of an address; None where something is unsaid or it leads nowhere."""
    asked = set(_PLACE.findall(url_template))
    if not all(values.get(name) for name in asked):
        return None
    url = _PLACE.sub(lambda place: quote(values[place[1]], safe=""), url_template)
    return url if may_call(url, is_development=is_development) else None
